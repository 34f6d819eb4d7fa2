/** What each compatibility profile signs, takes and refuses, over real sockets. */
import assert from 'node:assert/strict';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { PROFILE_NAMES } from '../../engine/contract/compatibility/profiles.ts';
import { createTestKey } from './support/city-plan.ts';
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
} from './support/profile-callers.ts';
import { startGateway, type PlainRequest, type TestGateway } from './support/start-gateway.ts';

const SORTED = createCaller('sorted-sm2', 'hospital');
const WECHAT = createCaller('wechatpay-v3', 'hospital');
const ALIPAY = createCaller('alipay-rsa2', 'hospital');

let started: TestGateway;
/** Makes the content of each Alipay request another one: within a second, the same content has the same signature. */
let serial = 1;
const call = (request: PlainRequest) => callInProfile(started.gateway, request);
const codeOf = async (request: PlainRequest) => (await call(request)).code;

before(async () => {
  const kq1 = await createTestKey('RSA-SHA256', 'hospital', { keyId: 'kq1-key' });
  const documents = [SORTED, WECHAT, ALIPAY].map(({ document }) => document);
  started = await startGateway(await planWith(documents, PROFILE_NAMES, [kq1]));
});
after(() => started.stop());

describe('wechatpay-v3', () => {
  test('any change of method, path, query, body, time or nonce breaks the signature', async () => {
    const target = '/open/v1/appointments?day=2026-01-01';
    const good = signWechat(WECHAT, { target, body: '{"hospital":"甲"}' });
    const changed: PlainRequest[] = [
      { ...good, method: 'PUT' },
      { ...good, target: target.replace('appointments', 'others') },
      { ...good, target: target.replace('01-01', '01-02') },
      { ...good, target: '/open/v1/appointments' },
      { ...good, target: `${target}&a=1` },
    ];
    const body = Buffer.from(good.body as string);
    for (let at = 0; at < body.length; at++) {
      const other = Buffer.from(body);
      other[at]! ^= 1;
      changed.push({ ...good, body: other });
    }
    const { authorization } = good.headers as { authorization: string };
    for (const name of ['nonce_str', 'timestamp', 'signature']) {
      const [before, value, behind] = authorization.split(new RegExp(`(?<=${name}=")([^"]*)(?=")`)) as [string, string, string];
      for (let at = 0; at < Math.min(value.length, 40); at += 1) {
        const char = value[at]! === '1' ? '2' : name === 'timestamp' ? '1' : value[at] === 'a' ? 'b' : 'a';
        const other = `${before}${value.slice(0, at)}${char}${value.slice(at + 1)}${behind}`;
        changed.push({ ...good, headers: { ...good.headers, authorization: other } });
      }
    }
    for (const request of changed) {
      const code = await codeOf(request);
      const isTime = code === 'GW40102' && request.body === good.body;
      assert.ok(code === 'GW40103' || isTime, `${code} for ${request.target} ${JSON.stringify(request.headers)}`);
    }
    assert.equal((await call(good)).status, 200);
    assert.deepEqual(started.calls.at(-1)!.message.data, { body: { hospital: '甲' }, query: { day: '2026-01-01' }, params: {} });
  });

  test('covers the path, so paths with parameters can be called', async () => {
    const answer = await call(signWechat(WECHAT, { method: 'GET', target: '/open/v1/reports/7?a=b', body: '' }));
    assert.equal(answer.status, 200, answer.body.toString());
    assert.deepEqual(started.calls.at(-1)!.message.data, { body: null, query: { a: 'b' }, params: { id: '7' } });
  });

  test('takes the fields in any order, each once', async () => {
    const good = signWechat(WECHAT);
    const { authorization } = good.headers as { authorization: string };
    const [scheme, token] = authorization.split(' ') as [string, string];
    const send = (fields: readonly string[]) =>
      call({ ...good, headers: { ...good.headers, authorization: `${scheme} ${fields.join(',')}` } });
    const fields = token.split(',');
    for (const wrong of [
      [...fields, fields[0]!],
      fields.slice(1),
      [...fields, 'x="1"'],
      fields.map((field) => field.replace('mchid', 'MCHID')),
    ])
      assert.equal((await send(wrong)).code, 'GW40101');
    assert.equal((await send(fields.toReversed())).status, 200);
  });

  test('the media type is not signed, so that of the caller does not reach the flow', async () => {
    const request = signWechat(WECHAT);
    const answer = await call({ ...request, headers: { ...request.headers, 'content-type': 'text/xml' } });
    assert.equal(answer.status, 200, answer.body.toString());
    assert.equal(started.calls.at(-1)!.message.headers['content-type'], 'application/json');
  });

  test('needs the key that serial_no names', async () => {
    for (const serial of ['k9', 'kq1-key', 'alipay-rsa2-key']) assert.equal(await codeOf(signWechat(WECHAT, { serial })), 'GW40101');
  });
});

