import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/errors.ts';
import { createMessage, withData } from '../../../engine/contract/message.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import call from '../../../nodes/flow/call.node.ts';

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
