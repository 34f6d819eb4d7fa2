/** The FTP server for uploads, with clients that others wrote: curl and basic-ftp. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test, type TestContext } from 'node:test';
import { Client } from 'basic-ftp';
import type { ArrivalResult } from '../../../engine/contract/node/node.ts';
import { listenTrigger, type ListeningTrigger, type ListenTriggerOptions } from '../../../engine/testing/listen-trigger.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import fileReceive from '../../../nodes/file/receive.node.ts';
import { encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { freePort } from '../../servers/free-port.ts';
import { createAuthority, type Authority } from '../../support/certificates.ts';
import { showsContract } from '../shows-contract.ts';
import { until } from './places.ts';
import { readAll } from './stores/conformance.ts';

showsContract(import.meta.url, {
  happy: 'a file is confirmed after it is stored, and has its name, path and user',
  slow: 'a slow upload counts when it is complete, and only then',
  'half-open': 'a client that is cut in the middle has sent nothing',
  refusal: 'what the flow refuses, or cannot store now, is not confirmed',
  duplicate: 'the same file sent again has the same key, another content or name another one',
  cancel: 'stopped in the midst, it settles what is being stored',
  '10 MB': 'a large file becomes a blob reference',
});

const ACCEPTED: ArrivalResult = { status: 'accepted', executionId: 'exe_1' };
let scratch: string;
let authority: Authority;
before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'kq-upload-'));
  authority = await createAuthority();
  writeFileSync(join(scratch, 'ca.pem'), authority.ca);
});
after(() => rmSync(scratch, { recursive: true, force: true }));

interface Receiving {
  readonly port: number;
  readonly trigger: ListeningTrigger;
}

async function receive(
  t: TestContext,
  { listen = {}, settings = {}, ...options }: ListenTriggerOptions & { readonly listen?: object; readonly settings?: object } = {},
): Promise<Receiving> {
  const port = await freePort();
  const adapter = { settings: { kind: 'server', listen: { host: '127.0.0.1', port, ...listen }, ...settings } };
  const trigger = await listenTrigger(fileReceive, { adapter, secrets: { '': 'lab:secret\n检验科:口令:1' }, ...options });
  t.after(() => trigger.stop());
  return { port, trigger };
}

async function client(t: TestContext, port: number, [user, password]: readonly [string, string] = ['lab', 'secret']): Promise<Client> {
  const one = new Client(5000);
  t.after(() => one.close());
  await one.access({ host: '127.0.0.1', port, user, password });
  return one;
}

const send = (one: Client, name: string, content: string | Uint8Array) => one.uploadFrom(Readable.from([Buffer.from(content)]), name);

test('a file is confirmed after it is stored, and has its name, path and user', async (t) => {
  const storing = Promise.withResolvers<ArrivalResult>();
  const { port, trigger } = await receive(t, { onArrival: () => storing.promise });
  const one = await client(t, port, ['检验科', '口令:1']);
  await one.ensureDir('2026/11');
  let isConfirmed = false;
  const sending = send(one, '检验 报告.csv', '编号,结果\n1,5.1\n').then((reply) => {
    isConfirmed = true;
    return reply;
  });
  const { message } = await trigger.next();
  assert.equal(isConfirmed, false);
  storing.resolve(ACCEPTED);
  assert.equal((await sending).code, 226);
  assert.deepEqual([message.data, message.mediaType], ['编号,结果\n1,5.1\n', 'text/csv']);
  const { 'file-name': name, 'file-path': path, 'file-user': user } = message.headers;
  assert.deepEqual([name, path, user], ['检验 报告.csv', '/2026/11/检验 报告.csv', '检验科']);
  assert.equal(await one.size('检验 报告.csv'), Buffer.byteLength('编号,结果\n1,5.1\n'));
  assert.deepEqual(
    (await one.list()).map((entry) => entry.name),
    ['检验 报告.csv'],
  );
});

test('what the flow refuses, or cannot store now, is not confirmed', async (t) => {
  const results: ArrivalResult[] = [
    { status: 'refused', error: { code: 'TEST_NO', kind: 'input', message: 'No.' } },
    { status: 'refused', error: { code: 'STORE_DOWN', kind: 'transient', message: 'Down.' } },
    { status: 'duplicate', executionId: 'exe_1' },
  ];
  const { port } = await receive(t, { config: { maxBytes: 1000 }, onArrival: () => results.shift()! });
  const one = await client(t, port);
  await assert.rejects(send(one, 'a', 'x'), { code: 553, message: /TEST_NO/ });
  await assert.rejects(send(one, 'a', 'x'), { code: 451, message: /STORE_DOWN/ });
  assert.equal((await send(one, 'a', 'x')).code, 226);
  await assert.rejects(send(one, 'large', 'x'.repeat(2000)), { code: 552, message: /FILE_TOO_LARGE/ });
  await assert.rejects(send(one, 'broken', Buffer.from([0xff, 0xfe])), { code: 553, message: /CHARSET_INVALID_BYTES/ });
  for (const name of ['..', 'a\\b', '']) await assert.rejects(one.send(`STOR ${name}`), { code: 553 });
});

test('it is for uploads only', async (t) => {
  const { port } = await receive(t);
  const one = await client(t, port);
  await send(one, 'a', 'x');
  for (const command of ['RETR a', 'DELE a', 'RMD x', 'RNFR other', 'SIZE other']) await assert.rejects(one.send(command), { code: 550 });
  for (const command of ['APPE a', 'REST 1', 'PORT 127,0,0,1,1,1', 'SITE2 x', 'X']) await assert.rejects(one.send(command), { code: 502 });
  const other = await client(t, port, ['检验科', '口令:1']);
  assert.deepEqual(await other.list(), []);
  await assert.rejects(other.send('SIZE a'), { code: 550 });
});

test('a file under a temporary name counts when it gets its name', async (t) => {
  const { port, trigger } = await receive(t);
  const one = await client(t, port);
  await send(one, 'a.csv.tmp', 'content');
  assert.equal(trigger.arrivals.length, 0);
  await one.rename('a.csv.tmp', 'a.csv');
  assert.equal(trigger.arrivals.length, 1);
  assert.equal(trigger.arrivals[0]!.message.headers['file-name'], 'a.csv');
  await one.rename('a.csv', 'b.csv');
  assert.equal(trigger.arrivals.length, 1, 'it counts once');
});

test('the same file sent again has the same key, another content or name another one', async (t) => {
  const { port, trigger } = await receive(t);
  const one = await client(t, port);
  for (const [name, content] of [
    ['a', '1'],
    ['a', '1'],
    ['a', '2'],
    ['b', '1'],
  ] as const)
    await send(one, name, content);
  const keys = trigger.arrivals.map(({ dedupeKey }) => dedupeKey);
  assert.equal(keys[0], keys[1]);
  assert.equal(new Set(keys).size, 3);
});

test('a slow upload counts when it is complete, and only then', async (t) => {
  const { port, trigger } = await receive(t);
  const one = await client(t, port);
  const pieces = async function* () {
    for (let piece = 0; piece < 5; piece++) {
      yield Buffer.from(`piece ${piece}\n`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal(trigger.arrivals.length, 0);
    }
  };
  await one.uploadFrom(Readable.from(pieces()), 'slow.txt');
  assert.match(String(trigger.arrivals[0]!.message.data), /piece 4\n$/);
});

test('a client that is cut in the middle has sent nothing', async (t) => {
  const { port, trigger } = await receive(t, { config: { output: 'blob' }, listen: { idleTimeoutMs: 1000 } });
  // The process is killed: the system ends its connections as if it had finished.
  const script = `const { Client } = await import('basic-ftp'); const { Readable } = await import('node:stream');
    const one = new Client(); await one.access({ host: '127.0.0.1', port: ${port}, user: 'lab', password: 'secret' });
    one.uploadFrom(Readable.from((async function* () { yield Buffer.alloc(200_000); console.log('sent'); await new Promise(() => setInterval(() => 0, 1000)); })()), 'cut.bin');`;
  const sender = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: process.cwd(),
  });
  await new Promise<void>((resolve) => sender.stdout.once('data', () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, 100));
  sender.kill('SIGKILL');
  // One that says nothing any more is given up after the idle time-out.
  const silent = await client(t, port);
  const stalled = silent.uploadFrom(
    Readable.from(
      (async function* () {
        yield Buffer.alloc(1000);
        await new Promise(() => undefined);
      })(),
    ),
    'stalled.bin',
  );
  await assert.rejects(stalled);
  await send(await client(t, port), 'whole.bin', 'x');
  assert.deepEqual(
    trigger.arrivals.map(({ message }) => message.headers['file-name']),
    ['whole.bin'],
  );
});

test('a large file becomes a blob reference', async (t) => {
  const blobs = memoryBlobs();
  const { port, trigger } = await receive(t, { config: { output: 'blob', maxBytes: 20_000_000 }, blobs });
  const bytes = randomBytes(12_000_000);
  await send(await client(t, port), '影像.dcm', bytes);
  const { blobId, ...about } = trigger.arrivals[0]!.message.data as { readonly blobId: string };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  assert.deepEqual(about, { sizeBytes: bytes.length, name: '影像.dcm', mediaType: 'application/dicom', sha256 });
  assert.deepEqual(await readAll(blobs.get(blobId)), bytes);
});

test('names and content can be in GBK', async (t) => {
  const port = await freePort();
  const settings = { kind: 'server', listen: { host: '127.0.0.1', port }, nameCharset: 'GBK' };
  const trigger = await listenTrigger(fileReceive, { adapter: { settings, charset: 'GBK' }, secrets: { '': 'lab:secret' } });
  t.after(() => trigger.stop());
  const one = new Client(5000);
  t.after(() => one.close());
  one.ftp.encoding = 'latin1';
  await one.access({ host: '127.0.0.1', port, user: 'lab', password: 'secret' });
  await send(one, encodeText('检验.csv', 'GBK').toString('latin1'), encodeText('结果', 'GBK'));
  const { message } = trigger.arrivals[0]!;
  assert.deepEqual([message.headers['file-name'], message.data], ['检验.csv', '结果']);
});

test('curl uploads over TLS; nothing goes without it, neither login nor data', async (t) => {
  const { port, trigger } = await receive(t, { tls: await authority.issue('127.0.0.1'), listen: { tls: true } });
  writeFileSync(join(scratch, 'a.csv'), '内容');
  const upload = await new Promise<{ code: number | null; log: string }>((resolve) => {
    const args = ['-sS', '-v', '--ssl-reqd', '--cacert', join(scratch, 'ca.pem'), '--user', 'lab:secret', '--ftp-create-dirs'];
    const child = spawn('curl', [...args, '-T', join(scratch, 'a.csv'), `ftp://127.0.0.1:${port}/in/`]);
    let log = '';
    child.stderr.on('data', (text) => (log += String(text)));
    child.on('close', (code) => resolve({ code, log }));
  });
  assert.equal(upload.code, 0, upload.log);
  assert.equal(trigger.arrivals[0]!.message.data, '内容');
  assert.equal(trigger.arrivals[0]!.message.headers['file-path'], '/in/a.csv');
  const plain = new Client(5000);
  t.after(() => plain.close());
  await plain.connect('127.0.0.1', port);
  await assert.rejects(plain.login('lab', 'secret'), { code: 534 });
  await plain.useTLS({ ca: authority.ca, host: '127.0.0.1' });
  await plain.login('lab', 'secret');
  await assert.rejects(plain.send('EPSV'), { code: 522 });
  await assert.rejects(plain.send('PROT C'), { code: 536 });
});

test('commands before the handshake do not count as sent after it', async (t) => {
  const { port } = await receive(t, { tls: await authority.issue('127.0.0.1'), listen: { tls: true } });
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (text) => (received += String(text)));
  socket.write('AUTH TLS\r\nUSER lab\r\nPASS secret\r\n');
  await until(() => assert.match(received, /234 /));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.doesNotMatch(received, /331|230/);
  socket.destroy();
});

test('after several failed logins an address is kept away', async (t) => {
  const { port } = await receive(t);
  for (let attempt = 0; attempt < 5; attempt++) await assert.rejects(client(t, port, ['lab', 'wrong']), { code: 530 });
  await assert.rejects(client(t, port), (error: { code?: number }) => error.code === 421);
});

test('limits: connections, lines, commands without waiting', async (t) => {
  const { port } = await receive(t, { listen: { maxConnections: 1 } });
  await client(t, port);
  await assert.rejects(client(t, port));
  const { port: other } = await receive(t);
  for (const flood of ['x'.repeat(100_000), 'NOOP\r\n'.repeat(10_000)]) {
    const socket = connect(other, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(flood);
    await closed;
  }
});

test('stopped in the midst, it settles what is being stored', async (t) => {
  const storing = Promise.withResolvers<ArrivalResult>();
  const { port, trigger } = await receive(t, { onArrival: () => storing.promise });
  const one = await client(t, port);
  await client(t, port);
  const sending = send(one, 'a', 'x');
  await trigger.next();
  const stopping = trigger.stop();
  storing.resolve(ACCEPTED);
  assert.equal((await sending).code, 226);
  await stopping;
});

test('a wrong adapter is named', async () => {
  const start = (settings: Record<string, unknown>, secret = 'lab:x') =>
    listenTrigger(fileReceive, { adapter: { settings }, secrets: { '': secret } });
  await assert.rejects(start({ kind: 'local', folder: '/tmp' }), { code: 'ADAPTER_SETTINGS_WRONG' });
  await assert.rejects(start({ kind: 'server', listen: { host: '127.0.0.1' } }, 'no users'), { code: 'FILE_NO_USERS' });
  await assert.rejects(start({ kind: 'server', listen: { host: '0.0.0.0', port: 0 } }), { code: 'FILE_TLS_REQUIRED' });
  await assert.rejects(start({ kind: 'server', listen: { host: '0.0.0.0', port: 0, tls: false } }), { code: 'FILE_TLS_REQUIRED' });
  await assert.rejects(start({ kind: 'server', listen: { host: '192.0.2.1', port: 1 } }), { code: 'FILE_TLS_REQUIRED' });
});
