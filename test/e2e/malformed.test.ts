/**
 * Malformed requests against the real process: every front, the admin API and the MLLP listener; also rightly signed requests with wrong bodies,
 * which get as deep as a flow's parsers.
 *
 *     node test/e2e/malformed.test.ts [count] [seed]
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { signRequest } from '../../sdk/public.ts';
import { booking, openCity, until, type City } from '../support/city.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';
import { openRaw } from '../support/raw-http.ts';

const COUNT = Number(process.argv[2] ?? 10_000);
const SEED = Number(process.argv[3] ?? 20_260_101);
const APP = 'A20003';
const WORKERS = 12;
/** How much more is held after a full collection at the end than at the half. A leak of 3 KB a request goes beyond it. */
const HELD_BOUND_MB = 16;
/** Above all that the process ever takes, whenever the collector runs; a leak outside of what it counts goes beyond it. */
const RSS_BOUND_MB = 900;

let scratch: string;
let platform: Platform;
let city: City;
let secret: string;
let debuggerUrl: string;

before(async () => {
  scratch = await makeScratch();
  // Its debugger opens on a port of its choice, when it is asked to by signal.
  const environment = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true, environment });
  city = await openCity(platform);
  await offerParsers();
  debuggerUrl = await openDebugger();
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await city?.close();
  await removeScratch(scratch);
});

/** Three flows that parse what they get, on the open front, for an app that signs with HMAC. */
async function offerParsers(): Promise<void> {
  const security = await city.person(['security-admin']);
  const ask = async (method: string, path: string, body: unknown) => {
    const reply = await security.call(method, path, body);
    assert.equal(reply.status, 200, reply.text);
    return reply.json() as Record<string, unknown>;
  };
  const app = { appId: APP, revision: 0, name: { 'zh-CN': '乱', en: 'Fuzz' }, caller: 'test', state: 'active', windowSec: 300 };
  await ask('PUT', `/apps/${APP}`, { ...app, domain: 'sh-city' });
  secret = (await ask('POST', `/apps/${APP}/keys/secrets`, { keyId: 'h1', scheme: 'HMAC-SM3' }))['secret'] as string;
  const body = { type: 'transform.set@1', config: { fields: [{ to: 'data', from: { path: 'data.body' } }] } };
  const rules = [
    { to: 'name', from: { path: 'data.body.patient.name' } },
    { to: 'items', from: { each: { path: 'data.body.items' }, item: { fn: 'trim', args: [{ path: 'item.code' }] } } },
  ];
  const flows = [
    chainFlow('flw_xml', [body, { type: 'xml.parse@1' }]),
    chainFlow('flw_hl7', [body, { type: 'hl7.parse@1' }]),
    chainFlow('flw_json', [{ type: 'transform.map@1', config: { mapping: { rules } } }]),
  ];
  for (const flow of flows) {
    await city.admin('PUT', `/flows/${flow.flowId}`, flow);
    await city.admin('POST', `/flows/${flow.flowId}/publish`, {});
    const name = flow.flowId.slice(4);
    const document = busInterface(flow.flowId, { front: 'open', path: `/open/v1/${name}`, log: 'none' });
    await city.admin('PUT', `/interfaces/${document.interfaceId}`, document);
    const grantId = `grt_${APP}_${name}`;
    await ask('PUT', `/grants/${grantId}`, { grantId, revision: 0, appId: APP, interfaceId: document.interfaceId });
  }
  const grantId = `grt_${APP}_book`;
  await ask('PUT', `/grants/${grantId}`, { grantId, revision: 0, appId: APP, interfaceId: 'ifc_appointment_create' });
  const well = { path: '/open/v1/xml', type: 'application/xml', body: Buffer.from('<a>1</a>') };
  await until('the grants in the plan', async () => (await send(signed(well))).startsWith('200'));
}

interface Sample {
  readonly kind: string;
  readonly to: 'open' | 'user' | 'bus' | 'control' | 'mllp';
  /** Made when it is sent: times and nonces are fresh. */
  bytes(): Buffer | Promise<Buffer>;
}

