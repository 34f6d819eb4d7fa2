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
  const { error } = await run(['X-Tenant']);
  assert.equal(error?.code, 'GW40001');
  assert.match(error!.text!['zh-CN'], /请求头 x-debug：/);
  assert.match(error!.text!.en, /the header x-debug:/);
  assert.equal((await run(['X-Tenant', 'X-Debug'])).error, undefined);
});

test('removes what clients add by themselves, and refuses nobody for it', async () => {
  const added = { accept: '*/*', 'accept-language': 'zh', 'user-agent': 'curl/8', 'sec-fetch-mode': 'cors', connection: 'close' };
  const options = { allow: ['Accept-Language'], others: 'refuse' };
  const { exchange, error } = await runPolicy(allowList, { options, exchange: { headers: { ...added, 'content-type': 'text/plain' } } });
  assert.equal(error, undefined);
  assert.deepEqual(Object.keys(exchange.headers), ['accept-language', 'content-type']);
});
