import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentMetrics, type Metrics } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createRandom } from '../../support/bombs/random.ts';
import { blockedText } from '../../../gateways/documents/blocked-caller.ts';
import { buildInterface, buildPlan, createTestKey, crypto, signRequest } from '../support/city-plan.ts';
import { alipayFields, createCaller, planWith, sendAlipay } from '../support/profile-callers.ts';
import { callGateway, callSigned, echo, startGateway } from '../support/start-gateway.ts';

const REQUESTS = 200;

test(`the explanation of a request is what the gateway does to it, for ${REQUESTS} mixed requests`, async (t) => {
  const [known, other] = [await createTestKey('HMAC-SM3', 'app'), await createTestKey('HMAC-SM3', 'other')];
  const requestSchema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
  const interfaces = [
    buildInterface({ interfaceId: 'ifc_open', path: '/open/v1/orders/:id', requestSchema, bodyLimitBytes: 60 }),
    buildInterface({ interfaceId: 'ifc_off', path: '/open/v1/off', state: 'offline' }),
    buildInterface({ interfaceId: 'ifc_far', path: '/open/v1/far', policies: { 'ip-list': { deny: ['127.0.0.0/8'] } } }),
  ];
  const plan = await buildPlan([known], interfaces);
  const started = await startGateway({ ...plan, keys: [...plan.keys, (await buildPlan([other], interfaces)).keys[0]!] });
  t.after(() => started.stop());
  const { pick } = createRandom(13);
  const verdicts = new Map<string, number>();
  for (let i = 0; i < REQUESTS; i++) {
    const signed = await signRequest(pick([known, known, other]), {
      method: pick(['POST', 'POST', 'GET']),
      path: pick([
        '/open/v1/orders/7',
        '/open/v1/orders/7',
        '/open/v1/orders/8',
        '/open/v1/orders/%37',
        '/open/v1/off',
        '/open/v1/far',
        '/open/v1/none',
        '/open/v1/orders/7/8',
      ]),
      body: Buffer.from(pick(['{"id":"7"}', '{"id":7}', '{"id":"7","id":"8"}', 'x', `{"id":"${'7'.repeat(80)}"}`, ''])),
      headers: [['content-type', pick(['application/json', 'image/png'])]],
    });
    const authorization = pick([signed.authorization, signed.authorization, signed.authorization.replace('sig="', 'sig="A')]);
    const headers = { host: signed.host, ...Object.fromEntries(signed.headers), authorization };
    const length = signed.body.length > 0 ? { 'content-length': String(signed.body.length) } : {};
    const said = await started.gateway.explain({
      ...{
        method: signed.method as 'GET',
        target: signed.path,
        headers: { ...headers, ...length },
        body: signed.body.toString(),
        clientIp: '127.0.0.1',
      },
    });
    const done = await callSigned(started.gateway, { ...signed, authorization });
    assert.equal(said?.refusal?.code, done.status < 400 ? undefined : done.code, JSON.stringify({ said, headers }));
    verdicts.set(done.code ?? 'passed', (verdicts.get(done.code ?? 'passed') ?? 0) + 1);
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(verdicts)));
  assert.ok(verdicts.size >= 7, 'the requests are mixed');
});

test('a caller may be assumed, and the policy that refuses is named with its stage', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(await buildPlan([key], [buildInterface()]));
  t.after(() => started.stop());
  const request = { method: 'POST' as const, target: buildInterface().path, headers: { host: 'localhost' }, clientIp: '10.1.2.3' };
  const unproved = await started.gateway.explain(request);
  assert.deepEqual(
    unproved!.verdicts.filter(({ verdict }) => verdict === 'refuses').map(({ stage, policy, code }) => [stage, policy, code]),
    [['claim', 'claim', 'GW40101']],
  );
  assert.ok(unproved!.verdicts.some(({ policy, verdict }) => policy === 'grant' && verdict === 'not-reached'));
  assert.equal((await started.gateway.explain({ ...request, appId: 'app' }))!.refusal, undefined);
  assert.equal((await started.gateway.explain({ ...request, appId: 'stranger' }))!.refusal!.code, 'GW40301');
  assert.equal(started.gateway.stats().requests, 0, 'nothing was counted');
});

