import assert from 'node:assert/strict';
import { test } from 'node:test';
import trace from '../../../../gateways/policies/records/trace.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

test('makes an id of its own, whatever a stranger sends', async () => {
  const { exchange } = await runPolicy(trace, { raw: ['X-KQ-Trace', 'chosen-by-a-stranger'] });
  assert.match(exchange.traceId, /^[0-9a-f]{32}$/);
});
