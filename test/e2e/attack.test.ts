// @never-rerun: a single failure is a failure.
/** What an outsider or a viewer tries on the running process: every try is refused, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { ROUTES } from '../../control/api/routes.ts';
import { cityFiles, cityIssuer } from '../../examples/city/load-city.ts';
import { openCity, until, type City } from '../support/city.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';
import { openRaw, type RawAnswer } from '../support/raw-http.ts';

let scratch: string;
let platform: Platform;
let city: City;

before(async () => {
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  city = await openCity(platform);
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await city?.close();
  await removeScratch(scratch);
});

type Front = 'open' | 'user' | 'bus';

async function raw(front: Front, bytes: string): Promise<RawAnswer | undefined> {
  const connection = openRaw(platform.ports[front], platform.ca);
  try {
    return await connection.send(bytes);
  } finally {
    connection.close();
  }
}

/** Everything that comes back until the other side closes or is silent for a while. */
async function everything(front: Front, bytes: string): Promise<string> {
  const { connect: connectTls } = await import('node:tls');
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connectTls({ port: platform.ports[front], host: '127.0.0.1', ca: platform.ca }, () => socket.write(bytes, 'latin1'));
    socket.setTimeout(5000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    socket.on('error', reject).on('close', () => resolve(received));
  });
}

