/** The mail trigger, which stores attachments as blobs, with a real IMAP server. */
import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import iconv from 'iconv-lite';
import type { Arrival, ArrivalResult } from '../../../engine/contract/node/node.ts';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import { AppError, toErrorRecord } from '../../../engine/contract/values/errors.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { listenTrigger, type ListeningTrigger, type ListenTriggerOptions } from '../../../engine/testing/listen-trigger.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import mailReceive from '../../../nodes/mail/receive.node.ts';
import type { MailAddress } from '../../../nodes/shared/mail/parse-mail.ts';
import { eventually } from '../../conformance/eventually.ts';
import { prepareDovecot, startDovecot, type Dovecot } from '../../servers/dovecot.ts';
import { hostileImap } from '../../support/hostile-imap.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'a mail of a Chinese program is read with its attachments as blobs, and leaves the inbox once it is safe',
  slow: 'a mail that arrives is taken at once, without waiting for the next look',
  'half-open': 'a connection that was lost without a word is found at the next look',
  refusal: 'what is refused, or too large, goes aside and holds nothing up',
  duplicate: 'what is refused, or too large, goes aside and holds nothing up',
  cancel: 'stopped in the midst of its mails, it settles the one under way and leaves the others',
  '10 MB': 'a mail of 50 MB is stored without being held',
});

