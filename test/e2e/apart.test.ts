// @never-rerun: a single failure is a failure.
/** Controls, gateways and workers apart on one PostgreSQL and one Redis: what each does when others, or their servers, are gone. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer, type ServerResponse } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { FlowLiveDetail } from '../../control/flows/live-flows.ts';
import type { SystemReport } from '../../control/system/system.ts';
import { createDistrict } from '../../examples/city/district/district.ts';
import { createHospitalA } from '../../examples/city/hospital-a/hospital-a.ts';
import { createHospitalB } from '../../examples/city/hospital-b/hospital-b.ts';
import { createHospitalC, readJournal } from '../../examples/city/hospital-c/hospital-c.ts';
import { prepareApart, startApartServers, startRole, type ApartServers, type RoleProcess } from '../support/apart.ts';
import { freePort } from '../servers/free-port.ts';
import { makeCertificate } from '../gateways/support/start-gateway.ts';
import { booking, openCity, until, type City, type Reply } from '../support/city.ts';
import { CLIENT, CONSUMER, onlySpan, PRODUCER, SERVER, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { busInterface, chainFlow } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type PlatformPorts } from '../support/platform-process.ts';

const skip = prepareApart();
const KILLS = Number(process.env['KQ_TEST_KILLS'] ?? 4);
const DOWN_MS = Number(process.env['KQ_TEST_DOWN_MS'] ?? 12_000);
const BACK_WITHIN_MS = 60_000;

let scratch: string;
let ports: PlatformPorts;
let servers: ApartServers;
let city: City;
let journal: string;
let district: Awaited<ReturnType<typeof createDistrict>>;
let hospital: Awaited<ReturnType<typeof startHospital>>;
let hospitalC: ReturnType<typeof createHospitalC>;
const outside: { stop(): Promise<void> }[] = [];
const roles: RoleProcess[] = [];
const addresses: Record<string, string> = {};

function start(name: string, ...args: string[]): RoleProcess {
  const role = startRole(scratch, name, args, servers.environment);
  roles.push(role);
  return role;
}

async function startGateway(front: 'open' | 'user' | 'bus', name: string): Promise<RoleProcess> {
  const role = start(name, 'gateway', '--front', front, `--${front}-port`, String(ports[front]));
  addresses[front] = (await role.says(/gateway\.ready .*address=(\S+)/))[1]!;
  return role;
}

async function startWorker(name: string): Promise<RoleProcess> {
  const role = start(name, 'worker');
  await role.says(/worker\.ready/);
  return role;
}

before(async () => {
  if (skip !== undefined) return;
  scratch = await makeScratch();
  ports = await choosePorts();
  servers = await startApartServers(scratch);
  // The first process makes the example city, and ends.
  const platform = await startPlatform({ scratch, ports, example: true, environment: servers.environment });
  city = await openCity(platform);
  assert.equal((await platform.end('SIGINT')).code, 0, platform.output());
  journal = join(scratch, 'acknowledged.ndjson');
  writeFileSync(journal, `${JSON.stringify({ number: 99_999 })}\n`);
  district = await createDistrict({ port: ports.example + 4 });
  outside.push(district, await createHospitalA({ port: ports.example + 1 }), await createHospitalB({ port: ports.example + 2 }));
  hospitalC = createHospitalC({ port: ports.example + 575, journal, intervalMs: 20 });
  outside.push(hospitalC);
  // The certificate of the platform is that of each process here: its clients trust one authority.
  for (const name of ['open', 'user', 'bus', 'bus-again', 'control']) {
    await cp(join(scratch, 'data', 'tls'), join(scratch, name, 'tls'), { recursive: true });
  }
  await start('control', 'control', '--control-port', String(ports.control)).says(/control\.listening/);
  addresses['control-b'] = (await start('control-b', 'control', '--control-port', '0').says(/control\.listening .*address=(\S+)/))[1]!;
  await Promise.all([startGateway('open', 'open'), startGateway('user', 'user'), startGateway('bus', 'bus')]);
  await Promise.all([startWorker('worker-a'), startWorker('worker-b')]);
});
after(async () => {
  for (const { child } of roles) child.kill('SIGKILL');
  for (const one of outside) await one.stop();
  await city?.close();
  await servers?.stop();
  if (scratch !== undefined) await removeScratch(scratch);
});

const departments = (): Promise<Reply> =>
  city.send(`${addresses['bus']}/bus/v1/departments`, { headers: { authorization: `Bearer ${city.busToken}` } });
const book = (idempotencyKey: string) => city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey });
const send = (name: string): Promise<Reply> =>
  city.send(`${addresses['bus']}/bus/test/${name}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' },
    body: '{"text":"note"}',
  });
const outputs = () => roles.map(({ name, output }) => `--- ${name}\n${output().slice(-3000)}`).join('\n');

test('what control publishes is served by gateways apart, and their flows run', { skip }, async () => {
  assert.equal((await departments()).status, 200, outputs());
  await city.admin('PUT', '/interfaces/ifc_bus_departments/state', { state: 'offline' });
  await until('the interface offline', async () => /GW40403/.test((await departments()).text));
  await city.admin('PUT', '/interfaces/ifc_bus_departments/state', { state: 'online' });
  await until('the interface back', async () => (await departments()).status === 200);
  assert.equal((await city.reports('P000001')).status, 200, outputs());
  const booked = await book('first');
  assert.equal(booked.status, 201, outputs());
  await offer('note', { type: 'transform.set@1', config: { fields: [{ to: 'data.isTaken', from: { value: true } }] } });
});

/** A durable flow behind an interface of the bus front, until it takes messages. */
async function offer(name: string, node: Parameters<typeof chainFlow>[1][number]): Promise<void> {
  await city.admin('PUT', `/flows/flw_${name}`, chainFlow(`flw_${name}`, [node], { mode: 'durable' }));
  await city.admin('POST', `/flows/flw_${name}/publish`, {});
  await city.admin('PUT', `/interfaces/ifc_${name}`, busInterface(`flw_${name}`));
  const security = await city.person(['security-admin']);
  const grant = { grantId: `grt_${name}`, revision: 0, appId: 'B20001', interfaceId: `ifc_${name}` };
  assert.equal((await security.call('PUT', `/grants/grt_${name}`, grant)).status, 200);
  await until(`${name} is offered`, async () => (await send(name)).status === 202);
}

