/** The main job on the real process: a newcomer's call, the three flows, a publish and a stop under steady traffic. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { readJournal } from '../../examples/city/hospital-c/hospital-c.ts';
import { cityFiles } from '../../examples/city/load-city.ts';
import { booking, openCity, until, type City } from '../support/city.ts';
import { choosePorts, makeScratch, removeScratch, runCommand, startPlatform, type Platform } from '../support/platform-process.ts';

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

test('the command that the start prints books when pasted, as often as it is pasted', async () => {
  const command = /^ {2}node [^]*?\/open\/v1\/appointments$/m.exec(platform.output())?.[0];
  assert.ok(command, platform.output());
  const numbers = [];
  for (let time = 0; time < 2; time++) {
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command]);
    assert.match(stderr, /HTTP 201/);
    numbers.push((JSON.parse(stdout) as { registrationNo: string }).registrationNo);
  }
  assert.equal(new Set(numbers).size, 2, numbers.join());
});

test('a signed booking reaches the hospital of its code, REST or SOAP in GBK, and the answer is signed', async () => {
  for (const [hospital, department] of [
    ['A', '内科'],
    ['B', '内科'],
  ] as const) {
    const answer = await city.app.fetch('/open/v1/appointments', { body: booking(hospital), idempotencyKey: randomUUID() });
    assert.equal(answer.status, 201, Buffer.from(answer.body).toString());
    assert.equal(answer.verified, true);
    const booked = answer.json() as Record<string, string>;
    assert.equal(booked['hospital'], hospital);
    assert.equal(booked['department'], department);
    assert.match(booked['registrationNo']!, new RegExp(`^${hospital}`));
  }
});

test('findings of two hospitals come in one answer, and one that is down is reported as such', async () => {
  const whole = await city.reports('P000002');
  assert.equal(whole.status, 200, whole.text);
  const both = whole.json() as Findings;
  assert.equal(both.complete, true);
  assert.deepEqual(
    both.hospitals.map(({ hospital, available }) => [hospital, available]),
    [
      ['A', true],
      ['B', true],
    ],
  );
  assert.ok(both.hospitals[0]!.reports!.length > 0);
  for (const [down, index] of [
    [1, 0],
    [2, 1],
  ] as const) {
    await city.trouble(down, { failNext: 1_000_000 });
    const partial = await city.reports('P000002');
    await city.trouble(down, { failNext: 0 });
    assert.equal(partial.status, 200, partial.text);
    const found = partial.json() as Findings;
    assert.equal(found.complete, false);
    assert.equal(found.hospitals[index]!.available, false);
    assert.ok(found.hospitals[index]!.reason, partial.text);
    assert.equal(found.hospitals[1 - index]!.available, true);
    assert.equal(found.patientId, 'P000002');
  }
});

test('a hospital is given a pause after many failures: nobody waits for it, and it is asked again afterwards', async (t) => {
  await city.trouble(1, { failNext: 1_000_000 });
  const left = [];
  for (let round = 0; round < 4; round++) {
    const replies = await Promise.all(Array.from({ length: 10 }, () => city.reports('P000002')));
    for (const reply of replies) assert.equal((reply.json() as Findings).hospitals[1]!.available, true, reply.text);
    left.push((await city.trouble(1, {})).failNext);
  }
  const asked = left[0]! - left.at(-1)!;
  t.diagnostic(`asked ${1_000_000 - left[0]!} times in the first round, ${asked} times in the three after it`);
  assert.ok(asked < 30, `asked ${asked} times for 30 calls`);
  await city.trouble(1, { failNext: 0 });
  await until('hospital A asked again', async () => ((await city.reports('P000002')).json() as Findings).complete);
});

interface Findings {
  readonly patientId: string;
  readonly complete: boolean;
  readonly hospitals: readonly { hospital: string; available: boolean; reason?: string; reports?: readonly object[] }[];
}

test('what hospital C sends and gets acknowledged reaches the district once and in order', async () => {
  const journal = cityFiles(platform.cityFolder).journal;
  await until('three acknowledged messages', async () => readJournal(journal).length >= 3);
  const acknowledged = readJournal(journal);
  const state = await until('every acknowledged message at the district', async () => {
    const { byPatient, received } = (await city.state(4)) as unknown as DistrictState;
    const arrived = new Set(Object.values(byPatient).flat());
    return acknowledged.every(({ controlId }) => arrived.has(controlId)) && { byPatient, received };
  });
  for (const [patient, notices] of Object.entries(state.byPatient)) assert.deepEqual(notices, [...notices].sort(), patient);
  assert.ok(Object.values(state.received).every((times) => times === 1));
});

interface DistrictState {
  readonly byPatient: Record<string, string[]>;
  readonly received: Record<string, number>;
}

test('a changed flow published from the command line serves from its first answer on and no request is dropped', async (t) => {
  const file = join(scratch, 'reports.json');
  const got = await runCommand(['--data', platform.dataFolder, 'flow', 'get', 'flw_reports']);
  assert.equal(got.code, 0, got.stderr);
  const flow = JSON.parse(got.stdout) as FlowFile;
  const mapping = flow.nodes.find((node) => node.id === 'n_map')!.config.mapping!;
  mapping.rules.push({ to: 'edition', from: { value: 'second' } });
  for (const saved of flow.tests) saved.expect = [];
  await writeFile(file, JSON.stringify(flow));
  const traffic = startTraffic(4, async () => {
    const reply = await city.reports('P000002');
    return { status: String(reply.status), isNew: reply.text.includes('"edition":"second"') };
  });
  await until('traffic', async () => traffic.calls.length > 20);
  const published = await runCommand(['--data', platform.dataFolder, 'flow', 'publish', file]);
  const publishedAt = performance.now();
  assert.equal(published.code, 0, published.stderr);
  assert.match(published.stdout, /flw_reports version 2 is published/);
  await until('the new version', async () => traffic.calls.some(({ isNew }) => isNew));
  const before = traffic.calls.length;
  await until('more traffic', async () => traffic.calls.length > before + 20);
  const calls = await traffic.end();
  assert.deepEqual(countBy(calls.map(outcomeOf)), { 200: calls.length });
  const firstNew = Math.min(...calls.filter(({ isNew }) => isNew).map(({ endedAt }) => endedAt));
  const lastOld = Math.max(...calls.filter(({ isNew }) => isNew !== true).map(({ startedAt }) => startedAt));
  t.diagnostic(
    `${calls.length} requests; first new answer ${Math.round(firstNew - publishedAt)} ms, last old request ${Math.round(lastOld - publishedAt)} ms after the command ended`,
  );
  assert.ok(lastOld <= firstNew, 'no request that began after the first answer of the new version met the old one');
  const back = await runCommand(['--data', platform.dataFolder, 'flow', 'rollback', 'flw_reports']);
  assert.equal(back.code, 0, back.stderr);
  await until('the old version', async () => !(await city.reports('P000002')).text.includes('edition'));
});

interface FlowFile {
  readonly nodes: { readonly id: string; readonly config: { readonly mapping?: { readonly rules: object[] } } }[];
  readonly tests: { expect: unknown[] }[];
}

test('Ctrl-C under traffic answers every request that was taken and ends within five seconds', async (t) => {
  // Long enough to be under way when the signal comes.
  await city.trouble(1, { delayMs: 800 });
  const bookings = startTraffic(8, async () => {
    const { status } = await city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey: randomUUID() });
    return { status: String(status) };
  });
  const queries = startTraffic(4, async () => ({ status: String((await city.reports('P000002')).status) }));
  await until('traffic', async () => bookings.calls.length >= 8 && queries.calls.length >= 4);
  const signalledAt = Date.now();
  const { code, tookMs } = await platform.end('SIGINT');
  // A part that takes longer than the five seconds makes the code 1.
  assert.equal(code, 0, platform.output());
  const [booked, queried] = [await bookings.end(), await queries.end()];
  t.diagnostic(
    `ended in ${Math.round(tookMs)} ms; bookings ${JSON.stringify(countBy(booked.map(outcomeOf)))}, queries ${JSON.stringify(countBy(queried.map(outcomeOf)))}`,
  );
  for (const call of [...booked, ...queried]) assert.match(outcomeOf(call), /^(200|201|ECONNREFUSED)$/, JSON.stringify(call));
  const lines = (await readFile(join(platform.dataFolder, 'logs', 'open.ndjson'), 'utf8')).trim().split('\n');
  const late = lines.map((line) => JSON.parse(line) as { at: number; status: number }).filter(({ at }) => at >= signalledAt);
  assert.deepEqual(
    late.filter(({ status }) => status >= 400),
    [],
  );
});

interface Call {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status?: string;
  readonly isNew?: boolean;
  readonly failure?: string;
}

/** This many callers, each with one request at a time, until stopped or until no server listens any more. */
function startTraffic(callers: number, work: () => Promise<{ status: string; isNew?: boolean }>) {
  const calls: Call[] = [];
  let isEnded = false;
  const run = async () => {
    while (!isEnded) {
      const startedAt = performance.now();
      const result = await work().catch((error: unknown) => ({ failure: reasonOf(error) }));
      calls.push({ startedAt, endedAt: performance.now(), ...result });
      if ('failure' in result) return;
    }
  };
  const running = Promise.all(Array.from({ length: callers }, run));
  return {
    calls,
    async end() {
      isEnded = true;
      await running;
      return calls;
    },
  };
}

function reasonOf(error: unknown): string {
  const { cause, code, message } = error as { cause?: unknown; code?: string; message: string };
  return cause instanceof Error ? reasonOf(cause) : (code ?? message);
}

function outcomeOf({ status, failure }: Call): string {
  return status ?? failure ?? '';
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
