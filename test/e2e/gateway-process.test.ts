/** A gateway as a process of its own: it follows the plan file, and serves from it while control is stopped. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createHospitalA } from '../../examples/city/hospital-a/hospital-a.ts';
import { openCity, until, type City } from '../support/city.ts';
import {
  BIN,
  choosePorts,
  makeScratch,
  removeScratch,
  startPlatform,
  type Platform,
  type PlatformPorts,
} from '../support/platform-process.ts';

let scratch: string;
let ports: PlatformPorts;
let platform: Platform;
let city: City;
const gateways: GatewayProcess[] = [];

before(async () => {
  scratch = await makeScratch();
  ports = await choosePorts();
  platform = await startPlatform({ scratch, ports, example: true });
  city = await openCity(platform);
});
after(async () => {
  for (const { child } of gateways) child.kill('SIGKILL');
  platform?.process.kill('SIGKILL');
  await city?.close();
  await removeScratch(scratch);
});

interface GatewayProcess {
  readonly child: ChildProcess;
  readonly address: string;
  output(): string;
  end(): Promise<number | null>;
}

/** Port 0: its log says which one it took. */
async function startGateway(front: 'bus' | 'open'): Promise<GatewayProcess> {
  const args = ['--data', platform.dataFolder, 'gateway', '--front', front, `--${front}-port`, '0'];
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = await until(
    'the gateway',
    async () => {
      assert.equal(child.exitCode, null, output);
      return /gateway\.ready .*address=(\S+)/.exec(output) ?? undefined;
    },
    20_000,
  );
  const gateway = {
    child,
    address: ready[1]!,
    output: () => output,
    end() {
      child.kill('SIGINT');
      return exited;
    },
  };
  gateways.push(gateway);
  return gateway;
}

function departments(address: string) {
  return city.send(`${address}/bus/v1/departments`, { headers: { authorization: `Bearer ${city.busToken}` } });
}

test('a gateway beside a running platform follows what control publishes', async () => {
  const gateway = await startGateway('bus');
  assert.equal((await departments(gateway.address)).status, 200);
  await city.admin('PUT', '/interfaces/ifc_bus_departments/state', { state: 'offline' });
  const offline = await until('the offline interface', async () => {
    const reply = await departments(gateway.address);
    return reply.status !== 200 && reply;
  });
  assert.match(offline.text, /GW40403/);
  await city.admin('PUT', '/interfaces/ifc_bus_departments/state', { state: 'online' });
  await until('the interface back', async () => (await departments(gateway.address)).status === 200);
  assert.equal(await gateway.end(), 0, gateway.output());
});

test('it serves proxied interfaces while control is stopped, started before or after the stop, and drains on Ctrl-C', async (t) => {
  const early = await startGateway('bus');
  assert.equal((await platform.end('SIGINT')).code, 0, platform.output());
  const hospital = await createHospitalA({ port: ports.example + 1 });
  t.after(() => hospital.stop());
  assert.equal((await departments(early.address)).status, 200);
  assert.equal(await early.end(), 0, early.output());
  const late = await startGateway('bus');
  const reply = await departments(late.address);
  assert.equal(reply.status, 200, reply.text);
  assert.match(reply.text, /内科/);
  assert.equal((await city.send(`${late.address}/bus/v1/departments`)).status, 401, 'and asks who calls as before');
  const post = await city.send(`${late.address}/bus/v1/registrations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${city.busToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ patientId: 'P000002', departmentCode: '01', date: '2026-12-01' }),
  });
  assert.equal(post.status, 201, post.text);
  late.child.kill('SIGKILL');
  const again = await startGateway('bus');
  assert.equal((await departments(again.address)).status, 200, 'after a kill too');
  assert.equal(await again.end(), 0, again.output());
});

test('the plan file tells nothing, and one that was changed serves nothing', async () => {
  const file = join(platform.dataFolder, 'plans', 'plan');
  const bytes = await readFile(file);
  for (const word of ['A10021', 'ifc_bus_departments', 'PRIVATE KEY', '/bus/v1']) assert.ok(!bytes.includes(word), word);
  const changed = Buffer.from(bytes);
  changed[Math.floor(bytes.length / 2)]! ^= 1;
  await writeFile(file, changed);
  const child = spawn(process.execPath, [BIN, '--data', platform.dataFolder, 'gateway', '--front', 'bus', '--bus-port', '0'], {
    stdio: 'pipe',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const address = await until(
    'a word on the changed plan',
    async () => {
      if (child.exitCode !== null) return 'ended';
      return /gateway\.ready .*address=(\S+)/.exec(output)?.[1];
    },
    20_000,
  );
  if (address !== 'ended') assert.equal((await departments(address)).status, 503, output);
  assert.match(output, /PLAN_/);
  child.kill('SIGKILL');
});