const systemOf = async () => (await city.admin('GET', '/system')) as SystemReport;
const pidOf = (name: string) => roles.find((role) => role.name === name)?.child.pid;

test('each control shows every process and the counts of all; what is killed is told, and counts no more', { skip }, async () => {
  const viewer = await city.person(['viewer']);
  const workers = [pidOf('worker-a'), pidOf('worker-b')];
  const { processes, gateways } = await until('gateways and the listening worker are told', async () => {
    const report = JSON.parse((await viewer.call('GET', '/system')).text) as SystemReport;
    const listening = report.listeners?.find(({ state }) => state === 'listening');
    return report.gateways.length === 3 && workers.includes(listening?.process.pid) && report;
  });
  const told = processes.filter(({ state }) => state === 'alive').map(({ role, pid }) => `${role} ${pid}`);
  const started = roles.map(({ name, child }) => `${roleOf(name)} ${child.pid}`);
  assert.deepEqual(told.sort(), started.sort());
  assert.deepEqual(
    gateways.map(({ front, address }) => [front, address]),
    (['bus', 'open', 'user'] as const).map((front) => [front, addresses[front]]),
  );
  // The feed runs on a worker, a booking in the open gateway: neither control runs either.
  for (const control of [city.control, addresses['control-b']]) {
    const headers = { authorization: `Bearer ${city.cliToken}`, 'x-kq-client': 'test' };
    for (const flowId of ['flw_admission', 'flw_appointment'])
      await until(`${control} counts ${flowId}`, async () => {
        const live = (await city.send(`${control}/api/v1/flows/${flowId}/live`, { headers })).json() as FlowLiveDetail;
        return (
          live.nodes.length > 0 && live.nodes.every(({ done }) => done > 0 || flowId === 'flw_appointment') && live.edges[0]!.passed > 0
        );
      });
  }
});

const toldAs = (state: string, { child: { pid } }: RoleProcess) =>
  until(
    `process ${pid} is ${state}`,
    async () => (await systemOf()).processes.some((one) => one.pid === pid && one.state === state),
    30_000,
  );

const roleOf = (name: string) => (name.startsWith('worker') ? 'worker' : name.startsWith('control') ? 'control' : `gateway ${name}`);