test('forged and borrowed tokens of citizens are refused alike', async () => {
  const good = await city.userToken({ sub: 'P000002', patientId: 'P000002' });
  const [head = '', payload = '', signature = ''] = good.split('.');
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const issuerPem = await readFile(cityFiles(platform.cityFolder).issuerKey, 'utf8');
  const publicPem = createPublicKey(createPrivateKey(issuerPem)).export({ type: 'spki', format: 'pem' }).toString();
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const claims = { iss: cityIssuer.issuer, aud: cityIssuer.audience, patientId: 'P000004', exp: Math.floor(Date.now() / 1000) + 600 };
  const signedBy = (header: unknown, key: Parameters<typeof sign>[2], body: unknown = claims) => {
    const text = `${part(header)}.${part(body)}`;
    return `${text}.${sign('sha256', Buffer.from(text), { key: key as never, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  const kid = cityIssuer.kid;
  const confused = `${part({ alg: 'HS256', kid })}.${part(claims)}`;
  const second = Math.floor(Date.now() / 1000);
  const tokens: Record<string, string> = {
    none: `${part({ alg: 'none', kid })}.${payload}.`,
    'no signature': `${head}.${payload}.`,
    'two parts': `${head}.${payload}`,
    'other claims': `${head}.${part(claims)}.${signature}`,
    'public key as secret': `${confused}.${createHmac('sha256', publicPem).update(confused).digest('base64url')}`,
    'other key': signedBy({ alg: 'ES256', kid }, other.privateKey),
    'key brought along': signedBy({ alg: 'ES256', kid, jwk: other.publicKey.export({ format: 'jwk' }) }, other.privateKey),
    'unknown kid': signedBy({ alg: 'ES256', kid: '../../etc/passwd' }, issuerPem),
    'kid of the prototype': signedBy({ alg: 'ES256', kid: '__proto__' }, issuerPem),
    'other algorithm': signedBy({ alg: 'SM2-SM3', kid }, issuerPem),
    critical: signedBy({ alg: 'ES256', kid, crit: ['x'] }, issuerPem),
    expired: await city.userToken({ exp: second - 31 }),
    'never ends': await city.userToken({ exp: undefined }),
    'not yet': await city.userToken({ nbf: second + 60 }),
    'other audience': await city.userToken({ aud: 'elsewhere' }),
    'other issuer': await city.userToken({ iss: 'https://evil.example' }),
    'zero signature': `${head}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
  };
  for (const [name, token] of Object.entries(tokens)) {
    const reply = await city.send(`${city.user}/user/v1/reports`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(reply.status, 401, name);
    assert.match(reply.text, /GW40101/, name);
  }
  assert.equal((await city.send(`${city.user}/user/v1/reports`, { headers: { cookie: `token=${good}` } })).status, 401);
  assert.equal((await city.send(`${city.user}/user/v1/reports`, { headers: { authorization: `Bearer ${good}` } })).status, 200);
});

test('a token of one front opens no other, and a made-up one opens none', async () => {
  const url = `${city.bus}/bus/v1/departments`;
  const status = async (authorization: string, address = url) => (await city.send(address, { headers: { authorization } })).status;
  assert.equal(await status(`Bearer ${city.busToken}`), 200);
  const wrong = [
    city.cliToken,
    await city.userToken({ sub: 'x' }),
    `${city.busToken}x`,
    city.busToken.slice(0, -1),
    city.busToken.toUpperCase(),
    '',
  ];
  for (const token of wrong) assert.equal(await status(`Bearer ${token}`), 401, token.slice(0, 8));
  assert.equal(await status(city.busToken), 401);
  assert.equal(await status(`Bearer ${city.busToken}`, `${city.user}/user/v1/slots`), 401);
  assert.equal(await status(`Bearer ${city.busToken}`, `${city.open}/open/v1/slots`), 401);
  assert.equal(await status(`Bearer ${city.busToken}`, `${city.open}/bus/v1/departments`), 404);
  assert.equal(await status(`Bearer ${city.busToken}`, `${city.control}/api/v1/flows`), 401);
});

test('two readings of one request are refused, and nothing behind it is taken for a second request', async () => {
  const auth = `Authorization: Bearer ${city.busToken}\r\n`;
  const smuggled = `GET /bus/v1/departments HTTP/1.1\r\nHost: a\r\n${auth}\r\n`;
  const post = 'POST /bus/v1/registrations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' + auth;
  const tries: Record<string, string> = {
    'length and coding': `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'coding twice': `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'coding not last': `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    'coding with tab': `${post}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n`,
    'coding before colon': `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    'length twice': `${post}Content-Length: 0\r\nContent-Length: 5\r\n\r\n`,
    'length list': `${post}Content-Length: 0, 0\r\n\r\n`,
    'length with sign': `${post}Content-Length: +0\r\n\r\n`,
    'length in hex': `${post}Content-Length: 0x0\r\n\r\n`,
    'bare line feed': `${post}X-A: b\nContent-Length: 0\r\n\r\n`,
    'folded header': `${post}X-A: b\r\n c: d\r\nContent-Length: 0\r\n\r\n`,
    'null in header': `${post}X-A: \0\r\nContent-Length: 0\r\n\r\n`,
    'blank in name': `${post}X A: b\r\nContent-Length: 0\r\n\r\n`,
    'chunk too large': `${post}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n`,
    'chunk with sign': `${post}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n`,
    'host twice': `GET /bus/v1/departments HTTP/1.1\r\nHost: a\r\nHost: b\r\n${auth}\r\n`,
    'no host': `GET /bus/v1/departments HTTP/1.1\r\n${auth}\r\n`,
    'authorization twice': `GET /bus/v1/departments HTTP/1.1\r\nHost: a\r\n${auth}${auth}\r\n`,
    'absolute target': `GET http://a/bus/v1/departments HTTP/1.1\r\nHost: a\r\n${auth}\r\n`,
    'old version': `GET /bus/v1/departments HTTP/0.9\r\nHost: a\r\n${auth}\r\n`,
    'HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  };
  for (const [name, bytes] of Object.entries(tries)) {
    const text = await everything('bus', bytes + smuggled);
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1]);
    assert.ok(statuses.length <= 1, `${name}: ${statuses.join()}`);
    assert.ok(statuses.length === 0 || /^(400|505)$/.test(statuses[0]!), `${name}: ${statuses.join()}`);
    assert.doesNotMatch(text, /departments":/, name);
  }
  const tunnel = await everything('bus', `CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: a\r\n\r\n${smuggled}`);
  assert.deepEqual(tunnel.match(/HTTP\/1\.1 \d{3}|GW\d{5}/g), ['HTTP/1.1 405', 'GW40501']);
});

test('a path has one spelling, and none leads elsewhere', async () => {
  const paths = [
    ...['/bus/v1/departments/', '//bus/v1/departments', '/bus//v1/departments', '/bus/./v1/departments', '/bus/v1/x/../departments'],
    ...['/bus/v1/%64epartments', '/BUS/v1/departments', '/bus/v1/departments%00', '/bus/v1/departments;x=1', '/bus/v1/departments%20'],
    ...['/bus\\v1\\departments', '/bus/v1/departments#x', '/bus/v1/departments%2f', '/__proto__', '/constructor', '*', ''],
    ...['/bus/v1/reports/..', '/bus/v1/reports/%2e%2e', '/bus/v1/reports/..;', '/bus/v1/reports/..%2fstate', '/bus/v1/reports/a%0d%0aX: y'],
    ...['/bus/v1/reports/.%2e', '/bus/v1/reports/a/../../state', '/bus/v1/reports/%5c..%5c', '/bus/v1/reports/a b', '/bus/v1/reports/%zz'],
  ];
  for (const path of paths) {
    const answer = await raw('bus', `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${city.busToken}\r\n\r\n`);
    assert.ok(answer === undefined || answer.status === 400 || answer.status === 404, `${path}: ${answer?.status}`);
  }
  for (const method of ['TRACE', 'OPTIONS', 'DELETE', 'PROPFIND']) {
    const answer = await raw('bus', `${method} /bus/v1/departments HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${city.busToken}\r\n\r\n`);
    assert.equal(answer?.status, 405, method);
  }
});

test('headers that are the gateway’s own cannot be brought along, in no spelling', async (t) => {
  const { createServer } = await import('node:http');
  const seen: string[][] = [];
  const upstream = createServer((request, response) => {
    seen.push(request.rawHeaders);
    response.end('{}');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  t.after(() => upstream.close());
  const { port } = upstream.address() as { port: number };
  const security = await city.person(['security-admin']);
  const document = busInterface('flw_echo', { method: 'GET', target: { kind: 'upstream', instances: [`http://127.0.0.1:${port}`] } });
  await city.admin('PUT', '/interfaces/ifc_echo', document);
  const grant = { grantId: 'grt_echo', revision: 0, appId: 'B20001', interfaceId: 'ifc_echo' };
  assert.equal((await security.call('PUT', '/grants/grt_echo', grant)).status, 200);
  await until(
    'the grant',
    async () => (await city.send(`${city.bus}${document.path}`, { headers: { authorization: `Bearer ${city.busToken}` } })).status === 200,
  );
  seen.length = 0;
  const names = [
    'X-KQ-User',
    'X-KQ-AppId',
    'x_kq_user',
    'X_KQ_AppId',
    'X-Kq_User',
    'Cookie',
    'Proxy-Authorization',
    'X-Forwarded-For',
    'X_Forwarded_For',
    'Forwarded',
    'X-Real-IP',
    'X_Real_IP',
    '__proto__',
    'X-Named',
  ];
  const lines = names.map((name) => `${name}: forged\r\n`).join('');
  const answer = await raw(
    'bus',
    `GET ${document.path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${city.busToken}\r\n${lines}Connection: x-named, keep-alive\r\nX-Plain: kept\r\n\r\n`,
  );
  assert.equal(answer?.status, 200, answer?.body);
  const headers = seen[0]!;
  assert.deepEqual(
    headers.filter((_text, index) => headers[index + 1] === 'forged' || headers[index] === 'forged'),
    [],
  );
  assert.ok(headers.includes('kept'));
  assert.equal(headers[headers.indexOf('x-kq-appid') + 1], 'B20001');
  assert.ok(!headers.join().includes(city.busToken));
});

test('heads beyond 16 KB, ten thousand headers and slow heads are cut off', async () => {
  const large = await raw('open', `GET /open/v1/slots HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`);
  assert.equal(large?.status, 431);
  const many = await raw('open', `GET /open/v1/slots HTTP/1.1\r\nHost: a\r\n${'a:b\r\n'.repeat(10_000)}\r\n`);
  assert.equal(many?.status, 431);
  const startedAt = performance.now();
  const [slow] = await Promise.all([raw('user', 'GET /user/v1/reports HTTP/1.1\r\nHost: a\r\nX-Slow: '), slowHeadAtControl()]);
  assert.ok(slow === undefined || slow.status === 408);
  assert.ok(performance.now() - startedAt < 30_000);
});

function slowHeadAtControl(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(platform.ports.control, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: '));
    const trickle = setInterval(() => socket.write('a'), 500);
    socket.on('error', reject).on('close', () => {
      clearInterval(trickle);
      resolve();
    });
    socket.resume();
  });
}

test('no page of another origin can act for a person who is logged in', async () => {
  const person = await city.person(['analyst']);
  const attempt = (headers: Record<string, string>, body: string | undefined = '{}') =>
    city.send(`${city.control}/api/v1/me/tokens`, { method: 'POST', headers: { cookie: person.cookie, ...headers }, body: body ?? '' });
  const json = { 'content-type': 'application/json' };
  const tries: Record<string, Record<string, string>> = {
    'no header of ours': json,
    form: { 'content-type': 'application/x-www-form-urlencoded' },
    'plain text': { 'content-type': 'text/plain' },
    'other origin': { ...json, 'x-kq-client': 'x', origin: 'https://evil.example' },
    'null origin': { ...json, 'x-kq-client': 'x', origin: 'null' },
    'origin that begins like ours': { ...json, 'x-kq-client': 'x', origin: `${city.control}.evil.example` },
    'other site': { ...json, 'x-kq-client': 'x', 'sec-fetch-site': 'cross-site' },
    'other port': { ...json, 'x-kq-client': 'x', 'sec-fetch-site': 'same-site' },
  };
  for (const [name, headers] of Object.entries(tries)) {
    const reply = await attempt(headers);
    assert.ok(reply.status === 403 || reply.status === 400, `${name}: ${reply.status} ${reply.text}`);
  }
  const preflight = await city.send(`${city.control}/api/v1/me`, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
  });
  assert.equal(preflight.headers['access-control-allow-origin'], undefined);
  assert.equal(
    (await city.send(`${city.control}/api/v1/me`, { headers: { cookie: person.cookie, origin: 'https://evil.example' } })).headers[
      'access-control-allow-origin'
    ],
    undefined,
  );
  const secret = person.cookie.split('=')[1]!;
  assert.equal(
    (await city.send(`${city.control}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } })).status,
    401,
    'a cookie is no token',
  );
  assert.equal(
    (await city.send(`${city.control}/api/v1/me`, { headers: { cookie: `kq_session=${city.cliToken}` } })).status,
    401,
    'a token is no cookie',
  );
  const login = await city.send(`${city.control}/api/v1/login`, { method: 'POST', headers: json, body: '{"name":"admin","password":"x"}' });
  assert.equal(login.status, 403);
});

test('a page that had its name bound to this machine reads nothing', async () => {
  const ask = (path: string, host: string) =>
    new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(platform.ports.control, '127.0.0.1', () =>
        socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
      );
      socket
        .on('data', (chunk: Buffer) => (text += chunk.toString()))
        .on('close', () => resolve(text))
        .on('error', reject);
    });
  assert.match(await ask('/metrics', `127.0.0.1:${platform.ports.control}`), /^HTTP\/1\.1 200/);
  assert.match(await ask('/metrics', `localhost:${platform.ports.control}`), /^HTTP\/1\.1 200/);
  assert.match(await ask('/metrics', `evil.example:${platform.ports.control}`), /^HTTP\/1\.1 40[13]/);
});

test('the session cookie reaches neither scripts, nor flows, nor services, nor logs', async () => {
  const person = await city.person(['viewer']);
  const security = await city.person(['security-admin']);
  const login = await security.call('POST', '/login', { name: person.name, password: 'wrong' });
  assert.equal(login.status, 401);
  const secret = person.cookie.split('=')[1]!;
  const reply = await city.send(`${city.bus}/bus/v1/departments`, {
    headers: { authorization: `Bearer ${city.busToken}`, cookie: person.cookie },
  });
  assert.equal(reply.status, 200);
  for (const name of ['open', 'user', 'bus']) {
    const text = await readFile(`${platform.dataFolder}/logs/${name}.ndjson`, 'utf8').catch(() => '');
    assert.ok(!text.includes(secret));
  }
  assert.ok(!platform.output().includes(secret));
  for (const path of [
    '/..%2f..%2fpackage.json',
    '/%2e%2e/auth/passwords.ts',
    '/../create-control.ts',
    '/overview.js/../../auth/login.ts',
    '/.git/config',
  ]) {
    const answer = await city.send(`${city.control}${path}`);
    assert.ok(answer.status === 404 || answer.status === 400 || answer.status === 403, `${path}: ${answer.status}`);
  }
});

test('a viewer changes nothing, reads no payload, no secret, no account and no trail, and gives himself no role', async () => {
  const viewer = await city.person(['viewer']);
  const reading = ['calls.search', 'calls.explain', 'blocked-callers.find', 'bundles.export', 'nodes.ports', 'nodes.upgrade'];
  const own = new Set(['flows.validate', 'interfaces.validate', 'flows.visit', ...reading]);
  const hidden = new Set(['accounts.list', 'audit.list', 'executions.payload', 'executions.file']);
  for (const { method, path, action } of ROUTES) {
    // Who may ask for what is tested with the requests.
    if (/^(me|requests)\./.test(action) || own.has(action) || (method === 'GET' && !hidden.has(action))) continue;
    const reply = await viewer.call(method, path.replaceAll(/:\w+/g, 'x'), method === 'GET' || method === 'DELETE' ? undefined : {});
    assert.equal(reply.status, 403, `${method} ${path}: ${reply.status}`);
  }
  for (const [method, path, body] of [
    ['PUT', `/accounts/${viewer.name}`, { displayName: 'x', roles: ['system-admin'], disabled: false, revision: 1 }],
    ['POST', '/accounts', { name: 'evil', displayName: 'x', roles: ['system-admin'] }],
    ['POST', '/me/tokens', { label: 'x', roles: ['system-admin'] }],
  ] as const)
    assert.ok((await viewer.call(method, path, body)).status >= 400, path);
  const { token } = (await viewer.call('POST', '/me/tokens', { label: 'x' })).json() as { token: string };
  const byToken = (method: string, path: string) =>
    city.send(`${city.control}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: '{}' }),
    });
  assert.equal((await byToken('POST', '/flows/flw_reports/unpublish')).status, 403);
  assert.equal((await byToken('GET', '/accounts')).status, 403);
  // The forms of adapters and nodes name ways to log in, such as "password".
  const forms = new Set(['/adapter-types', '/node-types']);
  for (const { method, path } of ROUTES.filter((route) => route.method === 'GET' && !route.path.includes(':') && !forms.has(route.path))) {
    const reply = await viewer.call(method, path);
    assert.doesNotMatch(reply.text, /"secret":"|privatePem|PRIVATE KEY|"password":|tokenDigest/, path);
  }
  const keys = await viewer.call('GET', '/apps/A10021/keys');
  assert.doesNotMatch(keys.text, /"secret":"|PRIVATE/);
});

test('names of the object prototype in bodies, queries and flow documents reach no prototype', async () => {
  const evil = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];
  const echo = chainFlow('flw_proto', [
    {
      type: 'transform.map@1',
      config: {
        mapping: {
          rules: [
            { to: 'body', from: { path: 'data.body' } },
            { to: 'query', from: { path: 'data.query' } },
            { to: 'name', from: { table: 'departments', key: { path: 'data.body.key' }, default: 'unknown' } },
          ],
        },
      },
    },
  ]);
  for (const key of evil) {
    const trial = await city.admin('POST', '/flows/trial', {
      document: echo,
      input: { data: { body: { key, x: 1 }, query: {}, params: {} } },
    });
    const { status, reply } = trial as { status: string; reply?: { message: { data: Record<string, unknown> } } };
    assert.equal(status, 'completed', JSON.stringify(trial));
    assert.equal(reply!.message.data['name'], 'unknown', key);
    for (const to of [`${key}.polluted`, `a.${key}.polluted`, `a[0].${key}`]) {
      const mapping = { rules: [{ to, from: { value: 'yes' } }] };
      const document = chainFlow('flw_proto', [{ type: 'transform.map@1', config: { mapping } }]);
      await city.send(`${city.control}/api/v1/flows/trial`, trialOf(document));
    }
    const branches = [{ port: key, label: { 'zh-CN': 'x', en: 'x' }, when: { left: { path: 'data.body' }, op: 'exists' } }];
    const named = chainFlow('flw_proto', [{ id: key, type: 'control.condition@1', config: { branches } }]);
    const reply2 = await city.send(`${city.control}/api/v1/flows/validate`, trialOf(named, 'whole'));
    assert.ok(reply2.status === 200 || reply2.status === 400, `${key}: ${reply2.status} ${reply2.text}`);
    await city
      .send(`${city.control}/api/v1/flows/trial`, trialOf(named))
      .then((answer) => assert.notEqual(answer.status, 500, `${key} ${answer.text}`));
    const withJson = await city.send(`${city.control}/api/v1/flows/validate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${city.cliToken}`, 'content-type': 'application/json' },
      body: `{"${key}":{"polluted":"yes"},"nodes":[{"${key}":1}],"edges":{"${key}":[]}}`,
    });
    assert.ok(withJson.status < 500, `${key}: ${withJson.text}`);
    const query = await city.send(`${city.user}/user/v1/reports?${key}=1&x[${key}]=2`, {
      headers: { authorization: `Bearer ${await city.userToken({ patientId: 'P000002', [key]: { polluted: 1 } })}` },
    });
    assert.ok(query.status === 200 || query.status === 400 || query.status === 401, `${key}: ${query.status} ${query.text}`);
  }
  const probe = chainFlow('flw_proto', [
    {
      type: 'transform.map@1',
      config: {
        mapping: {
          rules: [
            { to: 'x', from: { path: 'data.polluted' } },
            { to: 'y', from: { expression: 'data.body.polluted' } },
          ],
        },
      },
    },
  ]);
  const clean = (await city.admin('POST', '/flows/trial', { document: probe, input: { data: { body: {} } } })) as {
    reply: { message: { data: object } };
  };
  assert.deepEqual(clean.reply.message.data, {});
});

