/** Every command of the command line against the running product: what it prints, what it leaves, its exit code. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createProgram } from '../../cli/main.ts';
import { createTerminal } from '../../cli/shared/terminal.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
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
  const program = createProgram(createTerminal(new AbortController().signal));
  const commands = [program, ...program.commands, ...program.commands.flatMap((command) => command.commands)];
  assert.ok(commands.length > 50, `${commands.length} commands`);
  for (const command of commands) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    assert.match(help, /^Usage: kangqiao/, command.name());
    if (command !== program) assert.match(help, /Examples?:\n {2}\$ /, `${command.parent?.name()} ${command.name()}`);
  }
  const help = await runCommand(['--help']);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /Exit codes:[^]*0 done[^]*5 conflict/);
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
  assert.match((await ok(['flow', 'publish', file])).stdout, /version 2 was already published/, 'the file follows its revision');
  assert.match((await ok(['flow', 'publish', 'flw_appointment'])).stdout, /version 2 was already published/);
  assert.match((await ok(['flow', 'rollback', 'flw_appointment'])).stdout, /version 1 is published again/);
  assert.match((await ok(['flow', 'rollback', 'flw_appointment', '2'])).stdout, /version 2 is published again/);
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

test('an installation is kept in files: what they say is shown, applied, and left alone when it is the same', async () => {
  const file = join(scratch, 'district.json');
  const district = JSON.parse((await ok(['adapter', 'get', 'adp_district'])).stdout) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...district, revision: 0 }));
  assert.match((await ok(['adapter', 'diff', file])).stderr, /No difference/);
  assert.match((await ok(['adapter', 'apply', file])).stdout, /^adp_district unchanged$/m);
  const owner = '另一个单位';
  await writeFile(file, JSON.stringify([{ ...district, revision: 0, owner }]));
  const different = await run(['adapter', 'diff', file]);
  assert.equal(different.code, 1);
  assert.match(different.stdout, /adp_district\n {2}~ \/owner: "[^"]+" -> "另一个单位"/);
  assert.match((await ok(['adapter', 'apply', file])).stdout, /^adp_district changed, revision 2$/m);
  assert.match((await ok(['adapter', 'get', 'adp_district'])).stdout, /另一个单位/);
  await writeFile(file, JSON.stringify({ ...district, owner: '第三个单位' }));
  assert.equal((await run(['adapter', 'apply', file])).code, 5, 'its revision 1 is stale');

  await writeFile(file, JSON.stringify({ tableId: 'wards', revision: 0, name: { 'zh-CN': '病区', en: 'Wards' }, entries: { '01': 'A' } }));
  assert.match((await ok(['table', 'apply', file])).stdout, /^wards created, revision 1$/m);
  assert.match((await ok(['table', 'list'])).stdout, /^wards +病区 +1$/m);
  await ok(['table', 'delete', 'wards']);
  assert.equal((await run(['table', 'get', 'wards'])).code, 1);
  assert.notEqual((await run(['table', 'delete', 'adt-events'])).code, 0, 'a flow uses it');

  assert.match((await ok(['interface', 'list'])).stdout, /ifc_appointment_create +预约挂号 +open +POST/);
  assert.match((await ok(['app', 'list'])).stdout, /A10021 +随申办/);
  assert.match((await ok(['grant', 'get', 'grt_A10021_appointment_create'])).stdout, /"appId": "A10021"/);
  await writeFile(file, '[{"name": 1}]');
  const wrong = await run(['app', 'apply', file]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /without "appId"/);
});

test('flows go from one installation to another in a bundle, and messages are found, shown and resent', async () => {
  const file = join(scratch, 'bundle.json');
  const { stdout } = await ok(['bundle', 'export', 'flw_reports', '--source', 'published']);
  assert.deepEqual(
    (JSON.parse(stdout) as { flows: FlowDocument[] }).flows.map(({ flowId }) => flowId),
    ['flw_reports'],
  );
  await writeFile(file, stdout);
  assert.match((await ok(['bundle', 'import', file])).stdout, /is imported/);
  const booked = await city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey: 'command-line' });
  assert.equal(booked.status, 201);
  const list = async () =>
    JSON.parse((await ok(['message', 'list', '--flow', 'flw_appointment', '--status', 'completed', '--json'])).stdout) as {
      executionId: string;
    }[];
  const [found] = await until('the booking in the list', async () => (await list()).length > 0 && list());
  assert.match((await ok(['message', 'get', found!.executionId])).stdout, /"status": "completed"/);
  assert.match((await ok(['message', 'resend', found!.executionId, '--reason', 'a test'])).stdout, /was resent as exe_/);
  assert.match((await ok(['held', 'list'])).stdout, /FLOW +NODE +ERROR/);
  assert.match((await ok(['held', 'retry', '--all', '--dry-run'])).stdout, /would be selected/);
  assert.equal((await run(['held', 'cancel', '--all'])).code, 2, 'it takes a reason');
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
  assert.match(sent.stderr, /HTTP 201[^]*signature of the response is valid/);
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
  const [first] = (await readFile(join(platform.dataFolder, 'handover', 'one-time-password'), 'utf8')).split('\n');
  assert.equal(first, 'admin');
  assert.equal((await stat(join(platform.dataFolder, 'handover', 'one-time-password'))).mode & 0o777, 0o600);
  const folder = join(scratch, 'elsewhere');
  const login = (input: string, account: string) =>
    runCommand(['--data', folder, 'login', '--name', account, '--address', city.control], input);
  assert.equal((await login('wrong\n', 'admin')).code, 4);
  const make = async (name: string) =>
    (await city.admin('POST', '/accounts', { name, displayName: name, roles: ['viewer'] })) as { oneTimePassword: string };
  const { oneTimePassword: password } = await make('newcomer');
  const made = await make('looker');
  const asNewcomer = JSON.stringify({ name: 'newcomer', password });
  const type = { 'content-type': 'application/json', 'x-kq-client': 'test' };
  const open = await city.send(`${city.control}/api/v1/login`, { method: 'POST', headers: type, body: asNewcomer });
  const cookie = String(open.headers['set-cookie']).split(';')[0] ?? '';
  const me = async () => (await city.send(`${city.control}/api/v1/me`, { headers: { cookie } })).status;
  assert.equal(await me(), 200);
  const changed = await login(`${password}\nA-Better-Password-1\nA-Better-Password-1\n`, 'newcomer');
  assert.equal(changed.code, 0, changed.stderr);
  assert.equal((await stat(join(folder, 'handover', 'cli-token'))).mode & 0o777, 0o600);
  assert.equal((await runCommand(['--data', folder, 'flow', 'list'])).code, 0);
  assert.equal((await login(`${password}\n`, 'newcomer')).code, 4, 'the one-time password counts once');
  assert.equal(await me(), 401, 'what was open before the change of the password is void');
  const viewer = await login(`${made.oneTimePassword}\nA-Better-Password-2\nA-Better-Password-2\n`, 'looker');
  assert.equal(viewer.code, 0, viewer.stderr);
  assert.equal((await runCommand(['--data', folder, 'flow', 'list'])).code, 0);
  const refused = await runCommand(['--data', folder, 'flow', 'publish', 'flw_reports']);
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /flows\.publish/);
});
