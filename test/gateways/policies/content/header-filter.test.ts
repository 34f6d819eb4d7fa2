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

/** What usual proxies, clouds and log-in services tell the services behind them. */
const CLAIMS = (
  'Proxy X-Consumer-Username X-Consumer-Custom-Id X-Credential-Identifier X-Auth-Request-User X-Auth-Request-Email X-WebAuth-User ' +
  'X-Authenticated-Scope X-MS-Client-Principal-Name X-MS-Client-Principal X-SSL-Client-S-DN SSL-Client-Cert X-Client-Cert X-Client-IP ' +
  'True-Client-IP X-Cluster-Client-IP CF-Connecting-IP Fastly-Client-IP Client-IP X-Originating-IP X-Remote-IP X-Remote-Addr X-Roles X-Role ' +
  'X-Tenant-Id X-Account-Id X-Login-User X-Goog-Authenticated-User-Email X-Goog-IAP-JWT-Assertion X-Amzn-Oidc-Identity ' +
  'X-Pomerium-Claim-Email X-Authentik-Username X-Envoy-Original-Path X-Requested-User X-Email UserId Uid Login-User Remote_User x_clientip ' +
  'X-Proxy-URL X-Override-URL X-Original-Method X-Host From X-Groups Impersonate-User X-Forwarded-Client-Cert'
).split(' ');
const USUAL = [
  'Accept-Language',
  'User-Agent',
  'Content-Type',
  'If-None-Match',
  'X-Device-Id',
  'X-App-Version',
  'X-Request-Deadline',
  'Soapaction',
];

test('headers by which services know persons and addresses end at the user and bus fronts, usual ones pass', async () => {
  const raw = [...CLAIMS, ...USUAL].flatMap((name) => [name, 'x']);
  for (const front of ['user', 'bus'] as const) {
    const { exchange } = await runPolicy(headerFilter, { front, raw });
    assert.deepEqual(Object.keys(exchange.headers).sort(), USUAL.map((name) => name.toLowerCase()).sort(), front);
  }
});

test('the user front passes on other names only if the interface lists them', async () => {
  const raw = ['Ward', 'x', 'X-User-Lang', 'x', 'Cookie', 'x', 'X_User_Lang', 'x'];
  assert.deepEqual((await runPolicy(headerFilter, { front: 'user', raw })).exchange.headers, {});
  assert.deepEqual((await runPolicy(headerFilter, { front: 'bus', raw })).exchange.headers, { ward: 'x' });
  const { exchange } = await runPolicy(headerFilter, { front: 'user', raw, options: { pass: ['Ward', 'X-User-Lang'] } });
  assert.deepEqual(exchange.headers, { ward: 'x', 'x-user-lang': 'x' });
  const found = headerFilter.findProblems!({ pass: ['Ward', 'Cookie', 'x-kq-user'] }, {} as never);
  assert.deepEqual(
    found.map(({ path }) => path),
    ['/pass/1', '/pass/2'],
  );
});
