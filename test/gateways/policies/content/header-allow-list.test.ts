import assert from 'node:assert/strict';
import { test } from 'node:test';
import allowList from '../../../../gateways/policies/content/header-allow-list.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

const HEADERS = { 'content-type': 'application/json', 'idempotency-key': 'k', 'x-tenant': 'a', 'x-debug': '1' };

test('passes the listed headers and those that the gateway needs, and removes the others', async () => {
  const { exchange, error } = await runPolicy(allowList, { options: { allow: ['X-Tenant'] }, exchange: { headers: { ...HEADERS } } });
  assert.equal(error, undefined);
  assert.deepEqual(Object.keys(exchange.headers), ['content-type', 'idempotency-key', 'x-tenant']);
});

test('refuses a request with other headers where the interface says so', async () => {
  const run = async (allow: string[]) =>
    runPolicy(allowList, { options: { allow, others: 'refuse' }, exchange: { headers: { ...HEADERS } } });
  assert.equal((await run(['X-Tenant'])).error?.code, 'GW40001');
  assert.equal((await run(['X-Tenant', 'X-Debug'])).error, undefined);
});
