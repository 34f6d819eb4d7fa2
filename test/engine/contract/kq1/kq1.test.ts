import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  canonicalAnswer,
  canonicalRequest,
  collectSignedHeaders,
  formatAuthorization,
  isCanonicalBase64url,
  KQ1_SCHEMES,
  mustBeSigned,
  parseAuthorization,
  signedAnswerHeaders,
  splitTarget,
  requireHost,
  type HeaderPair,
  type Kq1Answer,
  type Kq1Authorization,
  type Kq1Request,
} from '../../../../engine/contract/kq1/kq1.ts';
import { cpuMsOf } from '../../../support/cpu-time.ts';

const malformed = { code: 'KQ1_MALFORMED', kind: 'input' };
const base64url = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('base64url'));
const chars = (alphabet: string, min: number, max: number) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: min, maxLength: max }).map((all) => all.join(''));
const name64 = chars('AZaz09_-', 1, 64);
const headerName = fc.constantFrom('content-type', 'idempotency-key', 'x-kq-trace', 'x-a', 'x-b', 'accept');
const headerValue = chars('aZ0:;= ,"\t', 0, 20).map((value) => value.trim());
const headers = fc
  .uniqueArray(fc.tuple(headerName, headerValue), { selector: ([name]) => name, maxLength: 5 })
  .map((all) => all.sort((a, b) => (a[0] < b[0] ? -1 : 1)));
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((value) => Buffer.from(value).toString('hex'));

const request: fc.Arbitrary<Kq1Request> = fc.record({
  scheme: fc.constantFrom(...KQ1_SCHEMES),
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  host: fc.constantFrom('gw.example', 'gw.example:8443', '127.0.0.1:8080', '[::1]:8443'),
  path: fc
    .array(
      chars('aZ09-._~', 1, 6).filter((part) => part !== '.' && part !== '..'),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => `/${parts.join('/')}`),
  query: chars('ab=&%2:', 0, 12),
  ts: fc.integer({ min: 1, max: 2_000_000_000_000 }).map(String),
  nonce: base64url(16),
  appId: name64,
  keyId: name64,
  headers,
  bodyDigest: digest,
});

const authorization: fc.Arbitrary<Kq1Authorization> = fc.record(
  {
    scheme: fc.constantFrom(...KQ1_SCHEMES),
    appId: name64,
    keyId: name64,
    ts: fc.integer({ min: 1, max: 2_000_000_000_000 }).map(String),
    nonce: base64url(16),
    signed: headers.map((all) => all.map(([name]) => name)),
    sig: base64url(71),
  },
  { noNullPrototype: true },
);

const VALID = `KQ1-SM2-SM3 appid="A10021",keyid="k7",ts="1767225600123",nonce="${'A'.repeat(22)}",signed="content-type;x-kq-enc",sig="${'A'.repeat(96)}"`;

test('an Authorization header is read into exactly what it was written from', () => {
  fc.assert(fc.property(authorization, (content) => assert.deepEqual(parseAuthorization(formatAuthorization(content)), content)));
});

test('a header that is read at all is the one way to write its content', () => {
  fc.assert(
    fc.property(fc.nat(VALID.length - 1), fc.constantFrom(...'Aa0 ",;=-_\t', ''), fc.boolean(), (at, char, insert) => {
      const changed = VALID.slice(0, at) + char + VALID.slice(insert ? at : at + 1);
      try {
        assert.equal(formatAuthorization(parseAuthorization(changed)), changed);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'KQ1_MALFORMED');
      }
    }),
    { numRuns: 2000 },
  );
});

