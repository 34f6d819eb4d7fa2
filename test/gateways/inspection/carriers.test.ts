/** The same attack in every carrier of a request, through a real gateway: the same verdict. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEnvelopes } from '../../../sdk/public.ts';
import { buildInterface, buildPlan, createTestKey, crypto, signRequest } from '../support/city-plan.ts';
import { openDmzLab } from '../support/dmz-lab.ts';
import { createEncryption } from '../support/encryption.ts';
import { callGateway, callSigned, startGateway, type PlainRequest, type TestGateway } from '../support/start-gateway.ts';

const ATTACKS = {
  'sql-injection': "x' or '1'='1",
  xss: '"><img src=x onerror=alert(1)>',
} as const;
const HARMLESS = 'O\'Brien <37.5 & "fine"; select or drop';

const multipart = (disposition: string, value: string) =>
  ['--b', `Content-Disposition: form-data; ${disposition}`, '', value, '--b--', ''].join('\r\n');
const xmlText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;');
const post = (type: string, body: string): PlainRequest => ({ method: 'POST', target: PATH, headers: { 'content-type': type }, body });
const plain = (target: string, headers: Record<string, string> = {}): PlainRequest => ({
  ...post('text/plain', 'ok'),
  target,
  headers: { 'content-type': 'text/plain', ...headers },
});

const PATH = '/bus/v1/notes/7';
/** How each carrier holds a value, and the place that the refusal names. The envelope has a test of its own below. */
const CARRIERS: Readonly<Record<string, readonly [place: string, request: (value: string) => PlainRequest]>> = {
  'path parameter': ['/params/id', (value) => plain(`/bus/v1/notes/${encodeURIComponent(value.replaceAll('/', ''))}`)],
  query: ['/query/q', (value) => plain(`${PATH}?q=${encodeURIComponent(value)}`)],
  header: ['/headers/x-note', (value) => plain(PATH, { 'x-note': value })],
  cookie: ['/cookies/session', (value) => plain(PATH, { cookie: `a=1; session=${encodeURIComponent(value)}` })],
  'JSON leaf': ['/body/a/0/note', (value) => post('application/json', JSON.stringify({ a: [{ note: value }] }))],
  'JSON escaped': [
    '/body/note',
    (value) =>
      post(
        'application/json',
        `{"note":"${value.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}"}`,
      ),
  ],
  'JSON name': ['/body/filter', (value) => post('application/json', JSON.stringify({ filter: { [value]: 1 } }))],
  'JSON in JSON': ['/body/payload/note', (value) => post('application/json', JSON.stringify({ payload: JSON.stringify({ note: value }) }))],
  'XML text': ['/body/r/note', (value) => post('text/xml', `<r><note>${xmlText(value)}</note></r>`)],
  'XML attribute': ['/body/r/@note', (value) => post('application/xml', `<r note="${xmlText(value)}"/>`)],
  CDATA: ['/body/r/note', (value) => post('application/xml', `<r><note><![CDATA[${value}]]></note></r>`)],
  'XML in JSON': ['/body/xml', (value) => post('application/json', JSON.stringify({ xml: `<r note="${xmlText(value)}"/>` }))],
  form: [
    '/body/note',
    (value) => post('application/x-www-form-urlencoded', `a=1&note=${encodeURIComponent(value).replaceAll('%20', '+')}`),
  ],
  'multipart field': ['/body/note', (value) => post('multipart/form-data; boundary=b', multipart('name="note"', value))],
  'multipart file name': [
    '/body/file/filename',
    (value) => post('multipart/form-data; boundary=b', multipart(`name="file"; filename="${value.replaceAll('"', '%22')}"`, 'content')),
  ],
  'multipart file of text': [
    '/body/file',
    (value) => post('multipart/form-data; boundary=b', multipart('name="file"; filename="note.txt"', value)),
  ],
  text: ['/body', (value) => post('text/plain', value)],
  'percent-encoded twice': [
    '/body/note',
    (value) => post('application/json', JSON.stringify({ note: encodeURIComponent(encodeURIComponent(value)) })),
  ],
  entities: ['/body/note', (value) => post('application/json', JSON.stringify({ note: xmlText(value) }))],
};

const TOKEN = 'a-long-random-token';
let started: TestGateway;
before(async () => {
  const policies = {
    xss: {},
    'sql-injection': {},
    'media-type': {
      accept: [
        'application/json',
        'application/xml',
        'text/xml',
        'application/soap+xml',
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
        'multipart/mixed',
        'multipart/form-data, text/plain',
      ],
    },
  };
  const document = buildInterface({ front: 'bus', path: '/bus/v1/notes/:id', policies });
  const plan = await buildPlan([await createTestKey('HMAC-SM3', 'his')], [document], {
    busConsumers: [{ appId: 'his', tokenDigest: Buffer.from(crypto.digest('sm3', TOKEN)).toString('hex') }],
  });
  started = await startGateway(plan, { front: 'bus' });
});
after(() => started.stop());

function call(request: PlainRequest) {
  return callGateway(started.gateway, { ...request, headers: { ...request.headers, authorization: `Bearer ${TOKEN}` } });
}

