// @never-rerun: a single failure is a failure.
/** Two gateway processes on one port, a control and one PostgreSQL and Redis: one process is drained, and control says if it is silent. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SystemReport } from '../../control/system/system.ts';
import { freePort, isFree } from '../servers/free-port.ts';
import { prepareApart, startApartServers, startRole, type ApartServers, type RoleProcess } from '../support/apart.ts';
import { openCity, until, type City, type Reply } from '../support/city.ts';
import { busInterface } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform } from '../support/platform-process.ts';

const skip = prepareApart();
const INTERFACE = 'ifc_slow';
const REASON = 'A new disk';

let scratch: string;
let servers: ApartServers;
let city: City;
let service: Server;
let statusPort: number;
let isHeld = false;
const held: ServerResponse[] = [];
const roles: RoleProcess[] = [];

before(async () => {
  if (skip !== undefined) return;
  scratch = await makeScratch();
  const ports = await choosePorts();
  servers = await startApartServers(scratch);
  service = createServer((_request, response) => void (isHeld ? held.push(response) : response.end('{}')));
  await once(service.listen(0, '127.0.0.1'), 'listening');
  // The first process makes the example city, and ends.
  const platform = await startPlatform({ scratch, ports, example: true, environment: servers.environment });
  city = await openCity(platform);
  assert.equal((await platform.end('SIGINT')).code, 0, platform.output());
  for (const name of ['bus', 'control']) await cp(join(scratch, 'data', 'tls'), join(scratch, name, 'tls'), { recursive: true });
  statusPort = await freePairOfPorts();
  const control = startRole(scratch, 'control', ['control', '--control-port', String(ports.control)], servers.environment);
  const gateways = startRole(scratch, 'bus', ['gateway', '--front', 'bus', '--bus-port', String(ports.bus), '--processes', '2'], {
    ...servers.environment,
    KQ_STATUS_PORT: String(statusPort),
  });
  roles.push(control, gateways);
  await control.says(/control\.listening/);
  await until('both processes are ready', async () => gateways.output().match(/gateway\.ready /g)?.length === 2, 60_000);
  const { port } = service.address() as AddressInfo;
  await city.admin('PUT', `/interfaces/${INTERFACE}`, {
    ...busInterface('flw_none', { interfaceId: INTERFACE, path: '/bus/test/slow', method: 'GET', timeoutMs: 60_000 }),
    target: { kind: 'upstream', groups: [{ name: 'v1', instances: [{ address: `http://127.0.0.1:${port}`, weight: 1 }] }] },
  });
  const security = await city.person(['security-admin']);
  await security.call('PUT', '/grants/grt_slow', { grantId: 'grt_slow', revision: 0, appId: 'B20001', interfaceId: INTERFACE });
  await until('it is served', async () => (await call()).status === 200);
});
after(async () => {
  for (const { child, end } of roles) {
    child.kill('SIGCONT');
    await end('SIGINT');
  }
  service?.closeAllConnections();
  service?.close();
  await city?.close();
  await servers?.stop();
  if (scratch !== undefined) await removeScratch(scratch);
});

/** Two free ports, one after the other. */
async function freePairOfPorts(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (await isFree(port + 1)) return port;
  }
}

function call(): Promise<Reply> {
  return city.send(`${city.bus}/bus/test/slow`, { headers: { authorization: `Bearer ${city.busToken}` } });
}

/** What a load balancer sees of each process. Each question opens a connection of its own: one kept from before a stop may just be closing. */
async function readiness(): Promise<readonly number[]> {
  return (await Promise.all([statusPort, statusPort + 1].map(statusOf))).sort();
}

async function statusOf(port: number): Promise<number> {
  const [answer] = (await once(get({ host: '127.0.0.1', port, path: '/readyz', agent: false }), 'response')) as [IncomingMessage];
  return answer.resume().statusCode!;
}

async function gatewaysOf(): Promise<SystemReport['gateways']> {
  return ((await city.admin('GET', '/system')) as SystemReport).gateways;
}

const change = (processId: string, what: 'drain' | 'resume') => city.admin('POST', `/gateways/${processId}/${what}`, { reason: REASON });

test('the process with a running call is drained: it alone is not ready, its call ends well, and it returns', { skip }, async () => {
  assert.deepEqual(await readiness(), [200, 200]);
  isHeld = true;
  const running = call();
  const busy = await until(
    'control sees where the call runs',
    async () => (await gatewaysOf()).find(({ inFlight }) => inFlight === 1),
    30_000,
  );
  assert.deepEqual(await change(busy.processId, 'drain'), {
    ...{ processId: busy.processId, isDraining: true },
    gateways: [{ front: 'bus', inFlight: 1 }],
  });
  assert.deepEqual(await readiness(), [200, 503]);
  const isShown = async () => {
    const found = await gatewaysOf();
    return found.length === 2 && found.every(({ processId, isDraining }) => isDraining === (processId === busy.processId));
  };
  await until('control shows which one drains', isShown, 30_000);
  isHeld = false;
  held.pop()!.end('{}');
  const { status, headers } = await running;
  assert.deepEqual([status, headers['connection']], [200, 'close']);
  await until('no call is left', async () => (await gatewaysOf()).every(({ inFlight }) => inFlight === 0), 30_000);
  await change(busy.processId, 'resume');
  assert.deepEqual(await readiness(), [200, 200]);
});

test('a process that hangs is reported as silent; one that was restarted is ready, and its old id is gone', { skip }, async () => {
  const [first] = await gatewaysOf();
  const { processId, pid } = first!;
  process.kill(pid, 'SIGSTOP');
  const operator = await city.person(['operator']);
  const drain = () => operator.call('POST', `/gateways/${processId}/drain`, { reason: REASON });
  const asked = await drain();
  process.kill(pid, 'SIGCONT');
  assert.deepEqual([asked.status, (asked.json() as { code: string }).code], [503, 'GATEWAY_PROCESS_SILENT']);
  // It got the question nevertheless.
  await until('it drains late', async () => (await readiness()).includes(503), 30_000);
  process.kill(pid, 'SIGTERM');
  const isBack = async () => (await gatewaysOf()).length === 2 && !(await gatewaysOf()).some((one) => one.processId === processId);
  await until('another took its place', isBack, 60_000);
  await until('both are ready', async () => (await readiness()).every((status) => status === 200), 30_000);
  const gone = await drain();
  assert.deepEqual([gone.status, (gone.json() as { code: string }).code], [404, 'GATEWAY_PROCESS_GONE']);
});