describe('alipay-rsa2', () => {
  test('any change of a parameter breaks the signature', async () => {
    const good = alipayFields(ALIPAY, { order_no: '12', biz_content: '{"hospital":"甲 & 乙"}', n: String(serial++) });
    for (const [name, value] of Object.entries(good)) {
      if (name === 'sign') continue;
      for (let at = 0; at < value.length; at++) {
        const other = value.slice(0, at) + (value[at] === '1' ? '2' : '1') + value.slice(at + 1);
        assert.match(
          (await codeOf(sendAlipay({ ...good, [name]: other })))!,
          ['app_id', 'charset', 'sign_type', 'timestamp', 'biz_content'].includes(name) ? /^GW4010[123]$/ : /^GW40103$/,
          `${name} ${other}`,
        );
      }
    }
    assert.equal(await codeOf(sendAlipay({ ...good, added: '1' })), 'GW40103');
    const { order_no: _left, ...less } = good;
    assert.equal(await codeOf(sendAlipay(less)), 'GW40103');
    assert.equal((await call(sendAlipay(good))).status, 200);
  });

  test('parameters may be in the query, and the interface gets its own ones', async () => {
    const good = alipayFields(ALIPAY, { order_no: 'a b+c', empty: '', notify_url: 'https://example.cn/a' });
    const inQuery = Object.keys(good).filter((name) => name !== 'biz_content');
    const answer = await call(sendAlipay(good, inQuery));
    assert.equal(answer.status, 200, answer.body.toString());
    assert.deepEqual(started.calls.at(-1)!.message.data, { body: { hospital: 'A' }, query: { order_no: 'a b+c' }, params: {} });
  });

  test('a request without a body is read from its query', async () => {
    const good = alipayFields(ALIPAY, { method: 'ifc_list', biz_content: '', page: '2' });
    const { target } = sendAlipay(good, Object.keys(good), '/open/v1/reports');
    const answer = await call({ method: 'GET', target, headers: { host: 'localhost' } });
    assert.equal(answer.status, 200, answer.body.toString());
    assert.deepEqual(started.calls.at(-1)!.message.data, { body: null, query: { page: '2' }, params: {} });
  });

  test('a parameter that occurs twice, or could be split into two, is refused', async () => {
    const good = alipayFields(ALIPAY, { n: String(serial++) });
    const twice = sendAlipay(good);
    assert.equal(await codeOf({ ...twice, body: `${twice.body as string}&n=${good['n']}` }), 'GW40101');
    assert.equal(await codeOf({ ...twice, target: `${twice.target}?n=${good['n']}` }), 'GW40101');
    assert.equal(await codeOf(sendAlipay(alipayFields(ALIPAY, { a: '1&b=2' }))), 'GW40101');
    assert.equal(await codeOf(sendAlipay(alipayFields(ALIPAY, { biz_content: '{"a":1}&charset=utf-8' }))), 'GW40101');
  });

  test('biz_content that is not one JSON object is refused, signed or not', async () => {
    for (const [biz_content, code] of [
      ['[1]', 'GW40101'],
      ['"a"', 'GW40101'],
      ['1', 'GW40101'],
      ['null', 'GW40101'],
      [' ', 'GW40101'],
      [' {"a":1}', 'GW40101'],
      ['{"a":1}{}', 'GW40101'],
      ['{"a":1]', 'GW40001'],
      ['{"a"}', 'GW40001'],
      ['{a:1}', 'GW40001'],
    ] as const)
      assert.equal(await codeOf(sendAlipay(alipayFields(ALIPAY, { biz_content, n: String(serial++) }))), code, biz_content);
  });

  test('two requests in one second need different contents', async () => {
    const at = beijingTime();
    const [first, same] = [alipayFields(ALIPAY, { timestamp: at, x: '1' }), alipayFields(ALIPAY, { timestamp: at, x: '1' })];
    assert.deepEqual([(await call(sendAlipay(first))).status, await codeOf(sendAlipay(same))], [200, 'GW40104']);
  });
});

