// @never-rerun: a single failure is a failure.
/**
 * What a thief of the data folder, the logs or a backup finds of people: nothing. Values that occur nowhere else are sent in by every door,
 * also where they fail and errors could echo them; then every file is searched for them, in every writing that a computer may give them.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import iconv from 'iconv-lite';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { readFrames } from '../../engine/transfer/backup-frames.ts';
import { connectMllp } from '../../examples/city/hospital-c/mllp-client.ts';
import { openCity, type City } from '../support/city.ts';
import { chainFlow, eventually, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, runCommand, startPlatform, type Platform } from '../support/platform-process.ts';

const PLANTED = {
  name: '欧阳璇玑',
  asciiName: 'Zephyrine-Quillfeather',
  idNumber: '310199196702308518',
  mobile: '19987650431',
  patientId: 'P987613',
  diagnosis: '遗传性血管性水肿',
  asciiDiagnosis: 'angioedema-QX41',
  address: '虚构里弄七十三号',
  payload: 'payload-7d1fb0c9-marker',
} as const;
const { name, asciiName, idNumber, mobile, patientId, diagnosis, asciiDiagnosis, address, payload } = PLANTED;
const patient = { patientId, name, idNumber, mobile };
const everything = { ...PLANTED, nested: [{ 备注: `${name}，${diagnosis}` }] };

let scratch: string;
let platform: Platform;
let api: PlatformApi;
let city: City;

before(async () => {
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  api = await openPlatformApi(platform);
  city = await openCity(platform);
});
after(async () => {
  await city?.close();
  await api?.close();
  platform?.process.kill('SIGKILL');
  await removeScratch(scratch);
});

test('what one message’s script leaves behind, the next one does not see', async () => {
  const source = `
    const seen = [typeof planted, typeof globalThis.held, typeof Object.prototype.left, typeof Array.prototype.left, typeof JSON.left, String(Math.max(1, 2))];
    globalThis.planted = message.data.body.name;
    globalThis.held = { all: message };
    Object.prototype.left = Array.prototype.left = JSON.left = message.data.body.name;
    Math.max = () => 'mine';
    return { seen };`;
  const path = await offerChain('flw_planting', [{ type: 'code.run@1', config: { source } }]);
  const clean = { seen: ['undefined', 'undefined', 'undefined', 'undefined', 'undefined', '2'] };
  for (let round = 0; round < 25; round += 1) {
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.bus('POST', path, everything)));
    for (const { status, body } of answers) assert.deepEqual({ status, body }, { status: 200, body: clean });
  }
});

test('what was sent in by any door is not found in data, logs, output, a copy or a backup, neither running nor stopped', async () => {
  await throughOpenFront();
  await throughUserFront();
  await throughBusFront();
  await throughFeed();
  await throughConsole();
  const copy = join(scratch, 'copy');
  await cp(platform.dataFolder, copy, { recursive: true });
  const backup = await makeBackup();
  assert.deepEqual(
    {
      ...{ data: await search(platform.dataFolder), copy: await search(copy), output: found(Buffer.from(platform.output())) },
      ...{ backup: found(backup.sealed), opened: found(backup.opened) },
    },
    { data: [], copy: [], output: [], backup: [], opened: [] },
  );
  assert.equal((await platform.end('SIGTERM')).code, 0);
  assert.deepEqual({ data: await search(platform.dataFolder), output: found(Buffer.from(platform.output())) }, { data: [], output: [] });
});

test('the search itself finds every value in every writing', () => {
  for (const value of Object.values(PLANTED))
    for (const needle of writings(value)) assert.deepEqual(found(Buffer.concat([Buffer.from('…'), needle])), [value]);
});

/** As it is on the disk, and as someone with its key, but without the key-encryption key, can read it. */
async function makeBackup(): Promise<{ readonly sealed: Buffer; readonly opened: Buffer }> {
  const [file, keyFile, key] = [join(scratch, 'city.kqb'), join(scratch, 'backup.key'), randomBytes(32)];
  await writeFile(keyFile, key);
  const person = await city.person(['system-admin']);
  const args = ['--data', platform.dataFolder, 'backup', '--name', person.name, '--file', file, '--key-file', keyFile];
  const made = await runCommand(args, `${person.password}\n`);
  assert.equal(made.code, 0, made.stderr);
  const handle = await open(file);
  try {
    const frames: Buffer[] = [];
    for await (const frame of readFrames(handle, key)) frames.push(frame);
    const opened = Buffer.concat(frames);
    assert.ok(opened.includes('flw_held'), 'it is what was stored');
    return { sealed: await readFile(file), opened };
  } finally {
    await handle.close();
  }
}