for (const [carrier, [place, request]] of Object.entries(CARRIERS))
  test(`${carrier}: an attack of either kind is refused at its place, and harmless text passes`, async () => {
    for (const [kind, attack] of Object.entries(ATTACKS)) {
      const before = started.calls.length;
      const answer = await call(request(attack));
      assert.equal(answer.code, 'GW40305', kind);
      assert.equal(answer.status, 403);
      assert.equal((JSON.parse(answer.body.toString()) as { issues: { path: string }[] }).issues[0]!.path, place);
      assert.equal(started.calls.length, before, 'nothing is called');
    }
    const passed = await call(request(HARMLESS));
    assert.equal(passed.status, 200, passed.body.toString());
  });

/** What common services (PHP, Go, Django, Tomcat, aiohttp) read in different ways, so that a check could be passed by. */
const DISPOSITION = 'Content-Disposition: form-data; name="note"';
const AMBIGUOUS_HEADS: readonly string[] = [
  `${DISPOSITION}; filename=""`,
  `${DISPOSITION}; filename=`,
  `${DISPOSITION}; filename*=UTF-8''`,
  `${DISPOSITION}; filename*=UTF-8''a.txt`,
  `${DISPOSITION}; filename=""; filename*=UTF-8''a.txt`,
  `${DISPOSITION}; filename*0="a"; filename*1=".txt"`,
  `${DISPOSITION}; filename="a"; filename="b"`,
  `${DISPOSITION}; filename="a\\"; x="b"`,
  `${DISPOSITION}; filename='a'`,
  `${DISPOSITION}; filename`,
  `${DISPOSITION}; x="; filename=y"`,
  `${DISPOSITION}; filename ="a"`,
  `${DISPOSITION} filename="a"`,
  `${DISPOSITION}, filename="a"`,
  `${DISPOSITION};; filename="a"`,
  `${DISPOSITION}; filename="a\0"`,
  `${DISPOSITION}; filename="a\n"`,
  `${DISPOSITION};\r\n filename="a"`,
  `${DISPOSITION}\r\n\t; filename="a"`,
  `${DISPOSITION}\r\nContent-Disposition: form-data; name="file"; filename="a"`,
  `Content-Disposition: form-data; name="file"; filename="a"\r\n${DISPOSITION}`,
  `${DISPOSITION}; name="other"`,
  `${DISPOSITION}; name*=UTF-8''other`,
  `Content-Disposition : form-data; name="note"; filename="a"\r\n${DISPOSITION}`,
  `Content-Disposition\0: form-data; name="note"`,
  'Content-Disposition: form-data; name=""',
  'Content-Disposition: form-data; name="a\\"b"',
  "Content-Disposition: form-data; name='note'",
  'Content-Disposition: form-data; filename="a"',
  'Content-Disposition: form-data',
  'Content-Disposition: attachment; name="note"',
  'Content-Disposition: name="note"',
  'Content-Type: text/plain',
  'Content-Disposition: form-data; name="_charset_"',
  ...['base64', 'quoted-printable', 'BASE64', '8bit, base64', '"base64"', ''].map(
    (coding) => `${DISPOSITION}\r\nContent-Transfer-Encoding: ${coding}`,
  ),
  `${DISPOSITION}\r\nContent-Encoding: gzip`,
  `${DISPOSITION}\r\nContent-Length: 1`,
  `${DISPOSITION}\r\nContent-Type: text/plain; charset=utf-16`,
  `${DISPOSITION}\r\nContent-Type: text/plain; charset=utf-8; charset=utf-7`,
  `${DISPOSITION}\r\nContent-Type: multipart/mixed; boundary=c`,
  `${DISPOSITION}\nContent-Type: text/plain`,
  `no colon\r\n${DISPOSITION}`,
];
const FIELD = multipart('name="note"', 'x');
const AMBIGUOUS_BODIES: readonly (readonly [type: string, body: string])[] = [
  ['multipart/form-data', FIELD],
  ['multipart/form-data; boundary=b; boundary=c', FIELD],
  ['multipart/form-data; boundary*0=b', FIELD],
  ['multipart/form-data; boundary="b\\"', FIELD],
  ["multipart/form-data; boundary='b'", FIELD],
  ['multipart/form-data; boundary=b,c', FIELD],
  ['multipart/form-data; boundary=b c', FIELD],
  ['multipart/form-data; xboundary=c; boundary=b', FIELD],
  ['multipart/form-data; charset=utf-16; boundary=b', FIELD],
  ['multipart/form-data, text/plain; boundary=b', FIELD],
  ['multipart/form-data; boundary=b', FIELD.replaceAll('\r\n', '\n')],
  ['multipart/form-data; boundary=b', `preamble\r\n${FIELD}`],
  ['multipart/form-data; boundary=b', `\r\n${FIELD}`],
  ['multipart/form-data; boundary=b', `${FIELD}${FIELD}`],
  ['multipart/form-data; boundary=b', `${FIELD}epilogue`],
  ['multipart/form-data; boundary=b', FIELD.replace('--b--', '')],
  ['multipart/form-data; boundary=b', FIELD.replace('--b\r\n', '--b \r\n')],
  ['multipart/form-data; boundary=b', multipart('name="note"', 'x\n--b\nContent-Disposition: form-data; name="q"\n\ny')],
  ['multipart/form-data; boundary=b', multipart('name="f"; filename="a"', `x\n--b\r\n${DISPOSITION}\r\n\r\ny`)],
  ['multipart/form-data; boundary=b', multipart('name="f"; filename="a"', `x\r\n--bc\r\n${DISPOSITION}\r\n\r\ny`)],
  ['multipart/mixed; boundary=c', FIELD],
];

