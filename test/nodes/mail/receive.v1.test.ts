/** The mail trigger with a real IMAP server. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import iconv from 'iconv-lite';
import { resolveAdapter } from '../../../engine/testing/run-node.ts';
import { AppError, toErrorRecord } from '../../../engine/contract/values/errors.ts';
import type { Arrival, ArrivalResult } from '../../../engine/contract/node/node.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { listenTrigger, type ListeningTrigger, type ListenTriggerOptions } from '../../../engine/testing/listen-trigger.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import mailReceive from '../../../nodes/mail/receive.v1.node.ts';
import type { MailData } from '../../../nodes/shared/mail/parse-mail.ts';
import { eventually } from '../../conformance/eventually.ts';
import { prepareDovecot, startDovecot, type Dovecot } from '../../servers/dovecot.ts';
import { createAuthority } from '../../support/certificates.ts';
import { showsContract } from '../shows-contract.ts';
import { anyFile, anywhere } from '../../../engine/testing/anywhere.ts';

showsContract(import.meta.url, {
  happy: 'a mail of a Chinese program is read with its attachment, and leaves the inbox once it is safe',
  slow: 'a server that says nothing is given up',
  'half-open': 'a server that goes away is told, and refused logins, folders and plain connections are named',
  refusal: 'a duplicate leaves the inbox; what is refused, or too large, goes aside and holds nothing up',
  duplicate: 'a duplicate leaves the inbox; what is refused, or too large, goes aside and holds nothing up',
  cancel: 'stopped in the midst of its mails, it settles the one under way and leaves the others',
  '10 MB': 'an attachment of 10 MB comes whole',
});

const missing = prepareDovecot();
const LIMIT = { timeout: 240_000, skip: missing ?? false };
const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;
const dataOf = ({ message }: Arrival) => message.data as MailData;
const mail = (subject: string, body = 'hello') => `From: a@hospital.cn\r\nTo: lab@city.cn\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;

let server: Dovecot;
before(async () => {
  if (missing === undefined) server = await startDovecot();
});
after(() => server?.stop());

interface Receiving {
  readonly trigger: ListeningTrigger;
  readonly clock: FakeClock;
}

/** Each test has its own inbox: remaining mails are removed. */
async function receive(
  t: TestContext,
  options: Partial<ListenTriggerOptions> = {},
  imap: Record<string, unknown> = {},
): Promise<Receiving> {
  const clock = fakeClock();
  const trigger = await listenTrigger(mailReceive, {
    adapter: { settings: { user: 'lab', imap: { host: '127.0.0.1', port: server.port, security: 'none', ...imap } } },
    secrets: { '': 'secret' },
    clock,
    ...options,
  });
  t.after(() => trigger.stop());
  return { trigger, clock };
}

test('a folder that mails are moved to is another one than the one they come from', () => {
  const config = { folder: 'INBOX', doneFolder: 'Inbox', failedFolder: 'Refused', everySec: 30, maxBytes: 10_000 };
  assert.deepEqual(
    mailReceive.check!(config).map(({ path }) => path),
    ['/doneFolder'],
  );
  assert.deepEqual(mailReceive.check!({ ...config, doneFolder: 'Processed' }), []);
});

test('a mail of a Chinese program is read with its attachment, and leaves the inbox once it is safe', LIMIT, async (t) => {
  const gbk = (text: string) => `=?GBK?B?${iconv.encode(text, 'gbk').toString('base64')}?=`;
  server.deliver(
    Buffer.concat([
      Buffer.from(`From: ${gbk('医保局')} <yb@hospital.cn>\r\nTo: bus: lab@city.cn, b@city.cn;\r\nSubject: ${gbk('对账单通知')}\r\n`),
      Buffer.from(
        'Date: Mon, 1 Jun 2026 08:30:00 +0800\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b1"\r\n\r\n--b1\r\n',
      ),
      Buffer.from('Content-Type: text/plain; charset=gbk\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'),
      iconv.encode('尊敬的用户：慭 对账金额 ￥100\r\n', 'gbk'),
      Buffer.from(`--b1\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n`),
      Buffer.from(`Content-Disposition: attachment; filename="${gbk('对账明细.xls')}"\r\n\r\nAAEC\r\n--b1--\r\n`),
    ]),
  );
  let release = (_result: ArrivalResult) => {};
  const { trigger } = await receive(t, { onArrival: () => new Promise((resolve) => (release = resolve)) });
  const data = dataOf(await trigger.next());
  assert.deepEqual(
    { ...data, messageId: '' },
    {
      messageId: '',
      date: '2026-06-01T00:30:00.000Z',
      from: [{ name: '医保局', address: 'yb@hospital.cn' }],
      to: [
        { name: '', address: 'lab@city.cn' },
        { name: '', address: 'b@city.cn' },
      ],
      cc: [],
      subject: '对账单通知',
      text: '尊敬的用户：慭 对账金额 ￥100\n',
      html: '',
      attachments: [{ name: '对账明细.xls', mediaType: 'application/octet-stream', sizeBytes: 3, content: 'AAEC' }],
    },
  );
  assert.equal(server.count(), 1, 'it lies there until it is safe');
  release({ status: 'accepted', executionId: 'exe_1' });
  await eventually(() => server.count() === 0);
  assert.equal(server.count('Processed'), 1);
});

