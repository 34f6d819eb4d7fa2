import assert from 'node:assert/strict';
import { test } from 'node:test';
import responseSignature from '../../../../gateways/policies/caller/response-signature.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

test('signs nothing for a request that proved nothing', async () => {
  const { exchange } = await runPolicy(responseSignature, { exchange: { answer: { status: 401, headers: {}, body: Buffer.from('{}') } } });
  assert.deepEqual(exchange.answer!.headers, {});
});
// What is signed verifies, and for its own request alone: test/gateways/fronts/open-front.test.ts.