test('an assumed app has signed all described headers, and the lists of the front judge the described address', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const plan = await buildPlan([key], [buildInterface({ requireIdempotencyKey: true })], {
    ipLists: [
      {
        ...{ listId: 'ipl_bad', revision: 1, name: { 'zh-CN': '坏', en: 'Bad' }, kind: 'black', everywhere: true, fronts: ['open'] },
        entries: [{ range: '10.9.0.0/16', reason: 'attacks' }],
      },
    ],
  });
  const started = await startGateway(plan);
  t.after(() => started.stop());
  const headers = { host: 'localhost', 'idempotency-key': 'k1' };
  const request = { method: 'POST' as const, target: buildInterface().path, headers, clientIp: '10.1.2.3', appId: 'app' };
  assert.equal((await started.gateway.explain(request))!.refusal, undefined);
  assert.equal((await started.gateway.explain({ ...request, headers: { host: 'localhost' } }))!.refusal!.code, 'GW40002');
  assert.equal((await started.gateway.explain({ ...request, clientIp: '10.9.1.1' }))!.refusal!.code, 'GW40302');
  const blind = (await started.gateway.explain({ ...request, clientIp: '10.9.1.1' }, ['front-ip-list']))!;
  assert.deepEqual([blind.refusal, blind.verdicts.find(({ policy }) => policy === 'front-ip-list')?.verdict], [undefined, 'hidden']);
});

test('limits are looked at and not used up, and the fields that a schema refuses are named', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const requestSchema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
  const policies = { 'app-limit': { perSecond: 1 }, 'rate-limit': { limits: [{ by: 'app' as const, limit: 1, periodMs: 3_600_000 }] } };
  const plan = await buildPlan([key], [buildInterface({ requestSchema, policies })]);
  const clock = fakeClock();
  const started = await startGateway(plan, { settings: { limits: { maxRequestsPerIp: 2 } }, clock });
  t.after(() => started.stop());
  const described = {
    ...{ method: 'POST' as const, target: buildInterface().path, clientIp: '127.0.0.1', appId: 'app', body: '{"id":"7"}' },
    headers: { host: 'localhost', 'content-type': 'application/json', 'content-length': '10' },
  };
  const decidedBy = async (request: Partial<typeof described> = {}) => {
    const { verdicts } = (await started.gateway.explain({ ...described, ...request }))!;
    return verdicts.find(({ verdict }) => verdict === 'refuses');
  };
  for (let i = 0; i < 5; i++) assert.equal(await decidedBy(), undefined);
  const wrong = await decidedBy({ body: '{"id":7777}' });
  assert.deepEqual([wrong?.policy, wrong?.issues?.map(({ path }) => path)], ['schema', ['/body/id']]);
  const send = async () => callSigned(started.gateway, await signRequest(key, { ts: clock.now(), body: Buffer.from('{"id":"7"}') }));
  assert.equal((await send()).status, 200);
  assert.deepEqual([(await decidedBy())?.policy, (await decidedBy())?.code], ['app-limit', 'GW42901']);
  assert.equal((await send()).code, 'GW42901');
  assert.equal((await decidedBy())?.policy, 'address-limit');
  assert.equal(await decidedBy({ clientIp: '10.0.0.9', appId: 'other' }).then((found) => found?.policy), 'grant');
});

test('a quota that is used up and a full concurrency limit are shown, and asking uses up neither', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const policies = {
    quota: { quotas: [{ by: 'app' as const, period: 'day' as const, limit: 2 }] },
    concurrency: { initialConcurrency: 1 },
  };
  let release: () => void = () => undefined;
  const started = await startGateway(await buildPlan([key], [buildInterface({ policies })]), {
    reply: (call) => new Promise((resolve) => (release = () => resolve(echo(call)))),
  });
  t.after(() => started.stop());
  const described = {
    method: 'POST' as const,
    target: buildInterface().path,
    headers: { host: 'localhost' },
    clientIp: '10.1.2.3',
    appId: 'app',
  };
  const ask = async () => (await started.gateway.explain(described))!;
  const noted = async (policy: string) => (await ask()).verdicts.find((one) => one.policy === policy)?.notes;
  for (let i = 0; i < 3; i++) assert.deepEqual(await noted('quota'), [{ policy: 'quota', where: 'app-day', what: 'quota-used 0/2' }]);
  assert.deepEqual(await noted('concurrency'), [{ policy: 'concurrency', what: 'in-flight 0/1' }]);
  const send = async () => callSigned(started.gateway, await signRequest(key, {}));
  const until = async (code: string) => {
    while ((await ask()).refusal?.code !== code) await new Promise(setImmediate);
  };
  const first = send();
  await until('GW50301');
  release();
  assert.equal((await first).status, 200);
  assert.deepEqual(await noted('quota'), [{ policy: 'quota', where: 'app-day', what: 'quota-used 1/2' }]);
  const second = send();
  await until('GW42902');
  release();
  assert.equal((await second).status, 200);
  const { refusal, verdicts } = await ask();
  assert.match(refusal!.text['zh-CN'], /^今日的请求配额（2 次）已用完/);
  assert.deepEqual(verdicts.find(({ verdict }) => verdict === 'refuses')?.notes, [
    { policy: 'quota', where: 'app-day', what: 'over-quota 2' },
  ]);
  assert.equal((await send()).code, 'GW42902');
});

