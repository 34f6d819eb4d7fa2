// @never-rerun: a single failure is a failure.
/**
 * A mailbox and two workers that are killed in turn while mails arrive: each mail starts its flow once, and the district receives each once.
 * `KQ_TEST_TAKE_OVERS` says how often.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { createDistrict } from '../../examples/city/district/district.ts';
import { prepareDovecot, startDovecot, type Dovecot } from '../servers/dovecot.ts';
import { prepareApart, startApartServers, startRole, type ApartServers, type RoleProcess } from '../support/apart.ts';
import { openCity, until, type City } from '../support/city.ts';
import { chainFlow } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform } from '../support/platform-process.ts';
import type { SystemReport } from '../../control/system/system.ts';

const skip = prepareApart() ?? prepareDovecot();
const TAKE_OVERS = Number(process.env['KQ_TEST_TAKE_OVERS'] ?? 2);
const SEEN_WITHIN_MS = 90_000;
const MAILS_BETWEEN = 20;
const FLOW = 'flw_mail';

let scratch: string;
let servers: ApartServers;
let city: City;
let mailbox: Dovecot;
let district: Awaited<ReturnType<typeof createDistrict>>;
const workers = new Map<string, RoleProcess>();
const others: RoleProcess[] = [];

async function startWorker(name: string): Promise<void> {
  const worker = startRole(scratch, name, ['worker'], servers.environment);
  workers.set(name, worker);
  await worker.says(/worker\.ready/);
}

before(async () => {
  if (skip !== undefined) return;
  scratch = await makeScratch();
  const ports = await choosePorts();
  [servers, mailbox, district] = await Promise.all([
    startApartServers(scratch),
    startDovecot(),
    createDistrict({ port: ports.example + 4 }),
  ]);
  const platform = await startPlatform({ scratch, ports, example: true, environment: servers.environment });
  city = await openCity(platform);
  assert.equal((await platform.end('SIGINT')).code, 0, platform.output());
  const control = startRole(scratch, 'control', ['control', '--control-port', String(ports.control)], servers.environment);
  others.push(control);
  await control.says(/control\.listening/);
  await Promise.all([startWorker('worker-a'), startWorker('worker-b')]);
});
after(async () => {
  for (const { child } of [...others, ...workers.values()]) child.kill('SIGKILL');
  await district?.stop();
  await city?.close();
  await mailbox?.stop();
  await servers?.stop();
  if (scratch !== undefined) await removeScratch(scratch);
});

/** Mail -> the notice that the district wants -> POST. */
function mailFlow(): FlowDocument {
  const fields = [
    { to: 'data.noticeId', from: { path: 'data.subject' } },
    { to: 'data.patientId', from: { value: 'P000001' } },
  ];
  const flow = chainFlow(
    FLOW,
    [
      { type: 'transform.set@1', config: { fields } },
      { type: 'http.call@1', adapter: 'adp_district', config: { method: 'POST', path: '/admissions', idempotent: true } },
    ],
    { mode: 'durable' },
  );
  const [, ...rest] = flow.nodes;
  return { ...flow, nodes: [{ ...flow.nodes[0]!, type: 'mail.receive@2', adapter: 'adp_mail', config: { everySec: 1 } }, ...rest] };
}

/** Which worker listens to the mailbox. */
async function holder(): Promise<string | undefined> {
  const { listeners = [] } = (await city.admin('GET', '/system')) as unknown as SystemReport;
  const pid = listeners.find(({ flowId, state }) => flowId === FLOW && state === 'listening')?.process.pid;
  return [...workers].find(([, { child }]) => child.pid === pid)?.[0];
}

test('each mail is taken once and told once, whoever is killed meanwhile', { skip, timeout: 60_000 + TAKE_OVERS * 90_000 }, async (t) => {
  const person = await city.person(['analyst', 'security-admin']);
  assert.equal((await person.call('PUT', '/secrets/mail-lab', { value: 'secret', adapters: ['adp_mail'] })).status, 200);
  const adapter = {
    adapterId: 'adp_mail',
    revision: 0,
    name: { 'zh-CN': '检验邮箱', en: 'Lab mailbox' },
    protocol: 'mail',
    owner: '',
    domain: 'sh-city',
    environments: { DEV: { user: 'lab', imap: { host: '127.0.0.1', port: mailbox.port, security: 'none' } } },
    credential: 'mail-lab',
  };
  assert.equal((await person.call('PUT', '/adapters/adp_mail', adapter)).status, 200);
  await city.admin('PUT', `/flows/${FLOW}`, mailFlow());
  await city.admin('POST', `/flows/${FLOW}/publish`, {});

  let mails = 0;
  let longestMs = 0;
  const deliver = (count: number) => {
    for (let mail = 0; mail < count; mail += 1) mailbox.deliver(`From: a@hospital.cn\r\nSubject: mail-${(mails += 1)}\r\n\r\nhello\r\n`);
  };
  for (let takeOver = 0; takeOver < TAKE_OVERS; takeOver += 1) {
    const name = await until('a worker that listens', holder, SEEN_WITHIN_MS);
    deliver(MAILS_BETWEEN);
    // In the midst of them.
    await until('some mails taken', async () => mailbox.count() < MAILS_BETWEEN, SEEN_WITHIN_MS);
    await workers.get(name)!.end('SIGKILL');
    const killedAt = performance.now();
    deliver(1);
    await until('the other worker took the rest', async () => mailbox.count() === 0, SEEN_WITHIN_MS);
    longestMs = Math.max(longestMs, performance.now() - killedAt);
    await startWorker(name);
    await until('the other worker in the report', async () => (await holder()) !== name, SEEN_WITHIN_MS);
  }
  t.diagnostic(`the longest of ${TAKE_OVERS} take-overs: ${Math.round(longestMs)} ms, with the mails that were left`);
  await until('every notice', async () => district.state().applied >= mails, 60_000);

  assert.equal(mailbox.count('Processed'), mails);
  const { received, byPatient } = district.state();
  assert.equal(new Set(byPatient['P000001']).size, mails, 'every mail was told');
  assert.equal(Object.keys(received).length, mails, 'and none under two keys');
  let executions = 0;
  for (let after = ''; ;) {
    const page = (await city.admin('GET', `/executions?flowId=${FLOW}&limit=100${after}`)) as { items: unknown[]; next?: string };
    executions += page.items.length;
    if (page.next === undefined) break;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
  assert.equal(executions, mails, 'one execution for each mail');
});
