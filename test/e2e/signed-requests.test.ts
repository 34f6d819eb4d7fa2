/**
 * Signed requests against the real process, with keys and signatures of the `openssl` command line. Every bit of one request is changed in turn:
 *
 *     node test/e2e/signed-requests.test.ts
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CITY_APP, CITY_KEY_ID, cityFiles } from '../../examples/city/load-city.ts';
import { signRequest, verifyResponse } from '../../sdk/public.ts';
import { booking, openCity, until, type City } from '../support/city.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';
import { openRaw, type RawAnswer } from '../support/raw-http.ts';

const APP = 'A20002';
const KEY = 'k1';
const REPLAYS = 1000;

let scratch: string;
let platform: Platform;
let city: City;
let keyFile: string;
let platformKeys: Record<string, string>;

before(async () => {
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  city = await openCity(platform);
  keyFile = join(scratch, 'openssl.key.pem');
  openssl(['genpkey', '-algorithm', 'SM2', '-out', keyFile]);
  await registerApp();
  const { platformKey } = (await city.admin('GET', '/overview')) as { platformKey: { keyId: string; publicPem: string } };
  platformKeys = { [platformKey.keyId]: platformKey.publicPem };
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await city?.close();
  await removeScratch(scratch);
});

function openssl(args: readonly string[], input?: string | Buffer): Buffer {
  return execFileSync('openssl', args, { ...(input === undefined ? {} : { input }), stdio: ['pipe', 'pipe', 'pipe'] });
}

/** The signature in DER, as the command line makes it. */
function opensslSign(text: string): string {
  return openssl(['dgst', '-sm3', '-sign', keyFile, '-sigopt', 'distid:1234567812345678'], Buffer.from(text, 'latin1')).toString(
    'base64url',
  );
}

/** A security administrator takes the app and its key, proved by a signature of the command line. */
async function registerApp(): Promise<void> {
  const security = await city.person(['security-admin']);
  const ask = async (method: string, path: string, body: unknown) => {
    const reply = await security.call(method, path, body);
    assert.equal(reply.status, 200, reply.text);
    return reply.json() as Record<string, unknown>;
  };
  const app = { appId: APP, revision: 0, name: { 'zh-CN': '另一应用', en: 'Other' }, caller: 'test', state: 'active', windowSec: 300 };
  await ask('PUT', `/apps/${APP}`, { ...app, domain: 'sh-city' });
  const publicPem = openssl(['pkey', '-in', keyFile, '-pubout']).toString();
  const { challenge } = await ask('POST', `/apps/${APP}/keys`, { keyId: KEY, scheme: 'SM2-SM3', publicPem });
  await ask('POST', `/apps/${APP}/keys/${KEY}/activate`, { signature: opensslSign(challenge as string) });
  for (const interfaceId of ['ifc_appointment_create', 'ifc_slots', 'ifc_registration']) {
    const grantId = `grt_${APP}_${interfaceId}`;
    await ask('PUT', `/grants/${grantId}`, { grantId, revision: 0, appId: APP, interfaceId });
  }
  await until('the grant in the plan', async () => (await call(slots())).status === 200);
}

interface Parts {
  method: string;
  target: string;
  /** Sent in this order; all but `unsigned` are signed. */
  headers: Record<string, string>;
  unsigned?: Record<string, string>;
  body: string;
  ts?: number;
  nonce?: string;
}

function slots(): Parts {
  return { method: 'GET', target: '/open/v1/slots?department=01&date=2026-01-05', headers: {}, body: '' };
}

function book(patient = 2): Parts {
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomBytes(8).toString('hex'), 'x-district': 'huangpu' };
  return { method: 'POST', target: '/open/v1/appointments', headers, body: JSON.stringify(booking('A', patient)) };
}

interface Signed {
  readonly parts: Parts;
  readonly host: string;
  readonly authorization: string;
  readonly canonical: string;
  readonly nonce: string;
}