interface SignedBody {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

function signed({ path, type, body }: SignedBody, corrupt: (authorization: string) => string = (text) => text): Sample {
  return {
    kind: `signed ${path}`,
    to: 'open',
    async bytes() {
      const headers = { 'content-type': type, 'idempotency-key': randomBytes(8).toString('hex') };
      const url = `${city.open}${path}`;
      const request = await signRequest({ method: 'POST', url, headers, body, appId: APP, keyId: 'h1', scheme: 'HMAC-SM3', key: secret });
      const authorization = corrupt(request.headers['Authorization']!);
      return http('POST', path, { ...headers, Authorization: authorization, Host: new URL(url).host }, body);
    },
  };
}

function http(method: string, path: string, headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = `Content-Length: ${body.length}\r\n`;
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}${length}\r\n`, 'latin1'), body]);
}

/** Every kind of malformed request, with the same seed the same ones. */
function malformed(): fc.Arbitrary<Sample> {
  const junk = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
  const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  const depth = fc.integer({ min: 100, max: 20_000 });
  // Tags that never come to an end, and names of attributes without a value: a search for either starts again at every character.
  const tagged = fc
    .tuple(fc.constantFrom('<', '‹'), fc.constantFrom('a', 'a ', 'a:', 'a-', ' ', '_a\n'), fc.integer({ min: 100, max: 200_000 }))
    .map(([open, part, length]) => open + part.repeat(length / part.length));
  const json = fc.oneof(
    junk,
    depth.map((n) => Buffer.from('['.repeat(n) + ']'.repeat(n))),
    depth.map((n) => Buffer.from('{"a":'.repeat(n) + '1' + '}'.repeat(n))),
    depth.map((n) => Buffer.from('['.repeat(n))),
    fc.integer({ min: 20, max: 5000 }).map((n) => Buffer.from(`{"patient":{"name":${'9'.repeat(n)}}}`)),
    fc.constantFrom(...JSON_TRAPS).map((text) => Buffer.from(text, 'latin1')),
    fc.json().map((text) => Buffer.from(text)),
    tagged.map((text) => Buffer.from(JSON.stringify({ patient: { name: text }, items: [{ code: text }] }))),
    changed(Buffer.from(JSON.stringify(booking('A')))),
  );
  const xml = fc.oneof(
    junk,
    tagged.map((text) => Buffer.from(text)),
    tagged.map((text) => Buffer.from(`<a>${text}</a>`)),
    depth.map((n) => Buffer.from('<a>'.repeat(n) + '</a>'.repeat(n))),
    depth.map((n) => Buffer.from('<a>'.repeat(n))),
    depth.map((n) => Buffer.from(`<a ${Array.from({ length: n }, (_, i) => `b${i}="1"`).join(' ')}/>`)),
    fc.constantFrom(...XML_TRAPS).map((text) => Buffer.from(text, 'latin1')),
    changed(Buffer.from('<?xml version="1.0" encoding="GBK"?><r a="1"><b><![CDATA[x]]></b><!-- c -->&amp;</r>')),
  );
  const hl7 = fc.oneof(
    junk,
    hl7Message(),
    tagged.map((text) => Buffer.from(`MSH|^~\\&|${text}`)),
  );
  const header = fc.tuple(fc.nat(400), ascii, fc.nat(4)).map(
    ([at, text, cut]) =>
      (authorization: string) =>
        `${authorization.slice(0, at)}${text.replaceAll(/[\r\n]/g, '')}${authorization.slice(at + cut)}`,
  );
  const bookingBody = { path: '/open/v1/appointments', type: 'application/json' };
  const front = fc.constantFrom('open', 'user', 'bus', 'control');
  const of = (weight: number, arbitrary: fc.Arbitrary<Sample>) => ({ weight, arbitrary });
  return fc.oneof(
    of(
      2,
      json.map((body) => signed({ ...bookingBody, body })),
    ),
    of(
      2,
      json.map((body) => signed({ path: '/open/v1/json', type: 'application/json', body })),
    ),
    of(
      3,
      xml.map((body) => signed({ path: '/open/v1/xml', type: 'application/xml', body })),
    ),
    of(
      2,
      hl7.map((body) => signed({ path: '/open/v1/hl7', type: 'application/hl7-v2', body })),
    ),
    of(
      2,
      header.map((corrupt) => ({ ...signed({ ...bookingBody, body: Buffer.from('{}') }, corrupt), kind: 'signature header' })),
    ),
    of(
      1,
      fc.tuple(front, junk).map(([to, bytes]) => raw('bytes', to, Buffer.concat([Buffer.from('x'), bytes, Buffer.from('\r\n\r\n')]))),
    ),
    of(
      1,
      fc.tuple(front, junk).map(([to, path]) => raw('path', to, Buffer.concat([Buffer.from('GET /'), path, Buffer.from(END)]))),
    ),
    of(
      1,
      fc
        .tuple(front, ascii, ascii)
        .map(([to, name, value]) => raw('header', to, Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${name}: ${value}\r\n\r\n`))),
    ),
    of(
      1,
      fc
        .tuple(front, ascii)
        .map(([to, text]) => raw('token', to, http('GET', WHERE[to], { Authorization: `Bearer ${text.trim()}` }, EMPTY))),
    ),
    of(
      1,
      fc
        .tuple(ascii, ascii)
        .map(([a, b]) => raw('jwt', 'user', http('GET', WHERE.user, { Authorization: `Bearer ${b64(a)}.${b64(b)}.${b64(a)}` }, EMPTY))),
    ),
    of(
      2,
      json.map((body) => admin('PUT', '/flows/flw_x', body)),
    ),
    of(
      1,
      json.map((body) => admin('POST', '/flows/validate', body)),
    ),
    of(
      1,
      json.map((body) => admin('PUT', '/interfaces/ifc_x', body)),
    ),
    of(
      1,
      json.map((body) =>
        raw('login', 'control', http('POST', '/api/v1/login', { 'content-type': 'application/json', 'x-kq-client': 't' }, body)),
      ),
    ),
    of(
      2,
      hl7.map((body) => raw('mllp', 'mllp', Buffer.concat([Buffer.of(0x0b), body, Buffer.of(0x1c, 0x0d)]))),
    ),
    of(
      1,
      junk.map((body) => raw('mllp bytes', 'mllp', body)),
    ),
  );
}