function trialOf(document: unknown, what: 'trial' | 'whole' = 'trial') {
  const body = what === 'whole' ? document : { document, input: { data: { body: { a: 1 }, query: {}, params: {} } } };
  return {
    method: 'POST',
    headers: { authorization: `Bearer ${city.cliToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

test('a login that is guessed is locked, and says nothing about who exists', async () => {
  const person = await city.person(['viewer']);
  const guess = (name: string) =>
    city.send(`${city.control}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-kq-client': 'x' },
      body: JSON.stringify({ name, password: randomBytes(6).toString('hex') }),
    });
  const shape = (text: string) => text.replaceAll(/req_[\w-]+/g, '');
  for (const name of [person.name, 'nobody-here']) {
    const replies = [];
    for (let n = 0; n < 6; n++) replies.push(await guess(name));
    assert.deepEqual(
      replies.map(({ status }) => status),
      [401, 401, 401, 401, 401, 429],
      name,
    );
  }
  const [known, unknown] = [await guess(person.name), await guess('nobody-here')];
  assert.equal(shape(known.text), shape(unknown.text));
});

test('and the process serves as before, with no complaint in its log', async () => {
  assert.equal((await city.reports('P000002')).status, 200);
  assert.equal(platform.process.exitCode, null);
  assert.deepEqual(
    platform
      .output()
      .split('\n')
      .filter((line) => / error /.test(line)),
    [],
  );
});