test('every departure from the grammar of Authorization is malformed', () => {
  const refused = {
    'other scheme': VALID.replace('KQ1-SM2-SM3', 'KQ1-SM2-SHA1'),
    'lower-case scheme': VALID.replace('KQ1-SM2-SM3', 'kq1-sm2-sm3'),
    'two spaces': VALID.replace(' appid', '  appid'),
    'space after comma': VALID.replace(',keyid', ', keyid'),
    'no quotes': VALID.replace('"k7"', 'k7'),
    'other order': VALID.replace('appid="A10021",keyid="k7"', 'keyid="k7",appid="A10021"'),
    'field repeated': VALID.replace('keyid="k7"', 'keyid="k7",keyid="k7"'),
    'field missing': VALID.replace('keyid="k7",', ''),
    'trailing text': `${VALID},x="1"`,
    'no end': VALID.slice(0, -1),
    'empty appid': VALID.replace('A10021', ''),
    'appid too long': VALID.replace('A10021', 'a'.repeat(65)),
    'appid with blank': VALID.replace('A10021', 'A 1'),
    'ts with sign': VALID.replace('1767225600123', '-1767225600123'),
    'ts with leading zero': VALID.replace('1767225600123', '01767225600123'),
    'ts as fraction': VALID.replace('1767225600123', '1767225600.5'),
    'nonce too short': VALID.replace('A'.repeat(22), 'A'.repeat(21)),
    'nonce with loose bits': VALID.replace('A'.repeat(22), `${'A'.repeat(21)}B`),
    'nonce with padding': VALID.replace('A'.repeat(22), `${'A'.repeat(21)}=`),
    'sig with loose bits': VALID.replace('A'.repeat(96), `${'A'.repeat(97)}B`),
    'sig in base64': VALID.replace('A'.repeat(96), `${'A'.repeat(95)}+`),
    'sig too short': VALID.replace('A'.repeat(96), 'AAAA'),
    'signed unsorted': VALID.replace('content-type;x-kq-enc', 'x-kq-enc;content-type'),
    'signed repeated': VALID.replace('content-type;x-kq-enc', 'x-kq-enc;x-kq-enc'),
    'signed in upper case': VALID.replace('content-type', 'Content-Type'),
    'signed with empty name': VALID.replace('content-type;', ';'),
    'signed names authorization': VALID.replace('content-type', 'authorization'),
    'too long': VALID.replace('content-type', Array.from({ length: 500 }, (_, index) => `a-header-${1000 + index}`).join(';')),
  };
  assert.doesNotThrow(() => parseAuthorization(VALID));
  for (const [what, header] of Object.entries(refused)) assert.throws(() => parseAuthorization(header), malformed, what);
});

test('hostile Authorization headers are read in linear time', async () => {
  const long = ['"', ',', ';', 'a', '="', 'signed="a;'].map((part) => `KQ1-SM2-SM3 appid="${part.repeat(2_000_000)}`);
  const [ms] = await cpuMsOf(() => {
    for (const header of long) assert.throws(() => parseAuthorization(header), malformed);
  });
  assert.ok(ms < 5000, `${ms} ms`);
});

test('base64url is canonical exactly when it re-encodes to itself', () => {
  fc.assert(
    fc.property(chars('ABQgw_-09z=+', 0, 30), (text) =>
      assert.equal(isCanonicalBase64url(text), Buffer.from(text, 'base64url').toString('base64url') === text, text),
    ),
    { numRuns: 2000 },
  );
});

test('two different requests never have the same canonical string', () => {
  fc.assert(
    fc.property(request, request, (a, b) => {
      const same = JSON.stringify(fieldsOf(a)) === JSON.stringify(fieldsOf(b));
      assert.equal(canonicalRequest(a) === canonicalRequest(b), same);
    }),
    { numRuns: 500 },
  );
});

test('a canonical string can be read back into the request it came from', () => {
  fc.assert(
    fc.property(request, (original) => assert.deepEqual(fieldsOf(readBack(canonicalRequest(original))), fieldsOf(original))),
    { numRuns: 500 },
  );
});