const END = ' HTTP/1.1\r\nHost: a\r\n\r\n';
const EMPTY = Buffer.alloc(0);
const WHERE = { open: '/open/v1/slots', user: '/user/v1/reports', bus: '/bus/v1/departments', control: '/api/v1/flows', mllp: '' } as const;
const JSON_TRAPS = [
  ...[
    '{"a":1e999}',
    '{"a":NaN}',
    '{"a":-}',
    '{"a":"\\ud800"}',
    '{"a":"\xff\xfe"}',
    '\xef\xbb\xbf{}',
    '{"a":1,"a":2}',
    '"',
    'null',
    '[]',
    '1',
  ],
  ...[
    '{"__proto__":{"x":1}}',
    '{"constructor":{"prototype":{"x":1}}}',
    '{"patient":{"__proto__":null,"name":"x"}}',
    '{"items":{"length":1e9}}',
  ],
  ...[
    '{"items":[{"code":{"toString":1}},null,1,[[]]]}',
    '{"patient":{"name":99999999999999999999}}',
    '{"a":"\\u0000"}',
    `{"a":"${'x'.repeat(70_000)}"}`,
  ],
];
const XML_TRAPS = [
  '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
  '<!DOCTYPE a [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>',
  '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
  ...[
    '<a>&unknown;</a>',
    '<a>&#x110000;</a>',
    '<a>&#0;</a>',
    '<a>\xff\xfe</a>',
    '<__proto__>1</__proto__>',
    '<a __proto__="1"/>',
    '<a',
    '<a/><b/>',
  ],
  ...[
    '<?xml version="1.0" encoding="UTF-7"?><a/>',
    '<?xml version="1.0" encoding="GBK"?><a>\xff\xff</a>',
    '<a b="1" b="2"/>',
    '<a><![CDATA[</a>',
    '<!--',
  ],
];

