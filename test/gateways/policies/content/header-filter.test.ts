import assert from 'node:assert/strict';
import { test } from 'node:test';
import headerFilter from '../../../../gateways/policies/content/header-filter.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';

test('refuses repeated single headers and a length beside a transfer coding', async () => {
  for (const raw of [
    ['Host', 'a', 'host', 'b'],
    ['Idempotency-Key', '1', 'Idempotency-Key', '1'],
    ['Content-Length', '1', 'Transfer-Encoding', 'chunked'],
    ['Transfer-Encoding', 'gzip, chunked'],
    ['Expect', 'foo'],
  ]) {
    assert.equal((await runPolicy(headerFilter, { raw })).error?.code, 'GW40001', raw.join());
  }
});

test('takes chunked alone and 100-continue, in any case, and names a header that stands there twice', async () => {
  for (const raw of [
    ['Transfer-Encoding', 'Chunked'],
    ['Expect', '100-Continue', 'Content-Length', '1'],
  ])
    assert.equal((await runPolicy(headerFilter, { raw })).error, undefined, raw.join());
  const { error } = await runPolicy(headerFilter, { raw: ['Content-Type', 'a/b', 'Content-Type', 'c/d'] });
  assert.match(error!.text!.en, /content-type/);
});

test('lets headers through on the bus, but none that end at the gateway', async () => {
  const raw = [
    'Accept',
    '*/*',
    'X-Many',
    '1',
    'X-Many',
    '2',
    'Authorization',
    'x',
    'X-KQ-Appid',
    'x',
    'X-Forwarded-For',
    'x',
    'X_KQ_User',
    'x',
    'x-forwarded_for',
    'x',
    'Connection',
    'keep-alive, x-hop',
    'X-Hop',
    '1',
    'Te',
    'trailers',
  ];
  const { exchange } = await runPolicy(headerFilter, { front: 'bus', raw });
  assert.deepEqual(exchange.headers, { accept: '*/*', 'x-many': '1, 2' });
});

test('lets none through on the open front: the signature decides there', async () => {
  assert.deepEqual((await runPolicy(headerFilter, { raw: ['Accept', '*/*'] })).exchange.headers, {});
});

test('headers that would change target, method or person end at the user and bus fronts, in either spelling', async () => {
  const names = [
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X-User-Id',
    'x_user_id',
  ];
  const raw = [...names, 'Remote-User', 'X-Ward'].flatMap((name) => [name, 'x']);
  for (const front of ['user', 'bus'] as const) {
    const { exchange } = await runPolicy(headerFilter, { front, raw });
    assert.deepEqual(exchange.headers, { 'x-ward': 'x' }, front);
  }
});
