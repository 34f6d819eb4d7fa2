/** Requests of compatibility profiles, over real sockets. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PROFILE_NAMES, type ProfileName } from '../../../../engine/contract/compatibility/profiles.ts';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { createTestKey, signRequest, type TestKey } from '../../support/city-plan.ts';
import { openDmzLab } from '../../support/dmz-lab.ts';
import {
  alipayFields,
  callInProfile,
  beijingTime,
  createCaller,
  planWith,
  sendAlipay,
  sendSorted,
  signWechat,
  sortedMembers,
  type ProfileCaller,
} from '../../support/profile-callers.ts';
import { callSigned, memoryState, startGateway, type PlainRequest, type TestGateway } from '../../support/start-gateway.ts';

const SORTED = createCaller('sorted-sm2', 'hospital');
const WECHAT = createCaller('wechatpay-v3', 'hospital');
const ALIPAY = createCaller('alipay-rsa2', 'hospital');
const ALL = [SORTED, WECHAT, ALIPAY];

/** A valid request of each profile, signed now or at another time. */
const REQUESTS: Readonly<Record<ProfileName, (caller: ProfileCaller, at?: number) => PlainRequest>> = {
  'sorted-sm2': (caller, at = Date.now()) => sendSorted(sortedMembers(caller, { timestamp: Math.floor(at / 1000) })),
  'wechatpay-v3': (caller, at = Date.now()) => signWechat(caller, { timestamp: String(Math.floor(at / 1000)) }),
  // The second of Alipay's time and the same content give the same signature, so each request has another content.
  'alipay-rsa2': (caller, at = Date.now()) => sendAlipay(alipayFields(caller, { timestamp: beijingTime(at), out_no: String(serial++) })),
};
let serial = 1;
const requestOf = (caller: ProfileCaller, at?: number) => REQUESTS[caller.document.scheme](caller, at);

let started: TestGateway;
let kq1: TestKey;
const call = (request: PlainRequest) => callInProfile(started.gateway, request);
const codeOf = async (request: PlainRequest) => (await call(request)).code;

before(async () => {
  kq1 = await createTestKey('RSA-SHA256', 'hospital', { keyId: 'kq1-key' });
  const documents = ALL.map(({ document }) => document);
  started = await startGateway(await planWith(documents, PROFILE_NAMES, [kq1]));
});
after(() => started.stop());