/** A booking message as hospital C sends it, with a few bytes of it changed, left out or doubled. */
function hl7Message(): fc.Arbitrary<Buffer> {
  const text =
    'MSH|^~\\&|HIS|HOSPITAL-C|BUS|CITY|20260105080000||ADT^A01^ADT_A01|X000000001|P|2.5.1||||||GB 18030-2000\rEVN|A01|20260105080000\rPID|1||Q1^^^CITY^MR||x||19900101|M\rPV1|1|I|w^1^1\r';
  const traps = [
    'MSH|',
    'MSH',
    'MSH||||||||||||||',
    'MSH|^~\\&|||||||',
    'MSH|||||||||',
    `PID|1\r${text}`,
    text.replace('GB 18030-2000', 'KLINGON'),
    `${text}OBX|${'^'.repeat(50_000)}`,
  ];
  return fc.oneof(
    changed(Buffer.from(text)),
    fc.constantFrom(...traps).map((trap) => Buffer.from(trap)),
    // What its patient and its event are must not matter to the real feed.
  );
}

function changed(from: Buffer): fc.Arbitrary<Buffer> {
  const change = fc.tuple(fc.nat(from.length - 1), fc.nat(255), fc.constantFrom('set', 'cut', 'double'));
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let bytes = Buffer.from(from);
    for (const [at, value, how] of changes) {
      if (how === 'set') bytes[Math.min(at, bytes.length - 1)] = value;
      else if (how === 'cut') bytes = bytes.subarray(0, Math.max(1, at));
      else bytes = Buffer.concat([bytes.subarray(0, at), bytes]);
    }
    return bytes;
  });
}

function raw(kind: string, to: Sample['to'], bytes: Buffer): Sample {
  return { kind: `${kind} ${to}`, to, bytes: () => bytes };
}

/** As an administrator, who gets past the door. */
function admin(method: string, path: string, body: Buffer): Sample {
  const headers = () => ({ Authorization: `Bearer ${city.cliToken}`, 'content-type': 'application/json' });
  return { kind: `admin ${path}`, to: 'control', bytes: () => http(method, `/api/v1${path}`, headers(), body) };
}

function b64(text: string): string {
  return Buffer.from(`{"alg":"ES256","kid":"citizens-1","x":"${text}"}`).toString('base64url');
}

/** Status and code; for MLLP the acknowledgement; `closed` when the other side only closed. */
async function send(sample: Sample): Promise<string> {
  const bytes = await sample.bytes();
  if (sample.to === 'mllp' || sample.to === 'control') return sendPlain(sample, bytes);
  const connection = openRaw(platform.ports[sample.to], platform.ca);
  const answer = await connection.send(bytes).finally(() => connection.close());
  return answer === undefined ? 'closed' : `${answer.status} ${answer.code ?? ''}`.trim();
}

function sendPlain({ to }: Sample, bytes: Buffer): Promise<string> {
  const port = to === 'mllp' ? platform.ports.example + 575 : platform.ports.control;
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(bytes));
    const settle = () => {
      clearTimeout(limit);
      clearTimeout(patience);
      socket.destroy();
      resolve(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? /\rMSA.(A[AER])/.exec(received)?.[1] ?? 'closed');
    };
    const limit = setTimeout(() => reject(new Error(`no answer from ${to} to ${bytes.toString('latin1').slice(0, 200)}`)), 20_000);
    // What is no whole message gets no answer: then it is the sender who leaves.
    const patience = setTimeout(() => socket.end(), to === 'mllp' ? 200 : 2000);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (/^HTTP\/1\.1 \d{3}|\x1c\r$/.test(received)) settle();
    });
    socket.on('error', settle).on('close', settle).on('end', settle);
  });
}