test('a durable call, its acceptance, its run and the request to the hospital are one trace over three processes', { skip }, async () => {
  hospital = await startHospital();
  await city.admin('PUT', '/adapters/adp_beds', {
    ...{ adapterId: 'adp_beds', revision: 0, name: { 'zh-CN': '床位', en: 'Beds' }, protocol: 'http', owner: 'test', domain: 'sh-city' },
    environments: { DEV: { baseUrl: `http://127.0.0.1:${hospital.port}` } },
  });
  await offer('beds', { type: 'http.call@1', adapter: 'adp_beds', config: { method: 'PUT', path: '/beds' } });
  await until('the hospital is asked', async () => hospital.seen.length > 0);
  const { server, run, call } = await traceOf(hospital.seen[0]!);
  assert.equal(run.attributes['kangqiao.claim'], 1);
  assert.notEqual(server.instance, run.instance);
  assert.equal(hospital.seen[0], `00-${call.traceId}-${call.spanId}-01`);
});

test('a worker is killed while it asks a hospital', { skip }, async () => {
  hospital.isSilent = true;
  const asked = hospital.seen.length;
  assert.equal((await send('beds')).status, 202);
  await until('the hospital is asked', async () => hospital.seen.length > asked);
  // Which one asked, only its connection knows: it ends with its process.
  for (const name of ['worker-a', 'worker-b']) {
    if (hospital.waiting() > 0) await roles.find((role) => role.name === name)!.end('SIGKILL');
    await new Promise((resolve) => setImmediate(resolve));
  }
  hospital.isSilent = false;
  await Promise.all([startWorker('worker-c'), startWorker('worker-d')]);
});

test('one worker listens; when it is killed another does, and no message is lost, doubled or overtaken', { skip }, async () => {
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const before = hospitalC.state().acknowledged;
    await until(`the feed goes on, ${kill}`, async () => hospitalC.state().acknowledged >= before + 10, 60_000);
    const listening = listener();
    await (kill === KILLS ? listening.end('SIGTERM') : listening.end('SIGKILL'));
    const killedAt = performance.now();
    const acknowledged = hospitalC.state().acknowledged;
    await until('another listens', async () => hospitalC.state().acknowledged > acknowledged + 1, 60_000);
    console.info(`${kill === KILLS ? 'stop' : 'kill'}: the feed went on after ${Math.round(performance.now() - killedAt)} ms`);
    await startWorker(`worker-${kill}`);
    if (kill === 1) await toldAs('silent', listening);
    if (kill === KILLS) await toldAs('stopped', listening);
  }
});

test('who takes a message over goes on with its trace', { skip }, async () => {
  const [first, second] = await until(
    'the hospital is asked again',
    async () => hospital.seen.length >= 3 && hospital.seen.slice(-2),
    120_000,
  );
  const { server, run, call } = await traceOf(second!);
  assert.equal(first!.split('-')[1], server.traceId);
  assert.equal(run.attributes['kangqiao.claim'], 2);
  assert.equal(second, `00-${call.traceId}-${call.spanId}-01`);
});

/** What the collector has of a call to the hospital, each span beneath the one that led to it. */
async function traceOf(traceparent: string) {
  const [, traceId, spanId] = traceparent.split('-');
  const spans = await servers.collector.spansOf(traceId!, [SERVER, CONSUMER]);
  const [server, accept, run] = [SERVER, PRODUCER, CONSUMER].map((kind) => onlySpan(spans, (span) => span.kind === kind)) as [
    ReceivedSpan,
    ReceivedSpan,
    ReceivedSpan,
  ];
  const call = onlySpan(spans, (span) => span.spanId === spanId);
  assert.deepEqual(
    [server.parentSpanId, accept.parentSpanId, run.parentSpanId, call.parentSpanId],
    ['', server.spanId, accept.spanId, run.spanId],
  );
  assert.deepEqual([accept.name, run.name, call.kind, accept.instance], ['accept flw_beds', 'run flw_beds', CLIENT, server.instance]);
  return { server, run, call };
}

