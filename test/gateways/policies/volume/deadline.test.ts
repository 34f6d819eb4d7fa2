import assert from 'node:assert/strict';
import { test } from 'node:test';
import deadline from '../../../../gateways/policies/volume/deadline.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

const run = (asked: string) => runPolicy(deadline, { now: 1000, exchange: { deadlineMs: 5000, headers: { 'x-request-deadline': asked } } });

test('can only shorten', async () => {
  assert.equal((await run('3000')).exchange.deadlineMs, 3000);
  assert.equal((await run('9000')).exchange.deadlineMs, 5000);
});

test('one that has passed is not worth a call, one that is no time is malformed', async () => {
  assert.equal((await run('999')).error?.code, 'GW50401');
  assert.equal((await run('soon')).error?.code, 'GW40001');
});