describe('sorted-sm2', () => {
  test('any change of a member breaks the signature', async () => {
    const good = sortedMembers(SORTED, { channel: 'app', data: { hospital: '甲 & 乙', n: [1, { b: 2 }] } });
    for (const [name, value] of Object.entries(good)) {
      if (name === 'encType') continue;
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      for (let at = 0; at < text.length; at++) {
        const other = text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1);
        const body = JSON.stringify(good).replace(JSON.stringify(value), () => (typeof value === 'string' ? JSON.stringify(other) : other));
        const exact = ['version', 'transType', 'channel'].includes(name) ? /^GW40103$/ : /^GW4010[123]$/;
        assert.match((await codeOf({ ...sendSorted(good), body }))!, exact, `${name} ${other}`);
      }
    }
    assert.equal(await codeOf(sendSorted({ ...good, added: 1 })), 'GW40103');
    assert.equal((await call(sendSorted(good))).status, 200);
    assert.deepEqual(started.calls.at(-1)!.message.data, {
      body: { hospital: '甲 & 乙', n: [1, { b: 2 }] },
      query: { channel: 'app' },
      params: {},
    });
  });

  test('data is signed and handed on as its text was sent', async () => {
    const data = '{ "b" : 1.50, "a":"\\u7532",\n "b2":[ ] }';
    const members = { appId: 'hospital', signType: 'SM2', timestamp: Date.now(), transType: 'ifc_book' };
    const text = `appId=hospital&data=${data}&signType=SM2&timestamp=${members.timestamp}&transType=ifc_book`;
    const body = `{"data" : ${data}, ${JSON.stringify({ ...members, signData: SORTED.sign(text) }).slice(1)}`;
    const answer = await call({ ...sendSorted({}), body });
    assert.equal(answer.status, 200, answer.body.toString());
    assert.deepEqual((started.calls.at(-1)!.message.data as { body: unknown }).body, { b: 1.5, a: '甲', b2: [] });
  });

  test('a member that occurs twice, or is nested where it may not, is refused', async () => {
    const good = sortedMembers(SORTED);
    const request = sendSorted(good);
    const body = String(request.body);
    for (const more of ['"data":{"hospital":"B"}', '"dat\\u0061":{}', '"version":"1.0.0"', '"more":{}', '"more":[]'])
      assert.equal(await codeOf({ ...request, body: `{${more},${body.slice(1)}` }), 'GW40101', more);
    assert.equal(await codeOf({ ...request, target: `${request.target}?version=1.0.0` }), 'GW40101');
    assert.equal(await codeOf(sendSorted(sortedMembers(SORTED, { data: '{"hospital":"A"}' }))), 'GW40101');
    assert.equal(await codeOf(sendSorted(sortedMembers(SORTED, { a: '1&b=2' }))), 'GW40101');
    assert.equal(await codeOf(sendSorted(sortedMembers(SORTED, { encData: 'AB' }))), 'GW40101');
    assert.equal((await call(request)).status, 200);
  });

  test('blanks in place of data are refused, because they are not signed', async () => {
    const good = sortedMembers(SORTED, { data: '' });
    for (const blanks of ['%20%09', '+', '%0A']) {
      const request = sendSorted(good, `/open/v1/appointments?data=${blanks}`);
      const { data: _none, ...members } = good;
      assert.equal(await codeOf({ ...request, body: JSON.stringify(members) }), 'GW40101', blanks);
    }
    for (const [data, code] of [
      ['{"a":1]', 'GW40001'],
      ['{"a"}', 'GW40001'],
      ['{"a":1}{', 'GW40101'],
    ] as const) {
      const members = { appId: 'hospital', signType: 'SM2', timestamp: Date.now(), transType: 'ifc_book' };
      const text = `appId=hospital&data=${data}&signType=SM2&timestamp=${members.timestamp}&transType=ifc_book`;
      const body = `{"data":${data},${JSON.stringify({ ...members, signData: SORTED.sign(text) }).slice(1)}`;
      assert.equal(await codeOf({ ...sendSorted({}), body }), code, data);
    }
  });

  test('what is not signed ends at the gateway', async () => {
    const good = sortedMembers(SORTED);
    assert.equal((await call(sendSorted({ ...good, extra: 'x', none: null, blank: '' }))).status, 200);
    assert.deepEqual(started.calls.at(-1)!.message.data, { body: { hospital: 'A' }, query: {}, params: {} });
  });

  test('a new key takes over from one that retires', async (t) => {
    const next = createCaller('sorted-sm2', 'hospital', { keyId: 'next', createdAt: 1 });
    const apart = await startGateway(await planWith([{ ...SORTED.document, state: 'RETIRING' }, next.document], ['sorted-sm2']));
    t.after(() => apart.stop());
    for (const caller of [SORTED, next]) assert.equal((await callInProfile(apart.gateway, sendSorted(sortedMembers(caller)))).status, 200);
  });
});