test(
  'with the database down: proxied interfaces and flows that read go on, others answer 503 with Retry-After, the feed waits; all comes back',
  { skip },
  async () => {
    servers.toStore.refuse();
    const acknowledged = hospitalC.state().acknowledged;
    const end = performance.now() + DOWN_MS;
    for (let round = 0; performance.now() < end; round += 1) {
      assert.equal((await departments()).status, 200, outputs());
      const read = await city.reports('P000001');
      assert.equal(read.status, 200, `${read.text}\n${outputs()}`);
      const written = await book(`down-${round}`);
      assert.equal(written.status, 503, outputs());
      assert.ok(Number(written.headers['retry-after']) >= 1);
      const sent = await send('note');
      assert.deepEqual([sent.status, Number(sent.headers['retry-after']) >= 1], [503, true], `${sent.text}\n${outputs()}`);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.ok(hospitalC.state().acknowledged <= acknowledged + 1, 'nothing is acknowledged that cannot be stored');
    servers.toStore.heal();
    const healedAt = performance.now();
    let last = '';
    await until(
      'a booking',
      async () => {
        const answer = await book('after');
        last = `${answer.status} ${Buffer.from(answer.body).toString()}`;
        return answer.status === 201;
      },
      BACK_WITHIN_MS,
    ).catch((error: unknown) => assert.fail(`${String(error)}: ${last}\n${outputs()}`));
    const bookedMs = performance.now() - healedAt;
    await until('a durable call', async () => (await send('note')).status === 202, BACK_WITHIN_MS);
    await until('the feed', async () => hospitalC.state().acknowledged > acknowledged + 3, BACK_WITHIN_MS);
    console.info(
      `down for ${DOWN_MS} ms; booked after ${Math.round(bookedMs)} ms, the feed went on after ${Math.round(performance.now() - healedAt)} ms`,
    );
    for (const role of roles)
      assert.equal(role.child.exitCode !== null && !role.name.startsWith('worker'), false, `${role.name} ended:\n${role.output()}`);
  },
);

test('with Redis gone signed calls answer 503 with Retry-After, citizens and the bus are served; all comes back', { skip }, async () => {
  servers.toShared.refuse();
  const refused = await book('without-nonces');
  assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '1']);
  assert.match(Buffer.from(refused.body).toString(), /GW50303/);
  assert.equal((await city.reports('P000001')).status, 200, outputs());
  assert.equal((await departments()).status, 200, outputs());
  servers.toShared.heal();
  await until('a booking', async () => (await book('without-nonces')).status === 201, BACK_WITHIN_MS);
});

test('two processes share a port: both are reached, a killed one is replaced, and a signal ends them', { skip }, async (t) => {
  const port = await freePort();
  const tlsFrom = join(scratch, 'data', 'tls');
  await cp(tlsFrom, join(scratch, 'bus-twice', 'tls'), { recursive: true });
  const twice = startRole(
    scratch,
    'bus-twice',
    ['gateway', '--front', 'bus', '--bus-port', String(port), '--processes', '2'],
    servers.environment,
  );
  t.after(() => twice.end('SIGKILL'));
  await until('both processes are ready', async () => twice.output().match(/gateway\.ready /g)?.length === 2);
  const readers = async () => {
    const report = (await city.admin('GET', '/system')) as SystemReport;
    return report.gateways.filter(({ address }) => address.endsWith(`:${port}`));
  };
  const both = await until('control knows both', async () => {
    const found = await readers();
    return found.length === 2 && found;
  });
  /** Calls over connections of their own, at once. */
  const call = async (count: number) => {
    const statuses = Array.from({ length: count }, async () => {
      const answer = await fetchOnce(`https://127.0.0.1:${port}/bus/v1/departments`, city.busToken);
      return answer.status;
    });
    return Promise.allSettled(statuses);
  };
  const answers = await call(100);
  assert.ok(
    answers.every((one) => one.status === 'fulfilled' && one.value === 200),
    JSON.stringify(answers.slice(0, 5)),
  );
  await until('each has taken a share of the connections', async () => (await readers()).every(({ requests }) => requests >= 20));
  process.kill(both[0]!.pid, 'SIGKILL');
  await until('another takes its place', async () => twice.output().match(/gateway\.ready /g)?.length === 3);
  await until('all calls are served again', async () => (await call(40)).every((one) => one.status === 'fulfilled' && one.value === 200));
  assert.equal(await twice.end('SIGTERM'), 0, twice.output());
});

