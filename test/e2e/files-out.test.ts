/**
 * A system administrator, or somebody who took over that session, asks the running process for files of its machine: over the password and
 * the address of a move, and over the name of a backup. A fake database writes down all that it is sent.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { choosePorts, makeScratch, removeScratch, runCommand, startPlatform, type Platform } from '../support/platform-process.ts';

const PASSWORD = 'Bridge-of-Health-1';
const KEY = randomBytes(32).toString('base64');
const NAMES = [
  ...[
    '/dev/zero',
    '/dev/stdout',
    '/proc/self/environ',
    '/etc/passwd',
    '/tmp/out.kqb',
    '../out.kqb',
    '../../out.kqb',
    '..',
    '.',
    './out',
    'a/b',
  ],
  ...[
    '../data.kek',
    '../data/handover/cli-token',
    'out/',
    '\\out',
    '..\\out',
    'out\0.kqb',
    '%2e%2e%2fout',
    '..%2fout',
    '～/out',
    '~/out',
    ' out',
  ],
  ...[
    'out\n',
    'out\x1b[2J',
    '．．／out',
    'ou\u202et',
    '-',
    '--help',
    '.bashrc',
    'x.unfinished',
    'n'.repeat(200),
    '文'.repeat(70),
    '$(id)',
    'a;b',
  ],
];

let scratch: string;
let platform: Platform;
let fake: Awaited<ReturnType<typeof startFakeDatabase>>;
let cookie = '';

before(async () => {
  scratch = await makeScratch();
  fake = await startFakeDatabase();
  platform = await startPlatform({ scratch, ports: await choosePorts() });
  const oneTime = readFileSync(join(platform.dataFolder, 'handover', 'one-time-password'), 'utf8').split('\n')[1]!;
  await logIn(oneTime);
  assert.equal((await call('/me/password', { oldPassword: oneTime, newPassword: PASSWORD })).status, 200);
});
after(async () => {
  fake?.server.close();
  await platform?.end('SIGKILL');
  await removeScratch(scratch);
});

test('a move sends nothing of a file of the machine, whatever its input names', async () => {
  const kek = `${platform.dataFolder}.kek`;
  const server = `postgres://u@127.0.0.1:${fake.port}/db`;
  const mongo = `mongodb://u@127.0.0.1:${fake.port}/db`;
  const redis = `redis://127.0.0.1:${fake.port}`;
  const inputs = [
    { to: server, passwordFile: kek, sharedAddress: redis },
    { to: server, sharedAddress: redis, sharedPasswordFile: kek },
    { to: server, sharedAddress: redis, caFile: kek },
    ...['tlsCAFile', 'tlsCertificateKeyFile', 'tlsCRLFile', 'tlscafile', 'proxyHost'].map((name) => ({
      to: `${mongo}?${name}=${encodeURIComponent(kek)}`,
      sharedAddress: redis,
    })),
    { to: `${mongo}?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s`, sharedAddress: redis },
    { to: `${mongo}?authMechanism=MONGODB-AWS`, sharedAddress: redis },
    { to: `mongodb://u@${encodeURIComponent('/tmp/mongodb.sock')}/db`, sharedAddress: redis },
    { to: `${server}?sslrootcert=${kek}`, sharedAddress: redis },
    { to: `embedded:${join(scratch, 'stolen')}` },
    { to: 'embedded:/dev/shm/stolen' },
    { to: 'memory:' },
    { to: `file://${kek}`, sharedAddress: redis },
  ];
  for (const input of inputs) {
    const { status, body } = await call('/system/move', input);
    assert.ok([400, 422].includes(status), `${JSON.stringify(input)}: ${status} ${JSON.stringify(body)}`);
    assert.ok(['INPUT_INVALID', 'STORE_ADDRESS'].includes(String(body['code'])), `${JSON.stringify(input)}: ${JSON.stringify(body)}`);
  }
  const sent = fake.sent();
  for (const file of [kek, join(platform.dataFolder, 'tls', 'server.key'), '/etc/passwd'])
    assert.ok(!sent.includes(readFileSync(file).subarray(0, 16)), file);
  assert.equal((await call('/healthz', undefined)).status < 500, true, 'the process goes on');
});

test('a typed password goes to the named host, once the person has given their own again, and the audit line names the host', async () => {
  const to = `postgres://u@127.0.0.1:${fake.port}/db`;
  const target = { to, password: 'typed-by-a-person', sharedAddress: `redis://127.0.0.1:${fake.port}` };
  assert.equal((await call('/system/move', target, { 'x-kq-password': '' })).body['code'], 'STEP_UP_REQUIRED');
  assert.equal((await call('/system/move', target, { 'x-kq-password': 'wrong' })).body['code'], 'STEP_UP_REFUSED');
  assert.ok(!fake.sent().includes('typed-by-a-person'));
  await call('/system/move', target);
  assert.ok(fake.sent().includes('typed-by-a-person'));
  // The account that reads the trail has a different role from the one that moves the store.
  const name = 'ines';
  const { oneTimePassword } = (await call('/accounts', { name, displayName: 'I', roles: ['audit-admin'] })).body as Record<string, string>;
  const own = cookie;
  await logIn(oneTimePassword!, name);
  await call('/me/password', { oldPassword: oneTimePassword, newPassword: `${PASSWORD}-2` });
  const { items } = (await call('/audit?action=system.move&limit=200', undefined)).body as { items: { phase: string; subject?: string }[] };
  cookie = own;
  assert.ok(
    items.some(({ phase, subject }) => phase === 'intent' && subject === `${to} + ${target.sharedAddress}`),
    JSON.stringify(items),
  );
});

test('a backup writes under none of thirty names that lead elsewhere, and to its own folder alone', async () => {
  const before = listing();
  for (const file of NAMES) {
    const { body } = await call('/system/backup', { file, key: KEY });
    const isRefused = ['EXCHANGE_NAME', 'INPUT_INVALID'].includes(String(body['code']));
    assert.ok(isRefused || /^(n+)$/.test(file), `${JSON.stringify(file)}: ${JSON.stringify(body)}`);
  }
  assert.deepEqual(listing(), before);
  const key = `${platform.dataFolder}.kek`;
  symlinkSync(key, join(exchange(), 'link.kqb'));
  const kek = readFileSync(key);
  assert.equal((await call('/system/backup', { file: 'link.kqb', key: KEY })).body['code'], 'BACKUP_EXISTS');
  assert.deepEqual(readFileSync(key), kek);
  assert.equal((await call('/system/backup', { file: 'x', keyFile: key, key: KEY })).body['code'], 'INPUT_INVALID');
  const made = await call('/system/backup', { file: 'made.kqb', key: KEY });
  assert.deepEqual([made.status, made.body['file']], [200, join(exchange(), 'made.kqb')]);
  assert.equal(statSync(join(exchange(), 'made.kqb')).mode & 0o777, 0o600);
});

test('`kangqiao backup --file PATH` leaves the backup where the person wants it', async () => {
  const [file, keyFile] = [join(scratch, 'wanted.kqb'), join(scratch, 'backup.key')];
  writeFileSync(keyFile, Buffer.from(KEY, 'base64'));
  const login = await runCommand(['--data', platform.dataFolder, '--address', control(), 'login'], `${PASSWORD}\n`);
  assert.equal(login.code, 0, login.stderr);
  const args = ['--data', platform.dataFolder, 'backup', '--file', file, '--key-file', keyFile];
  const wrong = await runCommand(args, 'not-the-password\n');
  assert.deepEqual([wrong.code, existsSync(file)], [4, false], wrong.stderr);
  const made = await runCommand(args, `${PASSWORD}\n`);
  assert.equal(made.code, 0, made.stderr);
  assert.equal(readFileSync(file).subarray(0, 6).toString(), 'KQBAK1');
  assert.ok(!readdirSync(exchange()).some((name) => name.startsWith('backup-')), 'nothing is left in the exchange folder');
});

test('`kangqiao restore` fills a new store from it, refuses another key and a store in use, and the restored one starts', async (t) => {
  const [file, keyFile, otherKey] = [join(scratch, 'wanted.kqb'), join(scratch, 'backup.key'), join(scratch, 'other.key')];
  writeFileSync(otherKey, randomBytes(32));
  const restored = join(scratch, 'restored');
  mkdirSync(join(restored, 'data'), { recursive: true });
  copyFileSync(`${platform.dataFolder}.kek`, join(restored, 'data.kek'));
  const restore = (folder: string, key: string) => runCommand(['--data', folder, 'restore', '--file', file, '--key-file', key]);
  const wrong = await restore(join(restored, 'data'), otherKey);
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stderr, /BACKUP_/);
  assert.notEqual((await restore(platform.dataFolder, keyFile)).code, 0, 'a store that a process has');
  const made = await restore(join(restored, 'data'), keyFile);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /\d+ documents/);
  const second = await startPlatform({ scratch: restored, ports: await choosePorts() });
  t.after(() => second.process.kill('SIGKILL'));
  const login = await fetch(`http://127.0.0.1:${second.ports.control}/api/v1/login`, {
    method: 'POST',
    headers: { 'x-kq-client': 'test', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'admin', password: PASSWORD }),
  });
  assert.equal(login.status, 200);
});

function control(): string {
  return `http://127.0.0.1:${platform.ports.control}`;
}

function exchange(): string {
  return `${platform.dataFolder}.exchange`;
}

/** For the scratch folder and the files next to the data; the exchange folder has the one file with the long name. */
function listing(): readonly string[] {
  return [...readdirSync(scratch), ...readdirSync('/tmp').filter((name) => name.startsWith('out')), ...readdirSync(platform.dataFolder)]
    .filter((name) => name !== 'data.exchange')
    .sort();
}

async function call(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${control()}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'x-kq-client': 'test', 'content-type': 'application/json', 'x-kq-password': PASSWORD, cookie, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
}

async function logIn(password: string, name = 'admin'): Promise<void> {
  const { headers } = await call('/login', { name, password });
  cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
}

/** Asks every client for a password in plain text, as PostgreSQL may, and keeps what it receives. */
async function startFakeDatabase(): Promise<{ readonly server: Server; readonly port: number; sent(): Buffer }> {
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const isStartup = chunk.length > 8 && chunk.readUInt32BE(4) === 196_608;
      if (isStartup) socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      else socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port, sent: () => Buffer.concat(chunks) };
}