test('changing any one part of a request changes its canonical string or makes it malformed', () => {
  const parts = ['method', 'host', 'path', 'query', 'ts', 'nonce', 'appId', 'keyId', 'bodyDigest'] as const;
  fc.assert(
    fc.property(request, fc.constantFrom(...parts), fc.nat(), fc.integer({ min: 0, max: 6 }), (original, part, where, bit) => {
      const text = original[part];
      if (text === '') return;
      const at = where % text.length;
      const flipped = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);
      try {
        assert.notEqual(canonicalRequest({ ...original, [part]: flipped }), canonicalRequest(original));
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'KQ1_MALFORMED');
      }
    }),
    { numRuns: 3000 },
  );
});

test('a header value cannot pass for a line of its own', () => {
  const fields = {
    scheme: 'SM2-SM3',
    method: 'GET',
    host: 'a',
    path: '/',
    query: '',
    ts: '1',
    nonce: 'A'.repeat(22),
    appId: 'a',
    keyId: 'k',
  } as const;
  const bodyDigest = '0'.repeat(64);
  for (const value of ['a\nx-b:c', 'a\rb', 'a\0', '中文', 'a\u0085', 'é', 'a'.repeat(8193)]) {
    assert.throws(() => canonicalRequest({ ...fields, headers: [['x-a', value]], bodyDigest }), malformed, JSON.stringify(value));
  }
  for (const list of [
    [['X-A', '']],
    [
      ['b', ''],
      ['a', ''],
    ],
    [
      ['a', ''],
      ['a', ''],
    ],
    [['a:b', '']],
    [['host', 'a']],
  ] as HeaderPair[][]) {
    assert.throws(() => canonicalRequest({ ...fields, headers: list, bodyDigest }), malformed);
  }
});

test('paths with a second reading are refused', () => {
  const refused = [
    '',
    'a',
    '//',
    '/a//b',
    '/.',
    '/..',
    '/a/./b',
    '/a/../b',
    '/a/%2e%2E/b',
    '/a/.%2e',
    '/a/..;x/b',
    '/a/..%3Bx/b',
    '/a/%252e%252E/b',
    '/a%2Fb',
    '/a%2fb',
    '/a%5Cb',
    '/a%5cb',
    '/a\\b',
    '/a%00',
    '/a%0a',
    '/a%7f',
    '/a%',
    '/a%2',
    '/a%zz',
    '/a b',
    '/ü',
    '/a#b',
    '/a?',
    '/a<b',
    '/a"b',
    'http://gw.example/a',
    '*',
    `/${'a'.repeat(8192)}`,
  ];
  for (const target of refused) assert.throws(() => splitTarget(target), malformed, target.slice(0, 40));
  for (const target of ['/', '/a/', '/a/b.c', '/...', '/a/..b', '/a%20b', '/%E4%B8%AD', '/a;v=1', '/a%252Fb']) {
    assert.deepEqual(splitTarget(target), { path: target, query: '' });
  }
  assert.deepEqual(splitTarget('/a?b=c+d%2F&e=?/..//'), { path: '/a', query: 'b=c+d%2F&e=?/..//' });
});

test('a host has one form: lower case and no default port', () => {
  for (const host of [
    'GW.example',
    'gw.example:443',
    'gw.example:80',
    '[::1]:443',
    'gw.example:',
    'gw.example:08',
    'a b',
    'a/b',
    'u@a',
    '',
    'a,b',
  ]) {
    assert.throws(() => requireHost(host), malformed, host);
  }
  for (const host of ['gw.example', 'gw.example:8443', '127.0.0.1:30443', '[::1]', '[::1]:8080'])
    assert.doesNotThrow(() => requireHost(host));
});

test('headers that change what a request means must be signed when present', () => {
  for (const name of [
    'content-type',
    'content-encoding',
    'content-language',
    'idempotency-key',
    'x-request-deadline',
    'x-kq-enc',
    'x-anything',
  ])
    assert.ok(mustBeSigned(name), name);
  for (const name of ['accept', 'user-agent', 'x-forwarded-for', 'x-real-ip', 'x-request-id', 'content-length'])
    assert.ok(!mustBeSigned(name), name);
  assert.ok(!mustBeSigned('x-edge-id', new Set(['x-edge-id'])));
});