/** Booked well, refused by schema, by hospital, as malformed, under a name as field, as path, as query, as header. */
async function throughOpenFront(): Promise<void> {
  const order = { hospital: 'A', department: '01', date: '2026-12-01', patient };
  const book = (body: unknown, key: string) =>
    city.app.fetch('/open/v1/appointments', { body, idempotencyKey: key, headers: { 'content-type': 'application/json' } });
  assert.equal((await book(order, `leak-1-${payload}`)).status, 201);
  assert.equal((await book({ ...order, hospital: 'B' }, 'leak-2')).status, 201);
  assert.equal((await book({ ...order, hospital: name }, 'leak-3')).status, 422);
  assert.equal((await book({ ...order, [name]: diagnosis, date: mobile }, 'leak-4')).status, 422);
  assert.equal((await book(`{"patient": "${name} ${idNumber}`, 'leak-5')).status, 400);
  await city.app.fetch(`/open/v1/slots?department=${encodeURIComponent(name)}&who=${asciiName}`);
  await city.app.fetch(`/open/v1/registrations/${idNumber}`);
  await city.app.fetch(`/open/v1/registrations/${encodeURIComponent(name)}?mobile=${mobile}`, { headers: { 'x-note': asciiDiagnosis } });
  await city.app.fetch(`/open/v1/${asciiName}/${encodeURIComponent(diagnosis)}`);
  for (const headers of [{ authorization: `KQ1 app=${asciiName}, ${payload}` }, { authorization: asciiName, 'x-forwarded-for': mobile }])
    await city.send(`${city.open}/open/v1/appointments?${asciiDiagnosis}`, { method: 'POST', headers, body: JSON.stringify(everything) });
}

async function throughUserFront(): Promise<void> {
  assert.equal((await city.reports(patientId)).status, 200);
  await city.reports(name);
  await city.send(`${city.user}/user/v1/reports?name=${asciiName}`, { headers: { authorization: `Bearer ${asciiName}.${idNumber}.x` } });
}

/** Flows whose nodes fail with what they were given; durable ones that end up held or failed; bodies above the size kept in line. */
async function throughBusFront(): Promise<void> {
  assert.equal(
    (await api.bus('POST', '/bus/v1/registrations', { patientId, departmentCode: '01', date: '2026-12-01', note: everything })).status,
    201,
  );
  assert.equal((await api.bus('POST', '/bus/v1/registrations', everything)).status, 400);
  await api.bus('GET', `/bus/v1/reports/${patientId}`);
  const throwing = await offerChain('flw_throwing', [
    { type: 'code.run@1', config: { source: 'throw new Error(JSON.stringify(message.data))' } },
  ]);
  const unknownCode = await offerChain('flw_unknown_code', [
    {
      type: 'transform.map@1',
      config: { mapping: { rules: [{ to: 'x', from: { table: 'departments', key: { path: 'data.body.name' } } }] } },
    },
  ]);
  const badJson = await offerChain('flw_bad_json', [
    { type: 'code.run@1', config: { source: 'return message.data.body.name + "{"' } },
    { type: 'json.parse@1' },
  ]);
  const refused = await offerChain('flw_refused', [
    { type: 'http.call@1', adapter: 'adp_hospital_a', config: { method: 'GET', path: '/nowhere/{data.body.name}' } },
  ]);
  for (const path of [throwing, unknownCode, badJson, refused]) await api.bus('POST', path, everything, { 'x-note': asciiName });
  await api.ask('PUT', '/adapters/adp_dead', deadAdapter());
  const held = await offerChain(
    'flw_held',
    [
      {
        type: 'http.call@1',
        adapter: 'adp_dead',
        config: { method: 'POST', path: '/x/{data.body.idNumber}' },
        handling: { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: [] } },
      },
    ],
    {
      mode: 'durable',
      ingress: {
        keys: { patient: 'data.body.patientId' },
        lane: { key: 'data.body.idNumber' },
        dedupe: { key: 'data.body.mobile', windowSec: 60 },
      },
    },
  );
  assert.equal((await api.bus('POST', held, everything)).status, 202);
  assert.equal((await api.bus('POST', held, { ...everything, mobile: '', long: `${name}${diagnosis}`.repeat(20_000) })).status, 202);
  await eventually(async () => {
    const { items } = (await api.ask('GET', '/held')) as { items: unknown[] };
    assert.ok(items.length >= 1);
  });
}

