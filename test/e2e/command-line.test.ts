/** Every command of the command line against the running product: what it prints, what it leaves, its exit code. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { FlowDocument } from '../../engine/contract/flow-document.ts';
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

const run = (args: readonly string[], input = '') => runCommand(['--data', platform.dataFolder, ...args], input);

async function ok(args: readonly string[], input = '') {
  const ended = await run(args, input);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
  return ended;
}

test('help of every command says what it does, with an example, and wrong usage ends with 2', async () => {
  const commands = [
    '',
    'start',
    'gateway',
    'worker',
    'control',
    'login',
    'sign',
    'doctor',
    'version',
    'keys',
    'keys new',
    'keys prove',
    'flow',
    'archive',
    'move',
    'backup',
    'restore',
  ];
  commands.push(...['list', 'get', 'validate', 'test', 'publish', 'run', 'rollback'].map((name) => `flow ${name}`));
  commands.push(...['list', 'search', 'show', 'run'].map((name) => `archive ${name}`));
  const helps = await Promise.all(commands.map((command) => runCommand([...command.split(' ').filter(Boolean), '--help'])));
  for (const [index, { code, stdout }] of helps.entries()) {
    assert.equal(code, 0, commands[index]);
    assert.match(stdout, /^Usage: kangqiao/, commands[index]);
  }
  assert.match(helps[0]!.stdout, /Exit codes:[^]*0 done[^]*5 conflict/);
  const without = commands.filter((command, index) => command !== '' && !/Examples?:/.test(helps[index]!.stdout));
  assert.deepEqual(without, [], 'without an example');
  for (const args of [['nonsense'], ['flow'], ['flow', 'publish'], ['sign', 'https://a/'], ['start', '--open-port', 'x'], ['keys', 'new']])
    assert.equal((await runCommand(args)).code, 2, args.join(' '));
});

test('version and doctor tell what runs', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  assert.match((await ok(['version'])).stdout, new RegExp(`${version.replaceAll('.', '\\.')}[^]*Node 24\\.`));
  assert.equal((await runCommand(['--version'])).stdout.trim(), version);
  const doctor = await ok(['doctor']);
  assert.match(doctor.stdout, /SM2/);
  assert.match(doctor.stdout, new RegExp(`control at ${city.control}: logged in as admin`));
  assert.match(doctor.stdout, /MB free/);
});

test('a flow goes from list to file, is checked, tested, run, published and rolled back', async () => {
  assert.match((await ok(['flow', 'list'])).stdout, /flw_appointment +预约挂号 +sync +published 1/);
  const listed = JSON.parse((await ok(['flow', 'list', '--json'])).stdout) as { flowId: string }[];
  assert.equal(listed.length, 3);
  const flow = JSON.parse((await ok(['flow', 'get', 'flw_appointment'])).stdout) as FlowDocument;
  const file = join(scratch, 'appointment.json');
  await writeFile(file, JSON.stringify(flow));
  await ok(['flow', 'validate', file]);
  assert.match((await ok(['flow', 'validate', 'flw_reports'])).stderr, /valid/);
  const tested = await ok(['flow', 'test', file]);
  assert.match(tested.stdout, /^✓ /m);
  assert.match(tested.stderr, /test 1 of \d/);
  const mocks = join(scratch, 'mocks.json');
  await writeFile(mocks, JSON.stringify(flow.tests[0]!.mocks));
  const input = JSON.stringify({ data: { body: booking('A'), query: {}, params: {} } });
  const tried = await ok(['flow', 'run', file, '--mocks', mocks], input);
  assert.match(tried.stderr, /✓ n_book_a completed/);
  assert.equal((JSON.parse(tried.stdout) as { status: string }).status, 'completed');
  await writeFile(file, JSON.stringify({ ...flow, description: { 'zh-CN': '改', en: 'changed' }, deadlineMs: flow.deadlineMs - 1 }));
  assert.match((await ok(['flow', 'publish', file])).stdout, /version 2 is published/);
  assert.match((await ok(['flow', 'publish', file])).stdout, /version 2 was published already/, 'the file follows its revision');
  assert.match((await ok(['flow', 'publish', 'flw_appointment'])).stdout, /version 2 was published already/);
  assert.match((await ok(['flow', 'rollback', 'flw_appointment'])).stdout, /serves version 1 again/);
  assert.match((await ok(['flow', 'rollback', 'flw_appointment', '2'])).stdout, /serves version 2 again/);
});

test('a wrong file ends with 1 and every problem, a stale one with 5, and what serves goes on', async () => {
  const stored = JSON.parse((await ok(['flow', 'get', 'flw_reports'])).stdout) as FlowDocument;
  const file = join(scratch, 'wrong.json');
  const nodes = [...stored.nodes, { id: 'n_x', type: 'no.such@1', label: '', config: {} }];
  const edges = [...stored.edges, { id: 'e_x', from: { node: 'n_gone', port: 'ok' }, to: { node: 'n_x', port: 'in' } }];
  await writeFile(file, JSON.stringify({ ...stored, nodes, edges }));
  for (const command of ['validate', 'publish']) {
    const wrong = await run(['flow', command, file]);
    assert.equal(wrong.code, 1, wrong.stderr);
    assert.ok(`${wrong.stdout}${wrong.stderr}`.split('✗').length >= 3, 'at least two problems');
  }
  await writeFile(file, JSON.stringify({ ...stored, revision: 99 }));
  assert.equal((await run(['flow', 'publish', file])).code, 5);
  await writeFile(file, '{"nodes": [');
  assert.equal((await run(['flow', 'publish', file])).code, 2);
  assert.equal((await run(['flow', 'publish', join(scratch, 'absent.json')])).code, 2);
  assert.equal((await run(['flow', 'get', 'flw_absent'])).code, 1);
  assert.equal((await run(['flow', 'list', '--address', 'http://127.0.0.1:1'])).code, 3);
  assert.equal((await city.reports('P000002')).status, 200);
});

test('a key made here, proved here and uploaded signs a call that curl sends', async () => {
  const made = await ok(['keys', 'new', '--sm2', '--out', scratch, '--name', 'own']);
  const [key = '', publicFile = ''] = made.stdout.trim().split('\n');
  const security = await city.person(['security-admin']);
  const upload = { keyId: 'k2', scheme: 'SM2-SM3', publicPem: await readFile(publicFile, 'utf8') };
  const { challenge } = (await security.call('POST', '/apps/A10021/keys', upload)).json() as { challenge: string };
  const proof = (await ok(['keys', 'prove', '--key', key], challenge)).stdout.trim();
  const activated = await security.call('POST', '/apps/A10021/keys/k2/activate', { signature: proof });
  assert.equal(activated.status, 200, activated.text);
  const sign = ['sign', '--app', 'A10021', '--key-id', 'k2', '--key', key];
  const url = `${city.open}/open/v1/slots?department=01`;
  await until('the key at the gateway', async () => (await run([...sign, '--send', url])).code === 0);
  const { platformKey } = (await city.admin('GET', '/overview')) as { platformKey: { publicPem: string } };
  const platformFile = join(scratch, 'platform.pem');
  await writeFile(platformFile, platformKey.publicPem);
  const sent = await ok([
    ...sign,
    '--send',
    '--platform-key',
    platformFile,
    '-H',
    'Idempotency-Key: cli-1',
    '-d',
    JSON.stringify(booking('B')),
    `${city.open}/open/v1/appointments`,
  ]);
  assert.match(sent.stderr, /HTTP 201[^]*signature holds/);
  const printed = (await ok([...sign, url])).stdout;
  const curled = await promisify(execFile)('sh', ['-c', printed]);
  assert.match(curled.stdout, /"slots"/, 'the printed curl works as it stands');
  const again = await promisify(execFile)('sh', ['-c', printed]);
  assert.match(again.stdout, /GW40104/, 'and counts once');
  const refused = await run([...sign, '--send', `${city.open}/open/v1/nothing`]);
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, /GW40401/);
  assert.equal((await run(['keys', 'new', '--sm2', '--out', scratch, '--name', 'own'])).code, 1, 'never over a key');
});

test('a second start on the same folder is refused and says so', async () => {
  const second = await runCommand([
    '--data',
    platform.dataFolder,
    'start',
    '--open-port',
    '0',
    '--user-port',
    '0',
    '--bus-port',
    '0',
    '--control-port',
    '0',
  ]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /another process|in use|open in/i);
  assert.equal((await city.reports('P000002')).status, 200);
});

test('login changes the one-time password, ends what was open, and leaves a token of its own; a viewer is told what he may not', async () => {
  const [name = '', password = ''] = (await readFile(join(platform.dataFolder, 'handover', 'one-time-password'), 'utf8')).split('\n');
  assert.equal(name, 'admin');
  assert.equal((await stat(join(platform.dataFolder, 'handover', 'one-time-password'))).mode & 0o777, 0o600);
  const folder = join(scratch, 'elsewhere');
  const login = (input: string, account = name) =>
    runCommand(['--data', folder, 'login', '--name', account, '--address', city.control], input);
  assert.equal((await login('wrong\n')).code, 4);
  const looker = { name: 'looker', displayName: 'L', roles: ['viewer'] };
  const made = (await city.admin('POST', '/accounts', looker)) as { oneTimePassword: string };
  const changed = await login(`${password}\nA-Better-Password-1\nA-Better-Password-1\n`);
  assert.equal(changed.code, 0, changed.stderr);
  assert.equal((await stat(join(folder, 'handover', 'cli-token'))).mode & 0o777, 0o600);
  assert.equal((await runCommand(['--data', folder, 'flow', 'list'])).code, 0);
  assert.equal((await login(`${password}\n`)).code, 4, 'the one-time password counts once');
  assert.equal((await run(['flow', 'list'])).code, 4, 'tokens from before the change of the password are void');
  const viewer = await login(`${made.oneTimePassword}\nA-Better-Password-2\nA-Better-Password-2\n`, 'looker');
  assert.equal(viewer.code, 0, viewer.stderr);
  assert.equal((await runCommand(['--data', folder, 'flow', 'list'])).code, 0);
  const refused = await runCommand(['--data', folder, 'flow', 'publish', 'flw_reports']);
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /flows\.publish/);
});
