import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import {
  buildInterface,
  buildPlan,
  createTestKey,
  SCHEMES,
  signRequest,
  type SignedRequest,
  type TestKey,
} from '../../support/city-plan.ts';
import { callSigned, startGateway, type TestGateway } from '../../support/start-gateway.ts';

let started: TestGateway;
const keys: TestKey[] = [];
let revoked: TestKey;

before(async () => {
  for (const scheme of SCHEMES) keys.push(await createTestKey(scheme, `app-${scheme}`));
  revoked = await createTestKey('HMAC-SM3', 'app-revoked', { state: 'REVOKED' });
  const interfaces = [
    buildInterface(),
    buildInterface({ interfaceId: 'ifc_put', method: 'PUT' }),
    buildInterface({ interfaceId: 'ifc_other', path: '/open/v1/appointment2' }),
    buildInterface({ interfaceId: 'ifc_any', path: '/open/v1/:any' }),
  ];
  started = await startGateway(await buildPlan([...keys, revoked], interfaces));
});
after(() => started.stop());

/** What an attacker on the wire may change, with the codes that may answer. The other nonce is another claim: its signature cannot hold. */
const CHANGES: Readonly<
  Record<string, { readonly change: (signed: SignedRequest, n: number) => SignedRequest; readonly codes: readonly string[] }>
> = {
  method: { change: (signed) => ({ ...signed, method: 'PUT' }), codes: ['GW40103'] },
  path: { change: (signed, n) => ({ ...signed, path: `/open/v1/${flip(signed.path.slice(9), n)}` }), codes: ['GW40103'] },
  query: { change: (signed, n) => ({ ...signed, query: flip(signed.query, n) }), codes: ['GW40103'] },
  body: { change: (signed, n) => ({ ...signed, body: flipBit(signed.body, n) }), codes: ['GW40103'] },
  host: { change: (signed) => ({ ...signed, host: 'localhosu' }), codes: ['GW40103'] },
  'signed header': {
    change: (signed) => ({ ...signed, headers: signed.headers.map(([name, value]) => [name, name === 'x-order' ? `${value}1` : value]) }),
    codes: ['GW40103'],
  },
  'header that must be signed': { change: (signed) => ({ ...signed, headers: [...signed.headers, ['x-added', '1']] }), codes: ['GW40103'] },
  'header taken away': { change: (signed) => ({ ...signed, headers: signed.headers.slice(0, -1) }), codes: ['GW40103'] },
  time: { change: (signed, n) => ({ ...signed, authorization: flipField(signed.authorization, 'ts', 10 + (n % 3)) }), codes: ['GW40103'] },
  nonce: { change: (signed, n) => ({ ...signed, authorization: flipField(signed.authorization, 'nonce', n % 21) }), codes: ['GW40103'] },
  // The last character of base64url has bits that must be zero: changed ones are no signature at all.
  signature: {
    change: (signed, n) => ({ ...signed, authorization: flipField(signed.authorization, 'sig', n) }),
    codes: ['GW40103', 'GW40101'],
  },
};

for (const [what, { change, codes }] of Object.entries(CHANGES)) {
  test(`refuses any change of the ${what}, in every scheme`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keys), fc.nat(10_000), async (key, n) => {
        const signed = await signRequest(key, {
          query: 'day=2026-01-01',
          headers: [
            ['content-type', 'application/json'],
            ['x-order', '7'],
          ],
        });
        const answer = await callSigned(started.gateway, change(signed, n));
        assert.ok(codes.includes(answer.code!), `${answer.code} ${answer.body.toString()}`);
        assert.equal(answer.headers['x-kq-signature'], undefined, 'nothing is signed for a stranger');
      }),
      { numRuns: 25 },
    );
  });
}

test('accepts the unchanged request after all of that', async () => {
  for (const key of keys) assert.equal((await callSigned(started.gateway, await signRequest(key))).status, 200);
});

test('tells about a revoked key only after its signature held', async () => {
  const signed = await signRequest(revoked);
  assert.equal((await callSigned(started.gateway, { ...signed, body: flipBit(signed.body, 3) })).code, 'GW40103');
  assert.equal((await callSigned(started.gateway, signed)).code, 'GW40105');
});

test('shows the flow only signed headers', async () => {
  const signed = await signRequest(keys[3]!, {
    headers: [
      ['content-type', 'application/json'],
      ['x-kq-appid', 'somebody'],
      ['x-order', '7'],
    ],
  });
  await callSigned(started.gateway, signed, { accept: '*/*', 'x-forwarded-for': '1.2.3.4', cookie: 'a=b' });
  assert.deepEqual({ ...started.calls.at(-1)!.message.headers }, { 'content-type': 'application/json', 'x-order': '7' });
});

function flip(text: string, n: number): string {
  const at = n % text.length;
  const code = text.charCodeAt(at);
  const other = /[a-y0-8]/.test(text[at]!) ? code + 1 : text[at] === 'b' ? code : 'b'.charCodeAt(0);
  return text.slice(0, at) + String.fromCharCode(other) + text.slice(at + 1);
}

function flipBit(body: Buffer, n: number): Buffer {
  const changed = Buffer.from(body);
  changed[n % body.length]! ^= 1 << (n % 8);
  return changed;
}

function flipField(authorization: string, name: string, n: number): string {
  const start = authorization.indexOf(`${name}="`) + name.length + 2;
  const end = authorization.indexOf('"', start);
  const value = authorization.slice(start, end);
  const at = n % value.length;
  const other = value[at] === '9' ? '8' : /[0-8]/.test(value[at]!) ? String(Number(value[at]) + 1) : value[at] === 'B' ? 'C' : 'B';
  return authorization.slice(0, start) + value.slice(0, at) + other + value.slice(at + 1) + authorization.slice(end);
}
