import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect } from '../../../engine/contract/node.ts';
import { createMessage } from '../../../engine/contract/message.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, type Deed } from '../../support/model-flows.ts';

/** A called flow: write, then read, then reply. */
const called = flowOf(
  [node('in', 'test.in'), node('write', 'test.write'), node('read', 'test.read'), node('reply', 'control.reply', { status: 200 })],
  [edge('in.out', 'write'), edge('write', 'read'), edge('read', 'reply')],
  { mode: 'sync' },
);

async function callIt(effect: Effect, read: Deed): Promise<{ readonly writes: number; readonly result: PromiseSettledResult<unknown> }> {
  let writes = 0;
  const write: Deed = (ctx) => {
    ctx.beforeFirstByte();
    writes += 1;
    return 'written';
  };
  const lab = await openLab(called, [testAction('test.write', 'write', write), testAction('test.read', 'read', read)]);
  try {
    const { callFlow } = await lab.start();
    const call = {
      flowId: called.flowId,
      message: createMessage({}),
      key: 'k',
      deadlineMs: lab.clock.now() + 60_000,
      signal: new AbortController().signal,
      depth: 1,
      effect,
      assertOwned: () => undefined,
    };
    const [result] = await Promise.allSettled([callFlow(call)]);
    return { writes, result };
  } finally {
    await lab.close();
  }
}

test('answers with the reply of the called flow', async () => {
  const { result, writes } = await callIt('write', () => 'read');
  assert.ok(result.status === 'fulfilled');
  assert.equal((result.value as { data: unknown }).data, 'read');
  assert.equal(writes, 1);
});

test('refuses a called flow that does more outside than the calling node declares', async () => {
  const { result, writes } = await callIt('read', () => 'read');
  assert.ok(result.status === 'rejected');
  assert.equal((result.reason as { code: string }).code, 'SUBFLOW_CHANGES_MORE');
  assert.equal(writes, 0);
});

test('a called flow that failed after it had written leaves an unknown outcome, so that nobody runs it again by himself', async () => {
  const { result } = await callIt('write', () => {
    throw Object.assign(new Error('down'), { code: 'X' });
  });
  assert.ok(result.status === 'rejected');
  const { code, kind } = result.reason as { code: string; kind: string };
  assert.deepEqual([code, kind], ['SUBFLOW_PARTLY_DONE', 'unknown-outcome']);
});