for (const caller of ALL) {
  const { scheme } = caller.document;
  const UNKNOWN = scheme === 'wechatpay-v3' ? 'GW40101' : 'GW40103';
  describe(scheme, () => {
    test('a valid request reaches the flow, which sees no header but the media type', async () => {
      const request = requestOf(caller);
      const extra = { 'x-order': '7', 'idempotency-key': 'k', 'x-kq-trace': 'abcdefgh', 'x-request-deadline': '1', cookie: 'a=b' };
      const answer = await call({ ...request, headers: { ...request.headers, ...extra } });
      assert.equal(answer.status, 200, answer.body.toString());
      const { message, caller: known } = started.calls.at(-1)!;
      assert.deepEqual((message.data as { body: unknown }).body, { hospital: 'A' });
      assert.deepEqual({ ...message.headers }, { 'content-type': 'application/json' });
      assert.deepEqual([known.appId, known.idempotencyKey], ['hospital', undefined]);
    });

    test('a repeated request gets GW40104', async () => {
      const request = requestOf(caller);
      assert.equal((await call(request)).status, 200);
      assert.equal(await codeOf(request), 'GW40104');
    });

    test('a time outside the window gets GW40102', async () => {
      for (const offset of [-302_000, 302_000]) assert.equal(await codeOf(requestOf(caller, Date.now() + offset)), 'GW40102');
      assert.equal((await call(requestOf(caller, Date.now() - 290_000))).status, 200);
    });

    test('an unknown app gets the answer of an unknown key, or that of a wrong signature if no key is named', async () => {
      const answerTo = async (appId: string, at?: number) => {
        const answer = await call(requestOf(createCaller(scheme, appId), at));
        const { serverTime: _time, traceId: _trace, ...body } = JSON.parse(answer.body.toString()) as Record<string, unknown>;
        return { status: answer.status, code: answer.code, body, names: Object.keys(answer.headers).sort() };
      };
      if (scheme === 'wechatpay-v3') {
        assert.deepEqual([(await answerTo('nobody')).code, (await answerTo('hospital')).code], ['GW40101', 'GW40103']);
        assert.equal(await codeOf(signWechat(caller, { serial: 'k9' })), 'GW40101');
        return;
      }
      const forged = await answerTo('hospital');
      assert.equal(forged.code, 'GW40103');
      // Neither the code nor the time says that there is such an app.
      assert.deepEqual(await answerTo('nobody'), forged);
      for (const offset of [-400_000, 3_600_000]) {
        assert.deepEqual(await answerTo('hospital', Date.now() + offset), forged);
        assert.deepEqual(await answerTo('nobody', Date.now() + offset), forged);
      }
    });

    test('an app that may not use the profile is like an unknown one, also if it has a key of it', async (t) => {
      const others = PROFILE_NAMES.filter((name) => name !== scheme);
      const plan = await planWith([caller.document], others);
      const another = { ...plan.apps.at(-1)!, appId: 'another', profiles: [scheme] };
      const apart = await startGateway({ ...plan, apps: [...plan.apps, another] });
      t.after(() => apart.stop());
      const answer = await callInProfile(apart.gateway, requestOf(caller));
      assert.deepEqual([answer.status, answer.code], [401, UNKNOWN]);
    });

    test('keys of KQ1 and of other profiles do not verify it', async (t) => {
      const isSm2 = scheme === 'sorted-sm2';
      const rsa = ['RSA-SHA256', 'wechatpay-v3', 'alipay-rsa2'] as const;
      for (const other of isSm2 ? (['SM2-SM3'] as const) : rsa.filter((name) => name !== scheme)) {
        const document = { ...caller.document, scheme: other };
        const apart = await startGateway(await planWith([document], PROFILE_NAMES));
        t.after(() => apart.stop());
        assert.equal((await callInProfile(apart.gateway, requestOf(caller))).code, UNKNOWN, other);
      }
    });

    test('a revoked key gets GW40105 only after the signature held', async (t) => {
      const apart = await startGateway(await planWith([{ ...caller.document, state: 'REVOKED' }], PROFILE_NAMES));
      t.after(() => apart.stop());
      const other = createCaller(scheme, 'hospital');
      assert.equal((await callInProfile(apart.gateway, requestOf(other))).code, 'GW40103');
      assert.equal((await callInProfile(apart.gateway, requestOf(caller))).code, 'GW40105');
    });

    test('one signature counts once, also if its public key is stored for two key ids and two apps', async (t) => {
      const second = { ...caller.document, keyId: 'second', createdAt: 1 };
      const ofAnother = { ...caller.document, appId: 'another' };
      const plan = await planWith([caller.document, second, ofAnother], PROFILE_NAMES);
      const { apps, grants } = plan;
      const twoApps = {
        ...plan,
        apps: [...apps, { ...apps.at(-1)!, appId: 'another', windowSec: 30 }],
        grants: [...grants, { ...grants.at(-1)!, grantId: 'grt_another', appId: 'another', interfaceId: 'ifc_book' }],
      };
      const apart = await startGateway(twoApps);
      t.after(() => apart.stop());
      const request = requestOf(caller);
      assert.equal((await callInProfile(apart.gateway, request)).status, 200);
      const renamed = (from: string, to: string) => ({
        ...request,
        headers: { ...request.headers, authorization: request.headers!['authorization']!.replace(from, to) },
      });
      const again =
        scheme === 'wechatpay-v3'
          ? [renamed(`serial_no="${caller.document.keyId}"`, 'serial_no="second"'), renamed('mchid="hospital"', 'mchid="another"')]
          : [request];
      for (const repeated of again) assert.equal((await callInProfile(apart.gateway, repeated)).code, 'GW40104');
      const left = scheme === 'wechatpay-v3' ? second : caller.document;
      apart.feed.publish({ ...twoApps, number: plan.number + 1, keys: [left] });
      assert.equal((await callInProfile(apart.gateway, again[0]!)).code, 'GW40104', 'the key that proved it is revoked');
    });

    test('gets GW50303 while nonces cannot be stored', async (t) => {
      const shared = { ...memoryState(), claimOnce: () => Promise.reject(new AppError('SHARED_STATE_DOWN', 'transient', 'down')) };
      const apart = await startGateway(await planWith([caller.document], PROFILE_NAMES), { shared });
      t.after(() => apart.stop());
      assert.equal((await callInProfile(apart.gateway, requestOf(caller))).code, 'GW50303');
    });

    test('a packed body is refused, because the encoding is not signed', async () => {
      const request = requestOf(caller);
      assert.equal(await codeOf({ ...request, headers: { ...request.headers, 'content-encoding': 'gzip' } }), 'GW41502');
    });

    test('a body that is no UTF-8 is refused', async () => {
      const request = requestOf(caller);
      const body = Buffer.concat([Buffer.from(request.body ?? ''), Buffer.from([0xff])]);
      assert.match((await codeOf({ ...request, body }))!, /^GW4010[13]$/);
    });

    test('a call through the DMZ is carried inside as it came', async (t) => {
      const lab = await openDmzLab((plan) => ({
        ...plan,
        apps: plan.apps.map((app) => (app.appId === 'app-sm2' ? { ...app, profiles: [scheme] } : app)),
        keys: [...plan.keys, { ...caller.document, appId: 'app-sm2' }],
      }));
      t.after(() => lab.close());
      const inner = await lab.startInner();
      const dmz = await lab.startDmz([inner]);
      const there = { ...caller, document: { ...caller.document, appId: 'app-sm2' } };
      const request = requestOf(there);
      const answer = await callInProfile(dmz.gateway, request);
      assert.equal(answer.status, 200, answer.body.toString());
      assert.deepEqual((inner.calls.at(-1)!.message.data as { body: unknown }).body, { hospital: 'A' });
      assert.equal((await callInProfile(dmz.gateway, request)).code, 'GW40104');
      const forged = requestOf({ ...there, sign: createCaller(scheme, 'app-sm2').sign });
      assert.equal((await callInProfile(dmz.gateway, forged)).code, 'GW40103');
      assert.equal(inner.calls.length, 1);
    });
  });
}