test('a described user without an issuer is of the only issuer of the installation', async (t) => {
  const document = buildInterface({ front: 'user', path: '/user/v1/records', method: 'GET' });
  const key = Buffer.alloc(32, 7);
  const digest = Buffer.from(crypto.hmac('sm3', key, blockedText('user', 'P1'))).toString('hex');
  const entry = { blockId: 'ban_1', revision: 1, kind: 'user' as const, digest, issuer: 'https://login', reason: 'a test', createdAt: 0 };
  const plan = await buildPlan([], [document], {
    userTokenIssuers: [{ issuer: 'https://login', audience: 'kq', jwksUrl: 'https://login.invalid/keys' }],
    blockedCallers: { key: key.toString('base64url'), entries: [entry] },
  });
  const started = await startGateway(plan, { front: 'user' });
  t.after(() => started.stop());
  const described = { method: 'GET' as const, target: document.path, headers: { host: 'localhost' }, clientIp: '10.1.2.3' };
  const ask = async (user: Record<string, unknown>) =>
    (await started.gateway.explain({ ...described, appId: plan.defaultAppId, user }))!.refusal?.code;
  assert.equal(await ask({ sub: 'P1' }), 'GW40306');
  assert.notEqual(await ask({ sub: 'P1', iss: 'https://other' }), 'GW40306');
});

test('a described attack is judged, but neither counted nor reported, and a built-in interface needs no grant', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const counted: string[] = [];
  const metrics: Metrics = { ...silentMetrics, count: (name) => void counted.push(name) };
  const policies = { xss: { mode: 'block' }, 'content-encoding': { accept: ['gzip'] } };
  const started = await startGateway(await buildPlan([key], [buildInterface({ policies })]), { metrics });
  t.after(() => started.stop());
  const request = {
    ...{ method: 'POST' as const, target: buildInterface().path, clientIp: '10.1.2.3', appId: 'app' },
    headers: { host: 'localhost', 'content-type': 'application/json' },
  };
  const before = counted.length;
  const attack = await started.gateway.explain({ ...request, body: '{"note":"<script>alert(1)</script>"}' });
  assert.deepEqual([attack!.refusal?.code, counted.length - before, started.gateway.events()], ['GW40305', 0, []]);
  const session = await started.gateway.explain({ ...request, target: '/open/v1/sessions', body: '' });
  assert.equal(session!.refusal, undefined);
});

test('a request of a compatibility profile is explained as the gateway judges it', async (t) => {
  const caller = createCaller('alipay-rsa2', 'hospital');
  const started = await startGateway(await planWith([caller.document], ['alipay-rsa2']));
  t.after(() => started.stop());
  const good = alipayFields(caller);
  const explain = async (fields: Readonly<Record<string, string>>, more: object = {}) => {
    const { target, body, headers } = sendAlipay(fields);
    const described = {
      method: 'POST',
      target,
      body: String(body),
      headers: { ...headers, 'content-length': String(body!.length) },
    } as const;
    return (await started.gateway.explain({ ...described, clientIp: '127.0.0.1', ...more }))?.refusal?.code;
  };
  assert.equal(await explain(good), undefined);
  assert.equal(await explain({ ...good, biz_content: '{}' }), 'GW40103');
  assert.equal(await explain({ ...good, app_id: 'nobody' }), 'GW40103');
  assert.equal(await explain(good, { appId: 'hospital' }), 'GW41502', 'an assumed app signs in KQ1, and a form is no media type there');
  assert.equal((await callGateway(started.gateway, sendAlipay(good))).status, 200, 'explaining claimed no nonce');
});