const missing = prepareDovecot();
const LIMIT = { timeout: 120_000, skip: missing ?? false };
const mail = (subject: string, body = 'hello') => `From: a@hospital.cn\r\nTo: lab@city.cn\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;

interface ReceivedMail {
  readonly from: readonly MailAddress[];
  readonly subject: string;
  readonly text: string;
  readonly attachments: readonly {
    readonly name: string;
    readonly mediaType: string;
    readonly sizeBytes: number;
    readonly blobId: string;
  }[];
}
const dataOf = ({ message }: Arrival) => message.data as ReceivedMail;

let server: Dovecot;
before(async () => {
  if (missing === undefined) server = await startDovecot();
});
after(() => server?.stop());

interface Receiving {
  readonly trigger: ListeningTrigger;
  readonly clock: FakeClock;
  readonly blobs: Blobs;
}

async function receive(
  t: TestContext,
  options: Partial<ListenTriggerOptions> = {},
  imap: Record<string, unknown> = {},
): Promise<Receiving> {
  const clock = fakeClock();
  const blobs = options.blobs ?? memoryBlobs();
  const trigger = await listenTrigger(mailReceive, {
    adapter: { settings: { user: 'lab', imap: { host: '127.0.0.1', port: server?.port ?? 1, security: 'none', ...imap } } },
    secrets: { '': 'secret' },
    clock,
    blobs,
    ...options,
  });
  t.after(() => trigger.stop());
  return { trigger, clock, blobs };
}

async function contentOf(blobs: Blobs, blobId: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of blobs.get(blobId)) parts.push(part);
  return Buffer.concat(parts);
}

test('the configuration of the version before is taken over', () => {
  const config = { folder: 'INBOX', doneFolder: 'Processed', failedFolder: 'Refused', everySec: 60, maxBytes: 10_485_760 };
  assert.deepEqual(mailReceive.upgrade!(config, 1), { ...config, identity: 'server' });
  assert.deepEqual(
    mailReceive.check!({ ...config, identity: 'server', doneFolder: 'Inbox' }).map(({ path }) => path),
    ['/doneFolder'],
  );
});

test('a mail of a Chinese program is read with its attachments as blobs, and leaves the inbox once it is safe', LIMIT, async (t) => {
  const gbk = (text: string) => `=?GBK?B?${iconv.encode(text, 'gbk').toString('base64')}?=`;
  const csv = iconv.encode('姓名,金额\r\n张三,100\r\n', 'gbk');
  server.deliver(
    Buffer.concat([
      Buffer.from(`From: ${gbk('医保局')} <yb@hospital.cn>\r\nTo: lab@city.cn\r\nSubject: ${gbk('对账单通知')}\r\n`),
      Buffer.from('MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b1"\r\n\r\n--b1\r\n'),
      Buffer.from('Content-Type: text/plain; charset=gbk\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'),
      iconv.encode('尊敬的用户：慭 对账金额 ￥100\r\n', 'gbk'),
      Buffer.from(`--b1\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n`),
      Buffer.from(`Content-Disposition: attachment; filename="${gbk('对账明细.xls')}"\r\n\r\nAAEC\r\n`),
      Buffer.from(`--b1\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename="${gbk('明细.csv')}"\r\n\r\n`),
      csv,
      Buffer.from('\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\n--not a boundary\r\n--b1--\r\n'),
    ]),
  );
  let release = (_result: ArrivalResult) => {};
  const { trigger, blobs } = await receive(t, { onArrival: () => new Promise((resolve) => (release = resolve)) });
  const { from, subject, text, attachments } = dataOf(await trigger.next());
  assert.deepEqual(from, [{ name: '医保局', address: 'yb@hospital.cn' }]);
  assert.deepEqual([subject, text.trim()], ['对账单通知', '尊敬的用户：慭 对账金额 ￥100']);
  assert.deepEqual(
    attachments.map(({ name, mediaType, sizeBytes }) => [name, mediaType, sizeBytes]),
    [
      ['对账明细.xls', 'application/octet-stream', 3],
      ['明细.csv', 'text/csv', csv.length],
      ['', 'message/rfc822', 34],
    ],
  );
  const contents = await Promise.all(attachments.map(({ blobId }) => contentOf(blobs, blobId)));
  assert.deepEqual(contents, [Buffer.from([0, 1, 2]), csv, Buffer.from('Subject: inner\r\n\r\n--not a boundary')]);
  assert.equal(server.count(), 1, 'it lies there until it is safe');
  release({ status: 'accepted', executionId: 'exe_1' });
  await eventually(() => server.count() === 0);
  assert.equal(server.count('Processed'), 1);
});

test('a mail that names no charset is read in that of the adapter; without one it goes aside', LIMIT, async (t) => {
  const bare = Buffer.concat([Buffer.from('Subject: '), iconv.encode('检验', 'gbk'), Buffer.from('\r\n\r\n'), iconv.encode('正文', 'gbk')]);
  const before = server.count('Refused');
  const settings = { user: 'lab', imap: { host: '127.0.0.1', port: server.port, security: 'none' } };
  server.deliver(bare);
  const gbk = await receive(t, { adapter: { settings, charset: 'GBK' } });
  const { subject, text } = dataOf(await gbk.trigger.next());
  assert.deepEqual([subject, text.trim()], ['检验', '正文']);
  await gbk.trigger.stop();
  server.deliver(bare);
  const { trigger } = await receive(t);
  await eventually(() => server.count('Refused') === before + 1);
  assert.deepEqual(
    trigger.refusals.map(({ code }) => code),
    ['MAIL_CHARSET'],
  );
});

test('a mail that arrives is taken at once, without waiting for the next look', LIMIT, async (t) => {
  const { trigger } = await receive(t, { config: { everySec: 86_400 } });
  for (const subject of ['one', 'two', 'three']) {
    server.deliver(mail(subject));
    assert.equal(dataOf(await trigger.next()).subject, subject);
    await eventually(() => server.count() === 0);
  }
});

test('mails come in order; what cannot be stored now stays and comes again under its key', LIMIT, async (t) => {
  for (const subject of ['one', 'two', 'three']) server.deliver(mail(subject));
  let isDown = true;
  const { trigger, clock } = await receive(t, {
    onArrival: (arrival) =>
      isDown && dataOf(arrival).subject === 'two'
        ? { status: 'refused', error: { code: 'STORE_DOWN', kind: 'transient', message: '' } }
        : { status: 'accepted', executionId: 'exe_1' },
  });
  await eventually(() => server.count() === 2 && trigger.arrivals.length === 2);
  isDown = false;
  await eventually(() => {
    void clock.advance(30_000);
    return server.count() === 0;
  }, 20_000);
  assert.deepEqual(
    trigger.arrivals.map((arrival) => dataOf(arrival).subject),
    ['one', 'two', 'two', 'three'],
  );
  const keys = trigger.arrivals.map(({ dedupeKey }) => dedupeKey);
  assert.equal(keys[1], keys[2]);
  assert.equal(new Set(keys).size, 3);
});

test('what is refused, or too large, goes aside and holds nothing up', LIMIT, async (t) => {
  for (const subject of ['duplicate', 'wrong']) server.deliver(mail(subject));
  server.deliver(mail('large', 'x'.repeat(3000)));
  server.deliver(mail('right'));
  const [done, aside] = [server.count('Processed'), server.count('Refused')];
  const results: Record<string, ArrivalResult> = {
    duplicate: { status: 'duplicate', executionId: 'exe_0' },
    wrong: { status: 'refused', error: { code: 'SCHEMA_WRONG', kind: 'input', message: '' } },
  };
  const { trigger } = await receive(t, {
    config: { maxBytes: 2048 },
    onArrival: (arrival) => results[dataOf(arrival).subject] ?? { status: 'accepted', executionId: 'exe_1' },
  });
  await eventually(() => server.count() === 0);
  assert.deepEqual(
    trigger.arrivals.map((arrival) => dataOf(arrival).subject),
    ['duplicate', 'wrong', 'right'],
  );
  assert.deepEqual([server.count('Processed') - done, server.count('Refused') - aside], [2, 2]);
  assert.deepEqual(
    trigger.refusals.map(({ code }) => code),
    ['SCHEMA_WRONG', 'MAIL_TOO_LARGE'],
  );
});

test('by Message-ID, a mail that is sent again has the same key, and mails without one have their own', LIMIT, async (t) => {
  for (const id of ['Message-ID: <1@hospital.cn>\r\n', 'Message-ID: <1@hospital.cn>\r\n', '', '']) server.deliver(id + mail('x'));
  const { trigger } = await receive(t, { config: { identity: 'message-id' } });
  await eventually(() => server.count() === 0);
  const keys = trigger.arrivals.map(({ dedupeKey }) => dedupeKey);
  assert.equal(keys[0], 'adp_test/INBOX/<1@hospital.cn>');
  assert.equal(keys[1], keys[0]);
  assert.equal(new Set(keys).size, 3);
});

test('a mail of 50 MB is stored without being held', LIMIT, async (t) => {
  const bytes = Buffer.alloc(36_000_000, '康桥');
  const lines = bytes.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  const head = 'From: a@b.cn\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf; name=a.pdf\r\n';
  server.deliver(`${head}Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}\r\n`);
  const stored = Buffer.alloc(bytes.length);
  let at = 0;
  let longest = 0;
  const blobs: Blobs = {
    ...memoryBlobs(),
    async put(source) {
      for await (const chunk of source) {
        longest = Math.max(longest, chunk.length);
        stored.set(chunk, at);
        at += chunk.length;
      }
      return { blobId: 'blb_1', sizeBytes: at };
    },
  };
  const { trigger } = await receive(t, { clock: wallClock(), blobs });
  const [attachment] = dataOf(await trigger.next()).attachments;
  const about = { name: 'a.pdf', mediaType: 'application/pdf', contentId: '', isInline: false };
  assert.deepEqual(attachment, { ...about, sizeBytes: bytes.length, blobId: 'blb_1' });
  assert.ok(stored.equals(bytes));
  assert.ok(longest <= 1024 * 1024, `a piece had ${longest} bytes`);
});

test('stopped in the midst of its mails, it settles the one under way and leaves the others', LIMIT, async (t) => {
  for (const subject of ['one', 'two']) server.deliver(mail(subject));
  let release = (_result: ArrivalResult) => {};
  const { trigger } = await receive(t, { onArrival: () => new Promise((resolve) => (release = resolve)) });
  await trigger.next();
  const stopped = trigger.stop();
  release({ status: 'accepted', executionId: 'exe_1' });
  await stopped;
  assert.equal(server.count(), 1);
  const { trigger: next } = await receive(t);
  assert.equal(dataOf(await next.next()).subject, 'two');
  await eventually(() => server.count() === 0);
});

test('a connection that was lost without a word is found at the next look', LIMIT, async (t) => {
  let isLost = false;
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(server.port, '127.0.0.1');
    sockets.add(near).add(far);
    near.on('data', (chunk) => isLost || far.write(chunk)).on('error', () => undefined);
    far.on('data', (chunk) => isLost || near.write(chunk)).on('error', () => undefined);
    near.on('close', () => far.destroy());
  }).listen(0, '127.0.0.1');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  await new Promise((resolve) => proxy.once('listening', resolve));
  const { port } = proxy.address() as AddressInfo;
  const settings = { user: 'lab', imap: { host: '127.0.0.1', port, security: 'none' } };
  const { trigger, clock } = await receive(t, { adapter: { settings, limits: { connectTimeoutMs: 20_000, timeoutMs: 3000 } } });
  server.deliver(mail('before'));
  await trigger.next();
  await eventually(() => server.count() === 0, 20_000);
  isLost = true;
  let reason: unknown;
  void trigger.ended!.then((told) => (reason = told));
  await eventually(() => {
    void clock.advance(30_000);
    return reason !== undefined;
  }, 40_000);
  assert.match(toErrorRecord(reason).code, /^MAIL_(CONNECT_)?FAILED$/);
});

test('refused logins and missing folders are named', LIMIT, async (t) => {
  const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;
  await assert.rejects(receive(t, { secrets: { '': 'wrong' } }), isCode('MAIL_LOGIN_FAILED'));
  await assert.rejects(receive(t, { config: { folder: '没有的' } }), isCode('MAIL_FOLDER_MISSING'));
  await assert.rejects(receive(t, {}, { host: '10.1.2.3' }), isCode('MAIL_TLS_REQUIRED'));
});

test('a server that refuses IDLE is looked at regularly', LIMIT, async (t) => {
  let looks = 0;
  const imap = await hostileImap(t, (command, tag, write) => {
    if (command === 'SEARCH') looks += 1;
    if (command === 'CAPABILITY') write(`* CAPABILITY IMAP4rev1 UIDPLUS MOVE IDLE\r\n${tag} OK done\r\n`);
    if (command === 'SEARCH') write(`* SEARCH\r\n${tag} OK done\r\n`);
    if (command === 'IDLE') write(`${tag} NO not today\r\n`);
    return ['CAPABILITY', 'SEARCH', 'IDLE'].includes(command);
  });
  const { clock } = await receive(t, {}, { port: imap.port });
  await eventually(() => looks === 1);
  await eventually(() => {
    void clock.advance(30_000);
    return looks > 2;
  });
  assert.ok(looks < 50, `${looks} looks`);
});