test('citizens reach flows over a gateway in the DMZ, which knows neither database nor Redis', { skip }, async (t) => {
  const { key, cert } = await makeCertificate();
  const [certFile, keyFile] = [join(scratch, 'dmz.crt'), join(scratch, 'dmz.key')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  const node = `user:sh-city@${new X509Certificate(cert).fingerprint256}`;
  const inside = startRole(scratch, 'bus-again', ['gateway', '--front', 'bus', '--bus-port', '0'], {
    ...servers.environment,
    KQ_FORWARD_NODES: node,
  });
  t.after(() => inside.end('SIGKILL'));
  const [, address] = await inside.says(/gateway\.ready .*address=(\S+)/);
  await cp(join(scratch, 'data', 'tls'), join(scratch, 'dmz', 'tls'), { recursive: true });
  const dmz = startRole(scratch, 'dmz', ['gateway', '--front', 'user', '--flows', 'forward', '--user-port', '0'], {
    KQ_FORWARD_TO: address!.replace('127.0.0.1', 'localhost'),
    KQ_FORWARD_CERT_FILE: certFile,
    KQ_FORWARD_KEY_FILE: keyFile,
    KQ_FORWARD_CA_FILE: join(scratch, 'dmz', 'tls', 'ca.crt'),
  });
  t.after(() => dmz.end('SIGKILL'));
  const [, door] = await dmz.says(/gateway\.ready .*address=(\S+)/);
  const reports = async (patientId: string) =>
    city.send(`${door}/user/v1/reports`, { headers: { authorization: `Bearer ${await city.userToken({ sub: patientId, patientId })}` } });
  assert.equal((await reports('P000001')).status, 200, dmz.output() + inside.output());
  assert.equal((await city.send(`${door}/user/v1/reports`)).status, 401);
  assert.equal(await inside.end('SIGTERM'), 0, inside.output());
  const refused = await reports('P000001');
  assert.deepEqual([refused.status, /GW50305/.test(refused.text), refused.headers['retry-after']], [503, true, '1']);
  assert.equal(await dmz.end('SIGTERM'), 0, dmz.output());
});

test(
  'what starts while database, Redis and control are gone waits for them; a gateway serves what it kept meanwhile',
  { skip },
  async () => {
    const bus = roles.find(({ name }) => name === 'bus')!;
    assert.equal(await bus.end('SIGTERM'), 0, bus.output());
    for (const name of ['control', 'control-b']) await roles.find((role) => role.name === name)!.end('SIGKILL');
    servers.toStore.refuse();
    servers.toShared.refuse();
    const again = start('bus', 'gateway', '--front', 'bus', '--bus-port', String(ports.bus));
    addresses['bus'] = (await again.says(/gateway\.ready .*address=(\S+)/))[1]!;
    assert.equal((await departments()).status, 200, again.output());
    const waiting = [start('worker-late', 'worker'), start('control', 'control', '--control-port', String(ports.control))];
    const given = start('worker-given-up', 'worker');
    for (const role of [...waiting, given]) await role.says(/store\.waits .*STORE_DOWN/);
    assert.equal(await given.end('SIGTERM'), 0, given.output());
    servers.toStore.heal();
    servers.toShared.heal();
    await again.says(/gateway\.engine-open/);
    assert.equal(await again.end('SIGTERM'), 0, again.output());
    for (const role of waiting) await role.says(/worker\.ready|control\.listening/);
  },
);

test('everything that was acknowledged came to the district once, in its order', { skip }, async () => {
  await hospitalC.stop();
  const lines = readJournal(journal).slice(1);
  assert.ok(lines.length > 50, `${lines.length} messages`);
  const { byPatient } = await until(
    'every message delivered',
    async () => {
      const state = district.state();
      return lines.every(({ patientId, controlId }) => state.byPatient[patientId]?.includes(controlId)) && state;
    },
    60_000,
  );
  const notices = Object.values(byPatient).flat();
  assert.equal(new Set(notices).size, notices.length, 'none came under two keys');
  for (const [patient, numbers] of Object.entries(byPatient)) assert.deepEqual(numbers, [...numbers].sort(), `the order of ${patient}`);
});

/** One call over a connection of its own. */
function fetchOnce(url: string, token: string): Promise<{ readonly status: number | undefined }> {
  return new Promise((resolve, reject) => {
    const options = { agent: false, rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } };
    get(url, options, (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode }));
    }).on('error', reject);
  });
}

/** The worker that listens for the feed now. */
function listener(): RoleProcess {
  const alive = roles.filter(({ name, child }) => name.startsWith('worker') && child.exitCode === null && child.signalCode === null);
  const last = alive.map((role) => ({ role, at: role.output().lastIndexOf('mllp.listening') })).filter(({ at }) => at >= 0);
  assert.equal(last.length, 1, `one listens: ${outputs()}`);
  return last[0]!.role;
}

/** A hospital that notes the trace context of each request, and keeps requests waiting while it is silent. */
async function startHospital() {
  const seen: string[] = [];
  const waiting = new Set<ServerResponse>();
  const server = createServer((incoming, answer) => {
    seen.push(String(incoming.headers['traceparent']));
    if (!opened.isSilent) return void answer.setHeader('content-type', 'application/json').end('{"free":3}');
    waiting.add(answer);
    answer.once('close', () => waiting.delete(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const opened = { port: (server.address() as AddressInfo).port, seen, isSilent: false, waiting: () => waiting.size };
  outside.push({
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  });
  return opened;
}