test('a multipart body that services read in different ways is refused, also without an attack', async () => {
  const heads = AMBIGUOUS_HEADS.map((head) => ['multipart/form-data; boundary=b', `--b\r\n${head}\r\n\r\nharmless\r\n--b--\r\n`] as const);
  for (const [type, body] of [...heads, ...AMBIGUOUS_BODIES]) {
    const before = started.calls.length;
    const answer = await call(post(type, body));
    assert.deepEqual([answer.status, answer.code], [415, 'GW41502'], JSON.stringify([type, body]));
    assert.equal(started.calls.length, before, 'nothing is called');
  }
});

test('multipart as browsers and usual libraries send it passes', async () => {
  const usual = [
    `${DISPOSITION}`,
    'Content-Disposition: form-data; name=note',
    'content-disposition: form-data; name="note"\r\ncontent-transfer-encoding: binary\r\ncontent-type: text/plain; charset=UTF-8\r\ncontent-length: 8',
    'Content-Type: application/json\r\nContent-Disposition: form-data; name="a[0].b c"',
    'Content-Disposition: form-data; name="患者"; filename="报告 (1).txt"\r\nContent-Type: text/plain',
    "Content-Disposition: form-data; name=file; filename=a.txt; filename*=utf-8''a.txt",
  ];
  for (const head of usual) {
    const answer = await call(post('multipart/form-data; boundary="b"; charset=utf-8', `--b\r\n${head}\r\n\r\nharmless\r\n--b--\r\n`));
    assert.equal(answer.status, 200, head);
  }
  const empty = multipart('name="file"; filename=""\r\nContent-Type: application/octet-stream', '');
  assert.equal((await call(post('multipart/form-data; boundary=b', empty))).status, 200, 'no file was chosen');
});

test('an envelope is judged after it was opened', async (t) => {
  const key = await createTestKey('SM2-SM3', 'app-sm2');
  const encryption = await createEncryption({ 'app-sm2': 'SM2' });
  const document = buildInterface({ policies: { xss: {}, 'sql-injection': {} } });
  const open = await startGateway(await buildPlan([key], [document], encryption.plan));
  t.after(() => open.stop());
  const cipher = 'SM4-CBC-HSM3';
  const platformKey = { keyId: 'p2', publicPem: encryption.platform.p2 };
  const envelopes = createEnvelopes({ cipher, platformKey, privatePem: encryption.privatePems['app-sm2']! });
  const send = async (note: string) => {
    const { scheme, appId, keyId } = key;
    const nonce = Buffer.from(crypto.randomBytes(16)).toString('base64url');
    const path = document.path;
    const head = { scheme, appId, keyId, method: 'POST', host: 'localhost', path, query: '', ts: String(Date.now()), nonce };
    const envelope = await envelopes.encrypt(head, Buffer.from(JSON.stringify({ note })));
    const headers = [['content-type', 'application/json'] as const, ['x-kq-enc', cipher] as const];
    return callSigned(open.gateway, await signRequest(key, { path, nonce, ts: Number(head.ts), body: Buffer.from(envelope), headers }));
  };
  for (const attack of Object.values(ATTACKS)) assert.equal((await send(attack)).status, 403);
  assert.equal(open.calls.length, 0);
  assert.equal((await send(HARMLESS)).status, 200);
});

test('a gateway in the DMZ refuses an attack before anything is forwarded', async (t) => {
  const lab = await openDmzLab();
  t.after(() => lab.close());
  const inner = await lab.startInner();
  const handed = (await lab.connect([inner.gateway.port], lab.certificates.open).newer(0))!;
  const interfaces = handed.interfaces.map((document) => ({ ...document, policies: { xss: {}, 'sql-injection': {} } }));
  const dmz = await lab.startDmz([inner], { given: { ...handed, interfaces } });
  const send = async (note: string, header = 'plain') =>
    callSigned(
      dmz.gateway,
      await signRequest(lab.sm2, {
        body: JSON.stringify({ note }),
        headers: [
          ['content-type', 'application/json'],
          ['x-note', header],
        ],
      }),
    );
  for (const attack of Object.values(ATTACKS)) {
    assert.equal((await send(attack)).code, 'GW40305');
    assert.equal((await send('plain', attack)).code, 'GW40305');
  }
  assert.equal(inner.calls.length, 0);
  assert.equal((await send(HARMLESS)).status, 200);
  assert.equal(inner.calls.length, 1);
});