async function throughFeed(): Promise<void> {
  const client = await connectMllp('127.0.0.1', platform.ports.example + 575, 5000);
  const send = async (controlId: string, type: string, rest: readonly string[]) => {
    const head = `MSH|^~\\&|HIS|${asciiName}|BUS|CITY|20260105000000||${type}|${controlId}|P|2.5.1||||||GB 18030-2000`;
    return client.send(iconv.encode(`${[head, ...rest].join('\r')}\r`, 'gb18030'), controlId).catch(() => undefined);
  };
  const pid = `PID|1||${patientId}^^^CITY^MR~${idNumber}^^^CN^NI||${name}||19670230|F|||${address}^^上海||${mobile}`;
  const answer = await send('LEAK1', 'ADT^A01^ADT_A01', [
    'EVN|A01|20260105000000',
    pid,
    `PV1|1|I|${diagnosis}`,
    `DG1|1||${asciiDiagnosis}`,
  ]);
  assert.equal(answer?.code, 'AA');
  await send('LEAK2', `${asciiName}^A01`, [pid]);
  await send(payload, 'ADT^A01^ADT_A01', [`PID|${name}|||||||||`, name]);
  client.close();
}

/** A person types what they should not: into drafts, saved tests, trials, searches, logins. */
async function throughConsole(): Promise<void> {
  const input = { data: { body: everything, query: {}, params: {} } };
  const tests = [{ name: asciiName, input, mocks: {}, expect: [{ path: '/data/name', equals: name }] }];
  const flow = chainFlow('flw_typed', [{ type: 'transform.set@1', config: { fields: [{ to: 'data.who', from: { value: name } }] } }], {
    tests,
  });
  await api.ask('PUT', '/flows/flw_typed', flow);
  await api.ask('PUT', '/flows/flw_typed', { ...flow, revision: 1, tests: [] });
  await api.ask('PUT', '/flows/flw_typed', { ...flow, revision: 2 });
  await api.call('POST', '/flows/flw_typed/publish', {});
  await api.call('POST', '/flows/test', { document: flow });
  await api.call('POST', '/flows/trial', { document: flow, input, mocks: {} });
  await api.call('POST', '/flows/validate', { ...flow, [asciiName]: name, mode: mobile });
  await api.call('POST', '/executions/search', { keyName: 'patient', keyValue: patientId });
  await api.call('GET', `/executions/${encodeURIComponent(name)}?${asciiName}=${idNumber}`);
  await api.call('POST', '/login', { name: asciiName, password: payload });
  const { items } = (await api.ask('GET', '/executions?limit=200')) as { items: { executionId: string }[] };
  assert.ok(items.length > 5);
  for (const { executionId } of items) await api.ask('GET', `/executions/${executionId}`);
}

async function offerChain(flowId: string, nodes: Parameters<typeof chainFlow>[1], more: Partial<FlowDocument> = {}): Promise<string> {
  await api.publish(chainFlow(flowId, nodes, more));
  return api.offer(flowId, { log: 'full' });
}

/** Nothing listens on port 1. */
function deadAdapter() {
  return {
    adapterId: 'adp_dead',
    revision: 0,
    name: { 'zh-CN': '死', en: 'Dead' },
    protocol: 'http',
    owner: 'test',
    domain: 'sh-city',
    environments: { DEV: { baseUrl: 'http://127.0.0.1:1' } },
  };
}

/** `file: value` for everything planted that is found below the folder. */
async function search(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  assert.ok(files.some((file) => file.endsWith('.ndjson')) && files.length > 5, files.join(', '));
  const hits = await Promise.all(
    files.map(async (file) => found(await readFile(file)).map((value) => `${file.slice(folder.length)}: ${value}`)),
  );
  return hits.flat();
}

function found(bytes: Buffer): string[] {
  return Object.values(PLANTED).filter((value) => writings(value).some((needle) => bytes.includes(needle)));
}

function writings(value: string): Buffer[] {
  const utf8 = Buffer.from(value);
  const escaped = [...value].map((char) => (char > '~' ? `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}` : char)).join('');
  // Base64 of the value at each of the three offsets within a longer text, without the characters that neighbours share.
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), utf8])
      .toString('base64')
      .replaceAll('=', '');
    return text.slice(offset === 0 ? 0 : offset + 1, text.length - 1);
  });
  const texts = [escaped, encodeURIComponent(value), encodeURIComponent(value).toLowerCase(), utf8.toString('hex'), ...base64];
  return [utf8, iconv.encode(value, 'gb18030'), Buffer.from(value, 'utf16le'), ...texts.map((text) => Buffer.from(text))];
}
