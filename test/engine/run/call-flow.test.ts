import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect } from '../../../engine/contract/node/node.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import type { TableSnapshot } from '../../../engine/bindings/interface.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, transient, type Deed } from '../../support/model-flows.ts';

/** A called flow: write, then read, then reply. */
const called = flowOf(
  [node('in', 'test.in'), node('write', 'test.write'), node('read', 'test.read'), node('reply', 'control.reply', { status: 200 })],
  [edge('in.out', 'write'), edge('write', 'read'), edge('read', 'reply')],
  { mode: 'sync' },
);

/** Of a calling execution that was accepted long ago. */
const TABLES: TableSnapshot = { id: 'tables-0', lookup: (_table, key) => `old ${key}`, has: () => true };
const ACCEPTED_AT = Date.UTC(2026, 0, 2);

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
      acceptedAt: ACCEPTED_AT,
      tables: TABLES,
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

test('a called flow that failed after it had written leaves an unknown outcome that names what was done: a retry would do it again', async () => {
  const { result } = await callIt('write', () => {
    throw Object.assign(new Error('down'), { code: 'X' });
  });
  assert.ok(result.status === 'rejected');
  const { code, kind, values, fix } = result.reason as { code: string; kind: string; values: object; fix: string };
  assert.deepEqual([code, kind], ['SUBFLOW_PARTLY_DONE', 'unknown-outcome']);
  assert.deepEqual(values, { flowId: called.flowId, nodes: 'write', cause: 'INTERNAL_BUG' });
  assert.match(fix, /writes again/);
});

test('a called flow sees the time and the code tables of the execution that it is part of', async () => {
  const { result } = await callIt('write', (ctx) => [ctx.scope.now, ctx.lookup('ward', 'A')]);
  assert.ok(result.status === 'fulfilled');
  assert.deepEqual((result.value as { data: unknown }).data, [ACCEPTED_AT, 'old A']);
});

test('where no caller waits, the called flow has its own time', async (t) => {
  const document = { ...called, deadlineMs: 5_000 };
  const silent: Deed = (ctx) =>
    new Promise((_resolve, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error)));
  const lab = await openLab(document, [testAction('test.write', 'write', () => ''), testAction('test.read', 'read', silent)]);
  t.after(() => lab.close());
  const { callFlow } = await lab.start();
  const startedAt = lab.clock.now();
  const common = { flowId: called.flowId, message: createMessage({}), key: 'k', acceptedAt: ACCEPTED_AT, tables: TABLES };
  const { signal } = new AbortController();
  let error: unknown;
  callFlow({ ...common, deadlineMs: undefined, signal, depth: 1, effect: 'write', assertOwned: () => undefined }).catch(
    (reason: unknown) => (error = reason),
  );
  await lab.until(() => error !== undefined);
  // The flow writes before it reads.
  assert.equal((error as { values: { cause: string } }).values.cause, 'FLOW_DEADLINE');
  assert.equal(lab.clock.now() - startedAt, 5_000);
});

test('a call that is tried again, later, gives its flow the same time and random numbers', async (t) => {
  const seen: unknown[] = [];
  // The flow calls itself once.
  const document = flowOf(
    [
      node('in', 'test.in'),
      node('call', 'test.call', {}, { handling: { retry: { max: 1, baseMs: 5_000, factor: 1, capMs: 5_000, on: ['transient'] } } }),
      node('reply', 'control.reply'),
    ],
    [edge('in.out', 'call'), edge('call', 'reply')],
    { mode: 'sync' },
  );
  const deed: Deed = async (ctx, message) => {
    if (message.data === 'inside') return [ctx.scope.now, ctx.random(), ctx.idempotencyKey];
    const reply = await ctx.callFlow(document.flowId, createMessage('inside'));
    seen.push(reply.data);
    if (ctx.attempt === 1) throw transient();
    return reply.data;
  };
  const lab = await openLab(document, [testAction('test.call', 'read', deed)]);
  t.after(() => lab.close());
  const { call } = await lab.start();
  const acceptedAt = lab.clock.now();
  const result = call('outside');
  await lab.until(() => seen.length === 2);
  assert.equal((await result).outcome, 'replied');
  assert.deepEqual(seen[0], seen[1]);
  assert.equal((seen[0] as unknown[])[0], acceptedAt);
});
