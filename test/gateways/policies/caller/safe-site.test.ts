import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import type { SafeSite } from '../../../../gateways/documents/safe-site.ts';
import safeSite from '../../../../gateways/policies/caller/safe-site.policy.ts';
import { buildInterface, buildPlan } from '../../support/city-plan.ts';
import { callGateway, startGateway } from '../../support/start-gateway.ts';
import { buildSafeSite } from '../../support/safe-sites.ts';
import { runPolicy } from '../../support/run-policy.ts';

const codeFor = async (safeSites: readonly SafeSite[], raw: readonly string[], host = 'localhost', now = 1000) =>
  (await runPolicy(safeSite, { front: 'user', plan: { safeSites }, raw, exchange: { host }, now })).error?.code;

test('checks nothing while no site is listed', async () => {
  assert.equal(await codeFor([], ['Origin', 'https://evil.example', 'Referer', 'https://evil.example/']), undefined);
});

test('takes calls of pages of listed sites and their subdomains, by Origin and by Referer', async () => {
  const sites = [buildSafeSite('https://app.example.cn'), buildSafeSite('https://*.city.example:8443', { expiresAt: 2000 })];
  const good = [
    ['Origin', 'https://app.example.cn'],
    ['Origin', 'https://a.b.city.example:8443'],
    ['Referer', 'https://app.example.cn/page?x=1'],
    [],
  ];
  for (const raw of good) assert.equal(await codeFor(sites, raw), undefined, raw.join());
  const bad = [
    ['Origin', 'https://evil.example'],
    ['Origin', 'http://app.example.cn'],
    ['Origin', 'https://app.example.cn.evil.example'],
    ['Origin', 'https://evilapp.example.cn'],
    ['Origin', 'https://city.example:8443'],
    ['Origin', 'https://a.city.example'],
    ['Origin', 'null'],
    ['Origin', ''],
    ['Referer', 'https://evil.example/https://app.example.cn'],
    ['Referer', 'not an address'],
    ['Origin', 'https://app.example.cn', 'Referer', 'https://evil.example/'],
    ['Origin', 'https://app.example.cn', 'Origin', 'https://app.example.cn'],
  ];
  for (const raw of bad) assert.equal(await codeFor(sites, raw), 'GW40307', raw.join());
  assert.equal(
    await codeFor(sites, ['Origin', 'https://a.city.example:8443'], 'localhost', 2000),
    'GW40307',
    'an expired site is not safe',
  );
});

test('takes only the listed hosts, with or without the default port', async () => {
  const sites = [buildSafeSite('https://user.example.cn', { uses: ['host'] })];
  assert.equal(await codeFor(sites, [], 'user.example.cn'), undefined);
  assert.equal(await codeFor(sites, [], 'User.example.cn:443'), undefined);
  assert.equal(await codeFor(sites, [], 'user.example.cn:8443'), 'GW40307');
  assert.equal(await codeFor(sites, [], 'evil.example'), 'GW40307');
});

async function start(t: TestContext, safeSites: readonly SafeSite[]) {
  const service = createServer((request, response) => {
    request.resume();
    if (request.url === '/user/v1/evil') return response.writeHead(302, { location: '//evil.example/login' }).end();
    if (request.url === '/user/v1/good') return response.writeHead(302, { location: 'https://pay.example.cn/x' }).end('moved');
    return response.writeHead(200, { 'access-control-allow-origin': '*', vary: 'Accept' }).end('x'.repeat(100_000));
  });
  await once(service.listen(0, '127.0.0.1'), 'listening');
  t.after(() => service.close());
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const tokens = { issuer: 'https://id.example.cn', audience: 'kangqiao' };
  const instances = [`http://127.0.0.1:${(service.address() as AddressInfo).port}`];
  const interfaces = ['data', 'evil', 'good'].map((name) =>
    buildInterface({
      ...{ interfaceId: `ifc_${name}`, front: 'user', method: 'GET', path: `/user/v1/${name}`, target: { kind: 'upstream', instances } },
    }),
  );
  const userTokenKeys = [{ kid: 'es', ...tokens, alg: 'ES256' as const, publicPem: await exportSPKI(publicKey) }];
  const started = await startGateway(await buildPlan([], interfaces, { userTokenKeys, safeSites }), { front: 'user' });
  t.after(started.stop);
  const token = await new SignJWT({ sub: 'citizen-1' })
    .setProtectedHeader({ alg: 'ES256', kid: 'es' })
    .setIssuer(tokens.issuer)
    .setAudience(tokens.audience)
    .setExpirationTime('5 min')
    .sign(privateKey);
  return (name: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
    callGateway(started.gateway, { method, target: `/user/v1/${name}`, headers: { authorization: `Bearer ${token}`, ...headers } });
}

test('a browser gets its preflight answered and may read streamed responses and errors, in place of what the service says', async (t) => {
  const call = await start(t, [buildSafeSite('https://app.example.cn', { allowsCredentials: true })]);
  const origin = 'https://app.example.cn';
  const asked = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization, x-device-id' };
  const preflight = await call('data', asked, 'OPTIONS');
  assert.equal(preflight.status, 204);
  assert.deepEqual(
    ['origin', 'methods', 'headers', 'credentials', 'max-age'].map(
      (name) => preflight.headers[name === 'max-age' ? 'access-control-max-age' : `access-control-allow-${name}`],
    ),
    [origin, 'GET, POST, PUT, PATCH, DELETE', 'authorization, x-device-id', 'true', '600'],
  );
  const read = await call('data', { origin });
  assert.deepEqual([read.status, read.headers['access-control-allow-origin'], read.headers['vary']], [200, origin, 'Accept, Origin']);
  const refused = await call('nothing', { origin });
  assert.deepEqual([refused.code, refused.headers['access-control-allow-origin']], ['GW40401', origin]);
  const evil = await call('data', { ...asked, origin: 'https://evil.example' }, 'OPTIONS');
  assert.deepEqual([evil.code, evil.headers['access-control-allow-origin']], ['GW40307', undefined]);
  assert.equal((await call('data')).headers['vary'], 'Accept, Origin', 'a cache must keep these responses apart');
});

test('redirects lead only to safe sites, and without a list they are left alone', async (t) => {
  const call = await start(t, [buildSafeSite('https://*.example.cn', { uses: ['redirect'] })]);
  const good = await call('good');
  assert.deepEqual([good.status, good.headers['location'], good.body.toString()], [302, 'https://pay.example.cn/x', 'moved']);
  const evil = await call('evil');
  assert.deepEqual([evil.status, evil.code, evil.headers['location']], [502, 'GW50201', undefined]);
  const unlisted = await start(t, []);
  assert.equal((await unlisted('evil')).headers['location'], '//evil.example/login');
});
