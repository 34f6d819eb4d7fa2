/** A gateway as a separate process: it follows the plan file, and serves from it while control is stopped. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CITY_APP, CITY_KEY_ID, cityFiles } from '../../examples/city/load-city.ts';
import { createHospitalA } from '../../examples/city/hospital-a/hospital-a.ts';
import { signRequest } from '../../sdk/public.ts';
import { booking, openCity, until, type City } from '../support/city.ts';
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
const children: ChildProcess[] = [];

before(async () => {
  scratch = await makeScratch();
  ports = await choosePorts();
  platform = await startPlatform({ scratch, ports, example: true });
  city = await openCity(platform);
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  platform?.process.kill('SIGKILL');
  await city?.close();
  await removeScratch(scratch);
});

interface Running {
  readonly child: ChildProcess;
  output(): string;
  readonly exited: Promise<number | null>;
}

interface GatewayProcess extends Running {
  readonly address: string;
  end(): Promise<number | null>;
}

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [BIN, '--data', platform.dataFolder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output, exited: new Promise((resolve) => child.once('exit', resolve)) };
}

/** Port 0: its log says which one it took. */
async function startGateway(front: 'bus' | 'open', port = 0, environment: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  const gateway = run(['gateway', '--front', front, `--${front}-port`, String(port)], environment);
  const ready = await until(
    'the gateway',
    async () => {
      assert.equal(gateway.child.exitCode, null, gateway.output());
      return /gateway\.ready .*address=(\S+)/.exec(gateway.output()) ?? undefined;
    },
    30_000,
  );
  return { ...gateway, address: ready[1]!, end: () => end(gateway) };
}

function end({ child, exited }: Running): Promise<number | null> {
  child.kill('SIGINT');
  return exited;
}

async function refused(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<string> {
  const { exited, output } = run(args, environment);
  assert.notEqual(await exited, 0, output());
  return output();
}

function departments(address: string) {
  return city.send(`${address}/bus/v1/departments`, { headers: { authorization: `Bearer ${city.busToken}` } });
}

/** A signed call of the citizens' app, as anybody on its way could record it. */
async function record() {
  const [method, url, body] = ['POST', `${city.open}/open/v1/appointments`, JSON.stringify(booking('A'))] as const;
  const key = await readFile(cityFiles(platform.cityFolder).appKey, 'utf8');
  const given = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const { headers } = await signRequest({
    ...{ method, url, headers: given, body, appId: CITY_APP, keyId: CITY_KEY_ID, scheme: 'SM2-SM3', key },
  });
  return () => city.send(url, { method, headers: { ...headers }, body });
}

test('on the embedded store a front has one process: a second is refused at its start, and told what to do', async () => {
  for (const front of ['open', 'user', 'bus']) {
    const output = await refused(['gateway', '--front', front, `--${front}-port`, '0']);
    assert.match(output, /FRONT_LOCKED/, output);
    assert.match(output, /Stop that process first\..*database server and Redis/s);
  }
});

test('a request that one process took is not taken again by the next process of its front', async () => {
  const send = await record();
  const first = await send();
  assert.ok(first.status < 300, first.text);
  assert.equal((await platform.end('SIGINT')).code, 0, platform.output());
  const gateway = await startGateway('open', ports.open);
  const again = await send();
  assert.match(again.text, /GW40102/, 'it knows none of the nonces that its predecessor took');
  assert.ok(Number(again.headers['retry-after']) > 0);
  const output = await refused(['start', '--control-port', '0', '--user-port', '0', '--bus-port', '0', '--open-port', '0']);
  assert.match(output, /FRONT_LOCKED/, 'nor may its predecessor come back beside it');
  assert.equal(await gateway.end(), 0, gateway.output());
});

test('a bus gateway that takes calls from the DMZ stands for those fronts too', async () => {
  const gateway = await startGateway('bus', 0, { KQ_FORWARD_NODES: `open:sh-city@${'ab'.repeat(32)}` });
  assert.match(await refused(['gateway', '--front', 'open', '--open-port', '0']), /FRONT_LOCKED/);
  assert.equal(await gateway.end(), 0, gateway.output());
});

test('a gateway beside control follows what control publishes', async () => {
  const control = run(['control', '--control-port', String(ports.control)]);
  await until('control', async () => control.output().includes('Kangqiao is ready'), 30_000);
  const hospital = await createHospitalA({ port: ports.example + 1 });
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
  assert.equal(await end(control), 0, control.output());
  await hospital.stop();
});

test('it serves proxied interfaces while control is stopped, and drains on Ctrl-C', async (t) => {
  const hospital = await createHospitalA({ port: ports.example + 1 });
  t.after(() => hospital.stop());
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
  await late.exited;
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
  const { child, output } = run(['gateway', '--front', 'bus', '--bus-port', '0']);
  const address = await until(
    'a word on the changed plan',
    async () => {
      if (child.exitCode !== null) return 'ended';
      return /gateway\.ready .*address=(\S+)/.exec(output())?.[1];
    },
    20_000,
  );
  if (address !== 'ended') assert.equal((await departments(address)).status, 503, output());
  assert.match(output(), /PLAN_/);
  child.kill('SIGKILL');
});
