import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage, withData } from '../../../engine/contract/values/message.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import call from '../../../nodes/flow/call.node.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, type Deed } from '../../support/model-flows.ts';
import { LARGE_LIST } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'goes on with the reply of the called flow and its own lineage',
  slow: 'a slow flow is waited for, and 10 MB go there and back',
  refusal: 'an error of the called flow comes out as it is',
  duplicate: 'a second run under the same key gives the called flow the same keys outward',
  cancel: 'a cancel ends the called flow',
  '10 MB': 'a slow flow is waited for, and 10 MB go there and back',
});

test('goes on with the reply of the called flow and its own lineage', async () => {
  const message = createMessage({ a: 1 }, { lineage: ['exe_1'] });
  const outcome = await runNode(call, {
    config: { flowId: 'flw_sub' },
    message,
    callFlow: async (flowId, given) => ({ ...withData(given, { flowId, got: given.data }), lineage: [] }),
  });
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit?.['ok']?.[0]?.data, { flowId: 'flw_sub', got: { a: 1 } });
  assert.deepEqual(outcome.emit?.['ok']?.[0]?.lineage, ['exe_1']);
});

test('an error of the called flow comes out as it is', async () => {
  const failing = () => Promise.reject(new AppError('FLOW_CALL_FAILED', 'transient', 'no'));
  await assert.rejects(runNode(call, { config: { flowId: 'flw_sub' }, callFlow: failing }), {
    code: 'FLOW_CALL_FAILED',
    kind: 'transient',
  });
});

test('a slow flow is waited for, and 10 MB go there and back', async (t) => {
  const { run } = await calling(t, async (_ctx, message) => {
    await new Promise((resolve) => setImmediate(resolve));
    return message.data;
  });
  const outcome = await run({ data: { list: LARGE_LIST } });
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit?.['ok']?.[0]?.data, { list: LARGE_LIST });
});

test('a second run under the same key gives the called flow the same keys outward', async (t) => {
  const keys: string[] = [];
  const { run } = await calling(t, (ctx) => void keys.push(ctx.idempotencyKey));
  for (const idempotencyKey of ['k1', 'k1', 'k2']) await run({ idempotencyKey });
  assert.equal(keys[0], keys[1]);
  assert.notEqual(keys[0], keys[2]);
});

test('a cancel ends the called flow', async (t) => {
  const cancel = new AbortController();
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const { run } = await calling(t, (ctx) => {
    started.resolve();
    ctx.signal.addEventListener('abort', () => ended.resolve());
    return new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error)));
  });
  const running = assert.rejects(run({ signal: cancel.signal }));
  await started.promise;
  cancel.abort(new Error('cancelled'));
  await Promise.all([running, ended.promise]);
});

/** Calls a real flow of one node, as the engine does. */
async function calling(t: TestContext, deed: Deed) {
  const called = flowOf(
    [node('in', 'test.in'), node('read', 'test.read'), node('reply', 'control.reply', { status: 200 })],
    [edge('in.out', 'read'), edge('read', 'reply')],
    { mode: 'sync' },
  );
  const lab = await openLab(called, [testAction('test.read', 'read', deed)]);
  t.after(() => lab.close());
  const { callFlow } = await lab.start();
  return {
    run: (options: RunNodeOptions) =>
      runNode(call, {
        ...options,
        config: { flowId: called.flowId },
        callFlow: (flowId, message) =>
          callFlow({
            ...{ flowId, message, depth: 1, effect: 'read', acceptedAt: 0, assertOwned: () => undefined },
            key: options.idempotencyKey ?? 'k',
            tables: { id: 'tables-0', lookup: (_table, key) => key, has: () => true },
            deadlineMs: lab.clock.now() + 60_000,
            signal: options.signal ?? new AbortController().signal,
          }),
      }),
  };
}