test('mails come in order; what cannot be stored now stays and comes again under its key', LIMIT, async (t) => {
  for (const subject of ['one', 'two', 'three']) server.deliver(mail(subject));
  let isDown = true;
  const { trigger, clock } = await receive(t, {
    onArrival: ({ message }) =>
      isDown && (message.data as MailData).subject === 'two'
        ? { status: 'refused', error: { code: 'STORE_DOWN', kind: 'transient', message: '' } }
        : { status: 'accepted', executionId: 'exe_1' },
  });
  await eventually(() => server.count() === 2 && trigger.arrivals.length === 2);
  isDown = false;
  // The refused check ends without help; the next starts at its time.
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

test('a duplicate leaves the inbox; what is refused, or too large, goes aside and holds nothing up', LIMIT, async (t) => {
  server.deliver(mail('duplicate'));
  server.deliver(mail('wrong'));
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
});

test('an attachment of 10 MB comes whole', LIMIT, async (t) => {
  const bytes = Buffer.alloc(10_000_000, '康桥');
  const lines = bytes.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  const head = 'From: a@b.cn\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf; name=a.pdf\r\n';
  server.deliver(`${head}Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}\r\n`);
  const { trigger } = await receive(t, { config: { maxBytes: 20_000_000 }, clock: wallClock() });
  const [attachment] = dataOf(await trigger.next()).attachments;
  assert.ok(Buffer.from(attachment!.content, 'base64').equals(bytes));
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

test('a server that goes away is told, and refused logins, folders and plain connections are named', LIMIT, async (t) => {
  await assert.rejects(receive(t, { secrets: { '': 'wrong' } }), isCode('MAIL_LOGIN_FAILED'));
  await assert.rejects(receive(t, { config: { folder: '没有的' } }), isCode('MAIL_FOLDER_MISSING'));
  await assert.rejects(receive(t, {}, { host: '10.1.2.3' }), isCode('MAIL_TLS_REQUIRED'));
  await assert.rejects(receive(t, {}, { port: 0 }), isCode('ADAPTER_SETTINGS_WRONG'));
  const { trigger, clock } = await receive(t);
  await server.kill();
  let reason: unknown;
  void trigger.ended!.then((told) => (reason = told));
  await eventually(() => {
    void clock.advance(30_000);
    return reason !== undefined;
  }, 20_000);
  assert.match(toErrorRecord(reason).code, /^MAIL_(CONNECT_)?FAILED$/);
  await server.restart();
});

test('a server that says nothing is given up', LIMIT, async (t) => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as AddressInfo;
  const settings = { user: 'lab', imap: { host: '127.0.0.1', port, security: 'none' } };
  const adapter = { settings, limits: { connectTimeoutMs: 300, timeoutMs: 300 } };
  await assert.rejects(receive(t, { adapter }), isCode('MAIL_CONNECT_FAILED'));
});

for (const security of ['tls', 'starttls'] as const) {
  test(`by ${security} it trusts the authority of the adapter alone, and the name in the certificate`, LIMIT, async (t) => {
    const { ca, issue } = await createAuthority();
    const encrypted = await startDovecot({ tls: await issue('127.0.0.1'), startTls: security === 'starttls' });
    t.after(() => encrypted.stop());
    encrypted.deliver(mail('secret'));
    const imap = { port: encrypted.port, security };
    await assert.rejects(receive(t, {}, imap), isCode('MAIL_CONNECT_FAILED'));
    await assert.rejects(receive(t, {}, { ...imap, ca, serverName: 'other.cn' }), isCode('MAIL_CONNECT_FAILED'));
    const { trigger } = await receive(t, {}, { ...imap, ca });
    assert.equal(dataOf(await trigger.next()).subject, 'secret');
    await eventually(() => encrypted.count() === 0);
  });
}

test('a server without encryption is refused where STARTTLS is asked for', LIMIT, async (t) => {
  await assert.rejects(receive(t, {}, { security: 'starttls' }), isCode('MAIL_CONNECT_FAILED'));
});

test('the connection test logs in and names the folders', LIMIT, async () => {
  const settings = { user: 'lab', imap: { host: '127.0.0.1', port: server.port, security: 'none' } };
  const ctx = {
    adapter: resolveAdapter('mail', { settings }),
    signal: new AbortController().signal,
    clock: wallClock(),
    outbound: anywhere,
    files: anyFile,
    secret: async () => 'secret',
  };
  const { ok, steps } = await mailReceive.probe!(ctx);
  assert.ok(ok);
  assert.match(steps.at(-1)!.detail!, /INBOX.*Processed|Processed.*INBOX/);
});