test('a key of a profile does not verify a KQ1 request', async () => {
  const signed = await signRequest({ ...kq1, keyId: WECHAT.document.keyId });
  assert.equal((await callSigned(started.gateway, signed)).code, 'GW40101');
  assert.equal((await callSigned(started.gateway, await signRequest(kq1))).status, 200);
});

test('without an app that may use a profile no request is taken for one', async (t) => {
  const apart = await startGateway(await planWith([], []));
  t.after(() => apart.stop());
  const codes = await Promise.all(ALL.map(async (caller) => (await callInProfile(apart.gateway, requestOf(caller))).code));
  // A form is no media type of the interface then.
  assert.deepEqual(codes, ['GW40101', 'GW40101', 'GW41502']);
});

test('interfaces that demand an SM2 signature in KQ1, or encryption, refuse profiles with a text of their own', async () => {
  for (const [path, operation, code] of [
    ['/open/v1/sm2', 'ifc_sm2', 'GW40105'],
    ['/open/v1/secret', 'ifc_secret', 'GW40003'],
  ] as const) {
    const answers = [
      await call(signWechat(WECHAT, { target: path })),
      await call(sendSorted(sortedMembers(SORTED, { transType: operation }), path)),
    ];
    for (const answer of answers) {
      assert.equal(answer.code, code);
      assert.match(answer.body.toString(), /KQ1/);
    }
  }
  const request = signWechat(WECHAT);
  assert.equal(await codeOf({ ...request, headers: { ...request.headers, 'x-kq-enc': 'SM4-CBC-HSM3' } }), 'GW40003');
  assert.equal(await codeOf(signWechat(WECHAT, { target: '/open/v1/sessions', body: '' })), 'GW40105');
});

