// @never-rerun: a single failure is a failure.
/**
 * Two builds on one store: an upgrade process by process under a hospital's feed, a flow with a node that only the newer build has, and the way
 * back. The newer build is a copy of this checkout with one more node type; the older one is this checkout, or the program that
 * `KQ_TEST_OLDER` names (`bin/kangqiao.mjs` of a checkout of an earlier commit). `KQ_TEST_MESSAGES` says how many messages go through.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createDistrict } from '../../examples/city/district/district.ts';
import { createHospitalC, readJournal } from '../../examples/city/hospital-c/hospital-c.ts';
import { prepareApart, startApartServers, startRole, type ApartServers, type RoleProcess } from '../support/apart.ts';
import { until } from '../support/city.ts';
import { copyProduct } from '../support/copy-product.ts';
import { chainFlow, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { BIN, choosePorts, makeScratch, removeScratch, startPlatform, type PlatformPorts } from '../support/platform-process.ts';

const skip = prepareApart();
const OLDER = process.env['KQ_TEST_OLDER'] ?? BIN;
const MESSAGES = Number(process.env['KQ_TEST_MESSAGES'] ?? 300);
const NEWER_MESSAGES = 20;
const WITHIN_MS = 120_000;

const NODE = `import { Type } from 'typebox';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';

const text = { 'zh-CN': '新', en: 'Newer' };
export default defineNode({
  type: 'newer.pass',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'box',
  text: { label: text, help: text },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Type.Object({}, { additionalProperties: false }),
  prepare: () => (_ctx, message) => ({ emit: { ok: [message] } }),
});
`;

let scratch: string;
let ports: PlatformPorts;
let servers: ApartServers;
let api: PlatformApi;
let newer: string;
let journal: string;
let path: string;
let district: Awaited<ReturnType<typeof createDistrict>>;
let feed: ReturnType<typeof createHospitalC>;
const roles: RoleProcess[] = [];

before(async () => {
  if (skip !== undefined) return;
  scratch = await makeScratch();
  ports = await choosePorts();
  servers = await startApartServers(scratch);
  const copy = await copyProduct(scratch);
  await copy.put('nodes/newer/pass.node.ts', NODE);
  newer = copy.program;
  const platform = await startPlatform({ scratch, ports, example: true, environment: servers.environment, program: OLDER });
  api = await openPlatformApi(platform);
  assert.equal((await platform.end('SIGINT')).code, 0, platform.output());
  for (const name of ['bus-old', 'bus-new', 'bus-back'])
    await cp(join(scratch, 'data', 'tls'), join(scratch, name, 'tls'), { recursive: true });
  district = await createDistrict({ port: ports.example + 4 });
  await Promise.all([control('control-old', OLDER), worker('old-1', OLDER), worker('old-2', OLDER), bus('bus-old', OLDER)]);
  journal = join(scratch, 'acknowledged.ndjson');
  writeFileSync(journal, `${JSON.stringify({ number: 99_999 })}\n`);
  feed = createHospitalC({ port: ports.example + 575, journal, intervalMs: 0, count: MESSAGES });
});
after(async () => {
  for (const { child } of roles) child.kill('SIGKILL');
  await feed?.stop();
  await district?.stop();
  await api?.close();
  await servers?.stop();
  if (scratch !== undefined) await removeScratch(scratch);
});

function start(name: string, program: string, args: readonly string[]): RoleProcess {
  const role = startRole(scratch, name, args, servers.environment, program);
  roles.push(role);
  return role;
}

async function control(name: string, program: string): Promise<RoleProcess> {
  const role = start(name, program, ['control', '--control-port', String(ports.control)]);
  await role.says(/control\.listening/);
  return role;
}

async function worker(name: string, program: string): Promise<RoleProcess> {
  const role = start(name, program, ['worker']);
  await role.says(/worker\.ready/);
  return role;
}

async function bus(name: string, program: string): Promise<RoleProcess> {
  const role = start(name, program, ['gateway', '--front', 'bus', '--bus-port', String(ports.bus)]);
  await role.says(/gateway\.ready/);
  return role;
}

async function end(name: string): Promise<void> {
  const role = roles.find((one) => one.name === name)!;
  assert.equal(await role.end('SIGTERM'), 0, role.output());
}

async function countOf(flowId: string, status: string): Promise<number> {
  const page = await api.ask('GET', `/executions?flowId=${flowId}&status=${status}&limit=100`);
  return (page['items'] as unknown[]).length;
}

async function send(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) assert.equal((await api.bus('POST', path, { index })).status, 202);
}

/** Some part of all messages has been taken. */
const taken = (part: number) =>
  until(
    `${part} of the feed`,
    async () => feed.state().acknowledged >= Math.floor(MESSAGES * part),
    WITHIN_MS * Math.max(1, MESSAGES / 1_000),
  );

test(
  'an upgrade under traffic: a flow with a node of the newer build runs while older workers live, and none of it is held',
  { skip },
  async () => {
    await taken(0.2);
    await worker('new-1', newer);
    await end('old-1');
    await end('control-old');
    await control('control-new', newer);
    await end('bus-old');
    await bus('bus-new', newer);
    await taken(0.4);
    const flow = chainFlow('flw_newer', [{ type: 'newer.pass@1', id: 'n_newer' }], { mode: 'durable' });
    await api.publish(flow);
    path = await api.offer('flw_newer');
    const before = await countOf('flw_newer', 'completed');
    await send(NEWER_MESSAGES);
    await until('the newer flow', async () => (await countOf('flw_newer', 'completed')) >= before + NEWER_MESSAGES, WITHIN_MS);
    assert.equal(await countOf('flw_newer', 'held'), 0);
  },
);

test('a roll back under traffic: what only the newer build can run waits, unheld, and everything else goes on', { skip }, async () => {
  await worker('old-3', OLDER);
  await end('new-1');
  await send(NEWER_MESSAGES);
  await end('bus-new');
  await end('control-new');
  await control('control-back', OLDER);
  await bus('bus-back', OLDER);
  await taken(0.8);
  assert.deepEqual(await Promise.all(['queued', 'held', 'failed'].map((status) => countOf('flw_newer', status))), [NEWER_MESSAGES, 0, 0]);
  await worker('new-2', newer);
  await until('what waited', async () => (await countOf('flw_newer', 'queued')) === 0, WITHIN_MS);
});

test('every message came to the district once and in its order, and nothing is held', { skip }, async () => {
  await taken(1);
  const lines = readJournal(journal).slice(1);
  assert.equal(lines.length, MESSAGES);
  const { byPatient } = await until(
    'every message delivered',
    async () => {
      const state = district.state();
      return lines.every(({ patientId, controlId }) => state.byPatient[patientId]?.includes(controlId)) && state;
    },
    WITHIN_MS,
  );
  const notices = Object.values(byPatient).flat();
  assert.equal(new Set(notices).size, notices.length, 'none came under two keys');
  for (const [patient, numbers] of Object.entries(byPatient)) assert.deepEqual(numbers, [...numbers].sort(), `the order of ${patient}`);
  assert.deepEqual((await api.ask('GET', '/held/groups'))['groups'], []);
  for (const status of ['queued', 'running', 'failed']) assert.equal(await countOf('flw_admission', status), 0, status);
});