function rssMb(): number {
  const status = readFileSync(`/proc/${platform.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

async function openDebugger(): Promise<string> {
  platform.process.kill('SIGUSR1');
  const address = () => /Debugger listening on (ws:\S+)/.exec(platform.output())?.[1];
  await until('the debugger listening', async () => Promise.resolve(address() !== undefined));
  return address()!;
}

/**
 * What is still held after a full collection, in MB, buffers outside of the heap included: when the collector itself chooses to run says nothing
 * about a leak.
 */
async function heldMb(): Promise<number> {
  const socket = new WebSocket(debuggerUrl);
  await once(socket, 'open');
  const ask = async (id: number, method: string) => {
    socket.send(JSON.stringify({ id, method }));
    for (;;) {
      const [event] = (await once(socket, 'message')) as [{ readonly data: string }];
      const answer = JSON.parse(event.data) as { readonly id?: number; readonly result?: HeapUsage };
      if (answer.id === id) return answer.result;
    }
  };
  await ask(1, 'HeapProfiler.collectGarbage');
  const usage = await ask(2, 'Runtime.getHeapUsage');
  socket.close();
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = usage!;
  return (usedSize + embedderHeapUsedSize + backingStorageSize) / 1_048_576;
}

/** Bytes, as the inspector's `Runtime.getHeapUsage` tells them. */
interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize: number;
  /** Of array buffers, and of strings that lie outside of the heap. */
  readonly backingStorageSize: number;
}

test(`${COUNT} malformed requests get 4xx, a NAK or a close, never 5xx and never a crash, and memory stays flat`, async (t) => {
  const samples = fc.sample(malformed(), { numRuns: COUNT, seed: SEED });
  const outcomes = new Map<string, Map<string, number>>();
  const failed: string[] = [];
  const run = async (until: number) => {
    while (samples.length > until) {
      const sample = samples.pop()!;
      const outcome = await send(sample);
      if (/^5/.test(outcome)) {
        const bytes = await sample.bytes();
        failed.push(`${sample.kind}: ${outcome} to ${JSON.stringify(bytes.toString('latin1').slice(-300))}`);
      }
      const counts = outcomes.get(sample.kind) ?? outcomes.set(sample.kind, new Map()).get(sample.kind)!;
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
  };
  const share = (until: number) => Promise.all(Array.from({ length: WORKERS }, () => run(until)));
  const startedAt = performance.now();
  await share(Math.floor(COUNT / 2));
  const [heldBefore, before] = [await heldMb(), rssMb()];
  await share(0);
  const [heldAfter, rss] = [await heldMb(), rssMb()];
  for (const [kind, counts] of outcomes)
    t.diagnostic(`${kind}: ${[...counts].map(([outcome, count]) => `${outcome} x ${count}`).join(', ')}`);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  t.diagnostic(
    `${COUNT} in ${seconds} s; RSS ${before.toFixed(0)} MB at the half, ${rss.toFixed(0)} MB at the end; held after a collection ${heldBefore.toFixed(1)} and ${heldAfter.toFixed(1)} MB`,
  );
  assert.deepEqual(failed, []);
  assert.equal(platform.process.exitCode, null, platform.output().slice(-2000));
  const complaints = platform
    .output()
    .split('\n')
    .filter((line) => / error /.test(line));
  assert.deepEqual(complaints, []);
  assert.ok(heldAfter - heldBefore < HELD_BOUND_MB, `what is held grew from ${heldBefore.toFixed(1)} to ${heldAfter.toFixed(1)} MB`);
  assert.ok(rss < RSS_BOUND_MB, `RSS is ${rss.toFixed(0)} MB, ${before.toFixed(0)} MB at the half`);
});

test('and what is well-formed is served as before', async () => {
  const answer = await city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey: randomBytes(8).toString('hex') });
  assert.equal(answer.status, 201);
  assert.equal((await city.reports('P000002')).status, 200);
  const { applied } = (await city.state(4)) as { applied: number };
  await until(
    'the feed going on to the district',
    async () => ((await city.state(4)) as { applied: number }).applied > applied + 1,
    20_000,
  );
});