test('a signature that does not cover the path names its interface', async () => {
  const elsewhere = (path: string) => [
    sendSorted(sortedMembers(SORTED), path),
    sendAlipay(alipayFields(ALIPAY, { n: String(serial++) }), [], path),
  ];
  for (const path of ['/open/v1/others', '/open/v1/named']) {
    for (const request of elsewhere(path)) assert.equal(await codeOf(request), 'GW40103', path);
  }
  assert.equal((await call(sendSorted(sortedMembers(SORTED, { transType: 'a.b.create' }), '/open/v1/named'))).status, 200);
  assert.equal((await call(sendAlipay(alipayFields(ALIPAY, { method: 'a.b.create' }), [], '/open/v1/named'))).status, 200);
  const { sign, ...read } = alipayFields(ALIPAY, { method: 'ifc_read', biz_content: '' });
  const query = new URLSearchParams({ ...read, sign: sign! }).toString();
  assert.equal(await codeOf({ method: 'GET', target: `/open/v1/reports/1?${query}`, headers: { host: 'localhost' } }), 'GW40103');
});

test('the idempotency key is taken from the signed body, never from a header', async () => {
  const send = (body: string) => {
    const request = signWechat(WECHAT, { target: '/open/v1/keyed', body });
    return call({ ...request, headers: { ...request.headers, 'idempotency-key': 'of-the-header' } });
  };
  for (const [no, key] of [
    ['"A-1"', 'A-1'],
    ['12', '12'],
  ]) {
    assert.equal((await send(`{"order":{"no":${no}}}`)).status, 200);
    assert.equal(started.calls.at(-1)!.caller.idempotencyKey, key);
  }
  for (const [body, code] of [
    ['{"order":{}}', 'GW40002'],
    ['{"order":{"no":""}}', 'GW40002'],
    ['{"order":{"no":["A-1"]}}', 'GW40002'],
    ['', 'GW40002'],
    ['{"order":{"no":"A 1"}}', 'GW40001'],
    [`{"order":{"no":"${'1'.repeat(129)}"}}`, 'GW40001'],
    ['{"order"', 'GW40001'],
  ] as const)
    assert.equal((await send(body)).code, code, body);
});

test('a body is read up to 1 MB, and up to 64 KB if only the body says whose it is, unless the interface says more', async (t) => {
  const filled = (length: number) => `{"hospital":"${'A'.repeat(length)}"}`;
  const wechat = (length: number) => signWechat(WECHAT, { body: filled(length) });
  const alipay = (length: number) => sendAlipay(alipayFields(ALIPAY, { biz_content: filled(length) }));
  const sorted = (length: number) => sendSorted(sortedMembers(SORTED, { data: { hospital: 'A'.repeat(length) } }));
  const KB = 1024;
  for (const send of [alipay, sorted]) {
    assert.equal((await call(send(60 * KB))).status, 200);
    assert.equal(await codeOf(send(64 * KB)), 'GW41301');
  }
  assert.equal((await call(wechat(1000 * KB))).status, 200);
  assert.equal(await codeOf(wechat(KB * KB)), 'GW41301');
  const plan = await planWith(
    ALL.map(({ document }) => document),
    PROFILE_NAMES,
  );
  const wide = plan.interfaces.map((document) => ({ ...document, bodyLimitBytes: 5 * KB * KB }));
  const apart = await startGateway({ ...plan, interfaces: wide });
  t.after(() => apart.stop());
  for (const send of [alipay, sorted, wechat]) {
    assert.equal((await callInProfile(apart.gateway, send(1000 * KB))).status, 200);
    assert.equal((await callInProfile(apart.gateway, send(KB * KB))).code, 'GW41301');
  }
});

test('the checks of content read what flow and upstream get', async () => {
  const attack = { text: '<img src=x onerror=alert(1)>' };
  const sorted = sendSorted(sortedMembers(SORTED, { transType: 'ifc_xss', data: attack }), '/open/v1/xss');
  const alipay = sendAlipay(alipayFields(ALIPAY, { method: 'ifc_xss', biz_content: JSON.stringify(attack) }), [], '/open/v1/xss');
  const wechat = signWechat(WECHAT, { target: '/open/v1/xss', body: JSON.stringify(attack) });
  for (const request of [
    sorted,
    alipay,
    wechat,
    {
      ...wechat,
      headers: { ...signWechat(WECHAT, { target: '/open/v1/xss', body: JSON.stringify(attack) }).headers, 'content-type': 'text/plain' },
    },
  ])
    assert.equal(await codeOf(request), 'GW40305');
});