/** The canonical string written by hand from the specification, and signed by the command line. */
function signed(parts: Parts): Signed {
  const host = `127.0.0.1:${platform.ports.open}`;
  const nonce = parts.nonce ?? randomBytes(16).toString('base64url');
  const ts = String(parts.ts ?? Date.now());
  const [path = '', query = ''] = parts.target.split('?');
  const names = Object.keys(parts.headers).sort();
  const lines = ['KQ1', 'SM2-SM3', parts.method, host, path, query, `${ts} ${nonce} ${APP} ${KEY}`];
  lines.push(...names.map((name) => `${name}:${parts.headers[name]}`), createHash('sm3').update(parts.body).digest('hex'));
  const canonical = `${lines.join('\n')}\n`;
  const fields = { appid: APP, keyid: KEY, ts, nonce, signed: names.join(';'), sig: opensslSign(canonical) };
  const values = Object.entries(fields).map(([name, value]) => `${name}="${value}"`);
  return { parts, host, authorization: `KQ1-SM2-SM3 ${values.join(',')}`, canonical, nonce };
}

function bytesOf({ parts, host, authorization }: Signed): string {
  const headers = { Host: host, Authorization: authorization, ...parts.headers, ...parts.unsigned };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  if (parts.body !== '') lines.push(`Content-Length: ${Buffer.byteLength(parts.body)}`);
  return `${parts.method} ${parts.target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${Buffer.from(parts.body).toString('latin1')}`;
}

async function call(parts: Parts): Promise<RawAnswer> {
  return sendOnce(bytesOf(signed(parts)));
}

async function sendOnce(bytes: string): Promise<RawAnswer> {
  const raw = openRaw(platform.ports.open, platform.ca);
  const answer = await raw.send(bytes);
  raw.close();
  assert.ok(answer, bytes);
  return answer;
}

test('a request signed by the openssl command line is served, and openssl verifies the answer', async () => {
  const request = signed(book());
  const answer = await sendOnce(bytesOf(request));
  assert.equal(answer.status, 201, answer.body);
  const header = (name: string) => new RegExp(`\\r\\n${name}: (.*)`, 'i').exec(answer.head)?.[1]?.trim() ?? '';
  const lines = ['KQ1-RESP', createHash('sm3').update(request.canonical, 'latin1').digest('hex'), 'SM2-SM3', answer.status, request.nonce];
  lines.push(header('x-kq-ts'), header('x-kq-keyid'), `content-type:${header('content-type')}`, `x-kq-trace:${header('x-kq-trace')}`);
  lines.push(createHash('sm3').update(answer.body).digest('hex'));
  const [key, signature] = [join(scratch, 'platform.pub.pem'), join(scratch, 'answer.sig')];
  writeFileSync(key, platformKeys[header('x-kq-keyid')]!);
  writeFileSync(signature, Buffer.from(header('x-kq-signature'), 'base64url'));
  const verify = ['dgst', '-sm3', '-verify', key, '-signature', signature, '-sigopt', 'distid:1234567812345678'];
  assert.match(openssl(verify, `${lines.join('\n')}\n`).toString(), /Verified OK/);
});