describe('answers', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const platformKey = { keyId: 'p3', use: 'sign', algorithm: 'RSA-SHA256', state: 'ACTIVE', publicPem: '', privatePem, madeAt: 0 } as const;
  const holds = (text: string, signature: string | undefined) =>
    createVerify('RSA-SHA256')
      .update(text)
      .verify(publicKey, signature ?? '', 'base64');
  let signing: TestGateway;

  before(async () => {
    const plan = await planWith([WECHAT.document, SORTED.document, ALIPAY.document], PROFILE_NAMES);
    signing = await startGateway({ ...plan, platformKeys: [platformKey] });
  });
  after(() => signing.stop());

  test('wechatpay-v3: answers and refusals are signed in headers', async () => {
    const signed = signWechat(WECHAT);
    for (const code of [undefined, 'GW40104']) {
      const { headers, body, ...answer } = await callInProfile(signing.gateway, signed);
      assert.equal(answer.code, code);
      const text = `${headers['wechatpay-timestamp']}\n${headers['wechatpay-nonce']}\n${body.toString()}\n`;
      assert.ok(holds(text, headers['wechatpay-signature']));
      assert.deepEqual([headers['wechatpay-serial'], headers['x-kq-signature']], ['p3', undefined]);
      assert.ok(Math.abs(Date.now() / 1000 - Number(headers['wechatpay-timestamp'])) < 60);
    }
  });

  test('alipay-rsa2: answers and refusals are wrapped, with the signature of what they wrap', async () => {
    const fields = alipayFields(ALIPAY, { n: String(serial++) });
    for (const status of [200, 401]) {
      const answer = await callInProfile(signing.gateway, sendAlipay(fields));
      assert.equal(answer.status, status);
      const [, body, signature] = /^\{"ifc_book_response":(\{.*\}),"sign":"([^"]+)"\}$/.exec(answer.body.toString())!;
      assert.ok(holds(body!, signature));
      assert.equal((JSON.parse(body!) as { code?: string }).code, status === 200 ? undefined : 'GW40104');
    }
    const unsigned = await call(sendAlipay(alipayFields(ALIPAY, { n: String(serial++) })));
    assert.match(unsigned.body.toString(), /^\{"ifc_book_response":\{.*\}\}$/);
    assert.deepEqual(Object.keys(JSON.parse(unsigned.body.toString()) as object), ['ifc_book_response']);
  });

  test('a service cannot have a text signed that passes for an answer of WeChat Pay, nor end the wrapper itself', async (t) => {
    let said = { type: 'application/json', body: '', headers: {} as Record<string, string> };
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': said.type, ...said.headers }).end(said.body);
    });
    t.after(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const plan = await planWith([WECHAT.document, SORTED.document, ALIPAY.document], PROFILE_NAMES);
    const target = { kind: 'upstream' as const, instances: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] };
    const interfaces = plan.interfaces.map((document) => (document.interfaceId === 'ifc_book' ? { ...document, target } : document));
    const signingOne = await startGateway({ ...plan, interfaces, platformKeys: [platformKey] });
    const plainOne = await startGateway({ ...plan, interfaces });
    t.after(() => Promise.all([signingOne.stop(), plainOne.stop()]));
    const alipay = () => sendAlipay(alipayFields(ALIPAY, { n: String(serial++) }));
    for (const body of [
      '1767225600\nnonce\n{"a":1}\n',
      '{"a":1},"sign":"AAAA","b":{}',
      '{"a":1}}{',
      '[1]',
      '"text"',
      '12',
      '',
      '{"a":1',
      '\ufeff{"a":1}',
    ]) {
      said = { ...said, body };
      const answer = await callInProfile(signingOne.gateway, alipay());
      assert.equal(answer.body.toString(), body, 'as it is, and not signed');
    }
    said = { ...said, body: ' \n{"a":"}","b":[{"c":"\\"甲"}]}\r\n' };
    const wrapped = (await callInProfile(signingOne.gateway, alipay())).body.toString();
    const [, inner, signature] = /^\{"ifc_book_response":(.*),"sign":"([^"]+)"\}$/.exec(wrapped)!;
    assert.ok(inner === said.body.trim() && holds(inner, signature));

    said = { ...said, headers: { 'wechatpay-signature': 'AAAA', 'Wechatpay-Serial': 'p3', 'Wechatpay-Any': '1', 'x-own': '1' } };
    const requests = () => [signWechat(WECHAT), alipay(), sendSorted(sortedMembers(SORTED))];
    for (const { gateway } of [signingOne, plainOne])
      for (const request of requests()) {
        const { headers } = await callInProfile(gateway, request);
        const own = Object.keys(headers).filter((name) => name.startsWith('wechatpay-'));
        assert.equal(headers['x-own'], '1');
        assert.deepEqual(
          [own.length > 0, headers['wechatpay-any']],
          [gateway === signingOne.gateway && request.headers !== undefined && 'authorization' in request.headers, undefined],
        );
      }
  });

  test('what has not authenticated, and the other profile, gets plain answers', async () => {
    const forged = await callInProfile(signing.gateway, signWechat({ ...WECHAT, sign: ALIPAY.sign }));
    const wrong = await callInProfile(signing.gateway, sendAlipay(alipayFields({ ...ALIPAY, sign: WECHAT.sign })));
    const sorted = await callInProfile(signing.gateway, sendSorted(sortedMembers(SORTED)));
    const unsigned = await call(signWechat(WECHAT));
    assert.deepEqual([forged.code, wrong.code, sorted.status, unsigned.status], ['GW40103', 'GW40103', 200, 200]);
    for (const { headers } of [forged, wrong, sorted, unsigned])
      assert.deepEqual([headers['wechatpay-signature'], headers['x-kq-signature']], [undefined, undefined]);
  });
});

