import assert from 'node:assert/strict';
import { test } from 'node:test';
import state from '../../../../gateways/policies/caller/state.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

test('an interface that is offline answers GW40403', async () => {
  assert.equal((await runPolicy(state, { interface: { state: 'offline' } })).error?.code, 'GW40403');
  assert.equal((await runPolicy(state, {})).error, undefined);
});