test('any changed bit is refused with its code, and nothing is booked', async (t) => {
  const patient = 765_432;
  const request = signed(book(patient));
  const whole = Buffer.from(bytesOf(request), 'latin1');
  const outcomes = new Map<string, Map<string, number>>();
  const wrong: string[] = [];
  const flips = rangesOf(whole.toString('latin1'), request).flatMap(({ part, from, to, codes }) =>
    Array.from({ length: 8 * (to - from) }, (_, index) => ({ part, codes, at: from + (index >> 3), bit: index & 7 })),
  );
  const worker = async () => {
    const raw = openRaw(platform.ports.open, platform.ca);
    for (let flip = flips.pop(); flip !== undefined; flip = flips.pop()) {
      const { part, codes, at, bit } = flip;
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ (1 << bit);
      // Header names are the same in both cases.
      const isSame = part === 'header name' && bit === 5 && /[a-z]/i.test(String.fromCharCode(whole[at]!));
      if (isSame) continue;
      const answer = await raw.send(changed);
      const code = answer === undefined ? 'closed' : (answer.code ?? String(answer.status));
      if (!codes.includes(code))
        wrong.push(`${part} at ${at} bit ${bit}: ${code} ${JSON.stringify(changed.toString('latin1', at - 20, at + 20))}`);
      const counts = outcomes.get(part) ?? outcomes.set(part, new Map()).get(part)!;
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    raw.close();
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  for (const [part, counts] of outcomes) t.diagnostic(`${part}: ${[...counts].map(([code, count]) => `${code} x ${count}`).join(', ')}`);
  assert.deepEqual(wrong, []);
  const booked = ((await city.state(1)) as { registrations: { patientId: string }[] }).registrations;
  assert.equal(booked.filter(({ patientId }) => patientId === `P${patient}`).length, 0);
  assert.equal((await sendOnce(whole.toString('latin1'))).status, 201, 'its nonce is still free: nobody burns it without the signature');
});

interface Range {
  readonly part: string;
  readonly from: number;
  readonly to: number;
  readonly codes: readonly string[];
}

const MALFORMED = 'GW40001';
const SIGNATURE = 'GW40103';
const CLAIM = 'GW40101';

/** The position of each part of the request in its bytes, and the possible refusals. */
function rangesOf(text: string, { parts, host, authorization }: Signed): readonly Range[] {
  const range = (part: string, value: string, codes: readonly string[], before = ''): Range => {
    const from = text.indexOf(before + value) + before.length;
    assert.ok(from >= before.length, part);
    return { part, from, to: from + value.length, codes };
  };
  const field = (name: string, codes: readonly string[]) =>
    range(name, new RegExp(`${name}="([^"]*)"`).exec(authorization)![1]!, codes, `${name}="`);
  return [
    range('method', parts.method, [MALFORMED, 'GW40501']),
    range('path', parts.target, [MALFORMED, 'GW40401'], `${parts.method} `),
    range('host', host, [SIGNATURE, MALFORMED], 'Host: '),
    range('scheme', 'KQ1-SM2-SM3', [CLAIM, MALFORMED]),
    field('appid', [CLAIM, MALFORMED]),
    field('keyid', [CLAIM, MALFORMED]),
    field('ts', ['GW40102', SIGNATURE, CLAIM, MALFORMED]),
    field('nonce', [SIGNATURE, CLAIM, MALFORMED]),
    field('signed', [SIGNATURE, CLAIM, MALFORMED]),
    field('sig', [SIGNATURE, CLAIM, MALFORMED]),
    range('media type', parts.headers['content-type']!, ['GW41502', SIGNATURE, MALFORMED], 'content-type: '),
    range('signed header', parts.headers['x-district']!, [SIGNATURE, MALFORMED], 'x-district: '),
    range('header name', 'x-district', [SIGNATURE, MALFORMED], '\r\n'),
    range('idempotency key', parts.headers['idempotency-key']!, [SIGNATURE, MALFORMED], 'idempotency-key: '),
    range('body', Buffer.from(parts.body).toString('latin1'), [SIGNATURE]),
  ];
}

test('a changed query, path parameter, time or nonce and an unsigned header are refused with their codes', async () => {
  const request = signed(slots());
  const change = (from: string, to: string) => bytesOf(request).replace(from, to);
  assert.equal((await sendOnce(change('department=01', 'department=02'))).code, SIGNATURE);
  assert.equal((await sendOnce(change('&date', '&Date'))).code, SIGNATURE);
  assert.equal((await sendOnce(change('?department', '??department'))).code, SIGNATURE);
  assert.equal((await sendOnce(change('department=01', 'department=%30%31'))).code, SIGNATURE);
  const look = signed({ ...slots(), target: '/open/v1/registrations/A00000001' });
  assert.equal((await sendOnce(bytesOf(look).replace('A00000001', 'A00000002'))).code, SIGNATURE);
  assert.equal((await sendOnce(bytesOf(look).replace('A00000001', 'A0000000%31'))).code, SIGNATURE);
  assert.equal(
    (await sendOnce(bytesOf(look).replace('/open/v1/registrations/A00000001', '/open/v1/registrations/A00000001?'))).code,
    SIGNATURE,
  );
  for (const name of ['X-Anything', 'X-Request-Deadline', 'Content-Language', 'Idempotency-Key', 'Content-Encoding', 'X-KQ-Trace'])
    assert.equal((await call({ ...slots(), unsigned: { [name]: '1795575484630' } })).code, SIGNATURE, name);
  assert.equal((await call({ ...slots(), unsigned: { Accept: 'application/json', 'X-Forwarded-For': '10.0.0.1' } })).status, 200);
  for (const ts of [Date.now() - 301_000, Date.now() + 310_000]) assert.equal((await call({ ...slots(), ts })).code, 'GW40102');
  const nonce = randomBytes(16).toString('base64url');
  assert.equal((await call({ ...slots(), nonce })).status, 200);
  assert.equal((await call({ ...slots(), nonce })).code, 'GW40104', 'another request with the same nonce');
});

test("an answer to one app's request does not verify for another's, nor for another request of the same app", async () => {
  const url = `${city.open}/open/v1/slots?department=01`;
  const own = {
    appId: CITY_APP,
    keyId: CITY_KEY_ID,
    scheme: 'SM2-SM3',
    key: await readFile(cityFiles(platform.cityFolder).appKey, 'utf8'),
  } as const;
  const other = { appId: APP, keyId: KEY, scheme: 'SM2-SM3', key: await readFile(keyFile, 'utf8') } as const;
  const nonce = randomBytes(16).toString('base64url');
  const at = Date.now();
  const fixed = { now: () => at };
  const requests = [
    await signRequest({ method: 'GET', url, nonce, clock: fixed, ...own }),
    await signRequest({ method: 'GET', url, nonce, clock: fixed, ...other }),
    await signRequest({ method: 'GET', url, ...own }),
  ];
  const answers = [];
  for (const request of requests) {
    const reply = await city.send(url, { headers: { ...request.headers } });
    assert.equal(reply.status, 200, reply.text);
    const headers = Object.entries(reply.headers).map(([name, value]) => [name, String(value)] as const);
    answers.push({ status: reply.status, headers, body: Buffer.from(reply.text), platformKeys });
  }
  for (const [i, request] of requests.entries()) {
    for (const [j, answer] of answers.entries()) {
      if (i === j) await verifyResponse({ request, ...answer });
      else await assert.rejects(verifyResponse({ request, ...answer }), { code: 'SDK_ANSWER_FORGED' }, `request ${i}, answer ${j}`);
    }
  }
  const [request, answer] = [requests[0]!, answers[0]!];
  const body = Buffer.from(answer.body);
  body[5]! ^= 1;
  await assert.rejects(verifyResponse({ request, ...answer, body }), { code: 'SDK_ANSWER_FORGED' });
  await assert.rejects(verifyResponse({ request, ...answer, status: 201 }), { code: 'SDK_ANSWER_FORGED' });
});

test(`of ${REPLAYS} replays at once exactly one succeeds`, async (t) => {
  const bytes = bytesOf(signed(book(765_433)));
  const counts = new Map<string, number>();
  let left = REPLAYS;
  const worker = async () => {
    const raw = openRaw(platform.ports.open, platform.ca);
    while (left-- > 0) {
      const answer = await raw.send(bytes);
      const outcome = answer === undefined ? 'closed' : (answer.code ?? String(answer.status));
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
    raw.close();
  };
  await Promise.all(Array.from({ length: 100 }, worker));
  t.diagnostic([...counts].map(([code, count]) => `${code} x ${count}`).join(', '));
  assert.deepEqual(Object.fromEntries(counts), { 201: 1, GW40104: REPLAYS - 1 });
});