test('what flow and upstream see is exactly the signed headers', () => {
  const raw = ['Host', 'gw', 'Accept', '*/*', 'Content-Type', ' application/json\t', 'X-Real-IP', '10.0.0.1', 'X-Trace', 'a'];
  assert.deepEqual(collectSignedHeaders(raw, ['content-type', 'x-trace']), [
    ['content-type', 'application/json'],
    ['x-trace', 'a'],
  ]);
  assert.throws(() => collectSignedHeaders(raw, ['content-type']), malformed, 'x-trace unsigned');
  assert.throws(() => collectSignedHeaders(raw, ['content-type', 'x-absent', 'x-trace']), malformed, 'absent');
  assert.throws(() => collectSignedHeaders([...raw, 'x-trace', 'a'], ['content-type', 'x-trace']), malformed, 'repeated');
  assert.throws(() => collectSignedHeaders([...raw, 'host', 'other'], ['content-type', 'x-trace']), malformed, 'two hosts');
});

test('an answer signs its content headers and every x-kq header but its own signature lines', () => {
  const sent: HeaderPair[] = [
    ['X-KQ-Ts', '1'],
    ['X-KQ-Signature', 's'],
    ['Date', 'd'],
    ['X-KQ-Trace', 't'],
    ['Content-Type', 'application/json '],
    ['X-Other', 'o'],
  ];
  assert.deepEqual(signedAnswerHeaders(sent), [
    ['content-type', 'application/json'],
    ['x-kq-trace', 't'],
  ]);
  assert.throws(
    () =>
      signedAnswerHeaders([
        ['x-kq-a', '1'],
        ['X-KQ-A', '2'],
      ]),
    malformed,
  );
});

test('an answer to one request has another canonical string than the answer to any other', () => {
  const answer: fc.Arbitrary<Kq1Answer> = fc.record({
    requestDigest: digest,
    scheme: fc.constantFrom(...KQ1_SCHEMES),
    status: fc.integer({ min: 100, max: 599 }),
    nonce: base64url(16),
    ts: fc.integer({ min: 1, max: 2_000_000_000_000 }).map(String),
    keyId: name64,
    headers,
    bodyDigest: digest,
  });
  fc.assert(
    fc.property(answer, answer, (a, b) => {
      assert.equal(canonicalAnswer(a) === canonicalAnswer(b), JSON.stringify(a) === JSON.stringify(b));
      for (const changed of [
        { requestDigest: b.requestDigest },
        { status: a.status === 200 ? 201 : 200 },
        { nonce: b.nonce },
        { bodyDigest: b.bodyDigest },
      ]) {
        assert.equal(
          canonicalAnswer({ ...a, ...changed }) === canonicalAnswer(a),
          JSON.stringify({ ...a, ...changed }) === JSON.stringify(a),
        );
      }
    }),
  );
});

function fieldsOf(value: Kq1Request): unknown {
  const { scheme, method, host, path, query, ts, nonce, appId, keyId, bodyDigest } = value;
  return [scheme, method, host, path, query, ts, nonce, appId, keyId, value.headers, bodyDigest];
}

/** Reads a canonical string as a stranger would: that this is possible shows that it has one meaning. */
function readBack(canonical: string): Kq1Request {
  const lines = canonical.split('\n');
  assert.equal(lines.pop(), '');
  const [version, scheme = '', method = '', host = '', path = '', query = '', identity = '', ...rest] = lines;
  assert.equal(version, 'KQ1');
  const [ts = '', nonce = '', appId = '', keyId = ''] = identity.split(' ');
  const bodyDigest = rest.pop() ?? '';
  const pairs = rest.map((line): HeaderPair => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return { scheme: scheme as Kq1Request['scheme'], method, host, path, query, ts, nonce, appId, keyId, headers: pairs, bodyDigest };
}