test('no request in the look of a profile brings the gateway down, and none passes unsigned', async () => {
  const sorted = JSON.stringify(sortedMembers({ ...SORTED, sign: () => 'AA==' }));
  const form = String(sendAlipay(alipayFields({ ...ALIPAY, sign: () => 'AA==' })).body);
  const cut = (text: string) =>
    fc
      .tuple(fc.nat(text.length), fc.nat(12), fc.string({ unit: 'binary', maxLength: 6 }))
      .map(([at, length, more]) => Buffer.from(text.slice(0, at) + more + text.slice(at + length)));
  const bodies = fc.oneof(
    cut(sorted),
    cut(form),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  );
  const queries = fc.oneof(
    fc.constant(''),
    fc.webQueryParameters(),
    fc.constantFrom('sign_type=RSA2', 'signData=', 'sign_type=RSA2&signData=a&data='),
  );
  const heads = fc.constantFrom<Record<string, string>>(
    { 'content-type': 'application/json' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { authorization: 'WECHATPAY2-SHA256-RSA2048 ' },
    { authorization: `WECHATPAY2-SHA256-RSA2048 mchid="hospital",nonce_str="a",signature="",timestamp="1",serial_no="k"` },
    {},
  );
  await fc.assert(
    fc.asyncProperty(bodies, queries, heads, async (body, query, head) => {
      const target = query === '' ? '/open/v1/appointments' : `/open/v1/appointments?${query}`;
      const answer = await call({ method: 'POST', target, body, headers: { host: 'localhost', ...head } });
      assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.code}`);
    }),
    { numRuns: 300 },
  );
});
