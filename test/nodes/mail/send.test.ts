/** Sending mails, to a scripted server and to a real one with TLS. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError, toErrorRecord } from '../../../engine/contract/values/errors.ts';
import { anyFile, anywhere } from '../../../engine/testing/anywhere.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { resolveAdapter, runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import mailSend from '../../../nodes/mail/send.node.ts';
import { parseMail } from '../../../nodes/shared/mail/parse-mail.ts';
import { eventually } from '../../conformance/eventually.ts';
import { prepareAiosmtpd, startAiosmtpd } from '../../servers/aiosmtpd.ts';
import { createAuthority } from '../../support/certificates.ts';
import { scriptedSmtp } from '../../support/scripted-smtp.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'a Chinese mail with attachments arrives as it was meant',
  refusal: 'what the server refuses is temporary by 4xx and final by 5xx; it says which recipients it refused',
  '10 MB': 'an attachment of 30 MB streams from its blob',
  slow: 'a server that says nothing is given up: before the last line nothing was sent, after it the outcome is unknown',
  'half-open': 'a server that says nothing is given up: before the last line nothing was sent, after it the outcome is unknown',
  duplicate: 'a repetition has the same Message-ID, another step another one',
  cancel: 'a step that is stopped in the midst of a mail sends none and closes its connection',
});

const LIMIT = { timeout: 60_000 };
const missing = prepareAiosmtpd();
const CONFIG = { to: { value: 'b@hospital.cn' }, subject: { value: 'x' }, text: { value: 'hello' } };

async function send(port: number, options: Partial<RunNodeOptions> = {}, smtp: Record<string, unknown> = {}): Promise<unknown> {
  const settings = { user: 'lab@city.cn', smtp: { host: '127.0.0.1', port, security: 'none', login: false, ...smtp } };
  const adapter = { settings, limits: LIMITS };
  const outcome = await runNode(mailSend, { config: CONFIG, data: {}, adapter, secrets: { '': 'right' }, ...options });
  assert.ok('emit' in outcome);
  return outcome.emit['ok']?.[0]?.data;
}
const LIMITS = { timeoutMs: 500, connectTimeoutMs: 500 };

async function errorOf(work: Promise<unknown>): Promise<readonly [code: string, kind: string]> {
  const error: unknown = await work.then(
    () => assert.fail('it was sent'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AppError, String(error));
  const { code, kind } = toErrorRecord(error);
  return [code, kind];
}

test('a Chinese mail with attachments arrives as it was meant', LIMIT, async (t) => {
  const server = await scriptedSmtp(t);
  const blobs = memoryBlobs();
  const { blobId, sizeBytes } = await blobs.put(chunks(Buffer.from('姓名,金额\r\n')), { limitBytes: 1000 });
  const name = '二〇二六年五月上海市第一人民医院检验科月度对账明细表（终版）含附表一至附表十二.csv';
  const data = {
    mail: [{ name: '张三', address: 'b@hospital.cn' }, '李四 <c@hospital.cn>; d@hospital.cn'],
    files: [
      { name, mediaType: 'text/csv', sizeBytes, blobId },
      { name: '报告.pdf', mediaType: 'application/pdf', content: 'AAEC' },
      { name: '说明.txt', text: '康桥' },
    ],
  };
  const config = {
    ...{
      to: { path: 'data.mail' },
      cc: { value: 'e@hospital.cn' },
      bcc: { value: 'f@hospital.cn' },
      replyTo: { value: 'lab@hospital.cn' },
    },
    ...{ subject: { value: '对账单：2026 年 5 月，请查收并于十日内回复确认，逾期视为无异议' }, text: { value: '请查收附件。\n.\n康桥' } },
    ...{ html: { value: '<p>请查收<b>附件</b></p>' }, attachments: { path: 'data.files' } },
  };
  const result = (await send(server.port, { config, data, blobs }, { from: '检验科 <lab@city.cn>' })) as Record<string, unknown>;
  const [mail] = server.mails;
  assert.equal(mail!.from, 'lab@city.cn');
  const everyone = ['b@hospital.cn', 'c@hospital.cn', 'd@hospital.cn', 'e@hospital.cn', 'f@hospital.cn'];
  assert.deepEqual(mail!.to, everyone);
  assert.doesNotMatch(mail!.data, /f@hospital/, 'nobody sees the blind copy');
  const read = await parseMail(Buffer.from(mail!.data));
  assert.deepEqual(result, { messageId: read.messageId, accepted: everyone, rejected: [] });
  assert.deepEqual(read.from, [{ name: '检验科', address: 'lab@city.cn' }]);
  assert.deepEqual(
    read.to.map(({ name: toName, address }) => `${toName}:${address}`),
    ['张三:b@hospital.cn', '李四:c@hospital.cn', ':d@hospital.cn'],
  );
  assert.equal(read.subject, config.subject.value);
  assert.equal(read.text.trim(), config.text.value);
  assert.match(read.html, /<b>附件<\/b>/);
  assert.deepEqual(
    read.attachments.map((file) => [file.name, file.mediaType, Buffer.from(file.content, 'base64').toString('utf8')]),
    [
      [name, 'text/csv', '姓名,金额\r\n'],
      ['报告.pdf', 'application/pdf', '\0\u0001\u0002'],
      ['说明.txt', 'application/octet-stream', '康桥'],
    ],
  );
});

for (const security of ['tls', 'starttls'] as const) {
  test(`by ${security} it logs in, and trusts only the authority of the adapter`, { ...LIMIT, skip: missing ?? false }, async (t) => {
    const { ca, issue } = await createAuthority();
    const server = await startAiosmtpd(security, await issue('127.0.0.1'));
    t.after(() => server.stop());
    const smtp = { security, login: true };
    assert.deepEqual(await errorOf(send(server.port, {}, smtp)), ['MAIL_CONNECT_FAILED', 'transient']);
    assert.deepEqual(await errorOf(send(server.port, {}, { ...smtp, ca, serverName: 'other.cn' })), ['MAIL_CONNECT_FAILED', 'transient']);
    assert.deepEqual(await errorOf(send(server.port, { secrets: { '': 'wrong' } }, { ...smtp, ca })), ['MAIL_LOGIN_FAILED', 'input']);
    assert.equal(server.mails.length, 0);
    await send(server.port, {}, { ...smtp, ca });
    await eventually(() => server.mails.length === 1);
    assert.deepEqual([server.mails[0]!.login, server.mails[0]!.isEncrypted], ['lab@city.cn:right', true]);
  });
}

test('a server without encryption is refused where STARTTLS is asked for, and so is plain text to another machine', LIMIT, async (t) => {
  const server = await scriptedSmtp(t);
  assert.deepEqual(await errorOf(send(server.port, {}, { security: 'starttls', login: true })), ['MAIL_CONNECT_FAILED', 'transient']);
  assert.deepEqual(await errorOf(send(25, {}, { host: '10.1.2.3' })), ['MAIL_TLS_REQUIRED', 'input']);
});

test('what the server refuses is temporary by 4xx and final by 5xx; it says which recipients it refused', LIMIT, async (t) => {
  for (const command of ['MAIL', 'RCPT', 'DATA', 'END']) {
    for (const [reply, kind] of [
      ['450 4.2.1 later', 'transient'],
      ['550 5.1.1 no such person', 'input'],
    ] as const) {
      const server = await scriptedSmtp(t, (asked) => (asked === command ? reply : undefined));
      assert.deepEqual(await errorOf(send(server.port)), ['MAIL_REFUSED', kind], `${reply} to ${command}`);
      assert.equal(server.mails.length, 0);
    }
  }
  const server = await scriptedSmtp(t, (command, line) =>
    command === 'RCPT' && line.includes('gone') ? '550 5.1.1 no such person' : undefined,
  );
  const { accepted, rejected } = (await send(server.port, {
    config: { ...CONFIG, to: { value: 'gone@hospital.cn, b@hospital.cn' } },
  })) as Record<string, unknown>;
  assert.deepEqual([accepted, rejected], [['b@hospital.cn'], [{ address: 'gone@hospital.cn', code: 550 }]]);
});

test('a server that says nothing is given up: before the last line nothing was sent, after it the outcome is unknown', LIMIT, async (t) => {
  const expected = {
    GREETING: ['MAIL_CONNECT_FAILED', 'transient'],
    MAIL: ['MAIL_SEND_FAILED', 'transient'],
    RCPT: ['MAIL_SEND_FAILED', 'transient'],
    DATA: ['MAIL_SEND_FAILED', 'transient'],
    END: ['MAIL_SEND_UNKNOWN', 'unknown-outcome'],
  };
  for (const [command, error] of Object.entries(expected)) {
    for (const reply of ['nothing', 'cut']) {
      const server = await scriptedSmtp(t, (asked) => (asked === command ? reply : undefined));
      assert.deepEqual(await errorOf(send(server.port)), error, `${reply} at ${command}`);
      await eventually(() => server.openSockets() === 0);
    }
  }
});

test('a repetition has the same Message-ID, another step another one', LIMIT, async (t) => {
  const server = await scriptedSmtp(t);
  for (const idempotencyKey of ['one', 'one', 'two']) await send(server.port, { idempotencyKey });
  const [first, again, other] = await Promise.all(server.mails.map(async ({ data }) => (await parseMail(Buffer.from(data))).messageId));
  assert.match(first!, /^<[0-9a-f]{40}@city\.cn>$/);
  assert.equal(again, first);
  assert.notEqual(other, first);
});

test('a line break in a value begins no other header, and an address is an address', LIMIT, async (t) => {
  const server = await scriptedSmtp(t);
  const evil = 'x\r\nBcc: victim@other.cn\r\n\r\nbody';
  const config = {
    ...{ to: { value: { name: evil, address: 'b@hospital.cn' } }, subject: { value: evil }, text: { value: 't' } },
    attachments: { value: [{ name: `${evil}.txt`, mediaType: 'text/plain\r\nX-Evil: 1', text: 'a' }] },
  };
  await send(server.port, { config });
  const { data, to } = server.mails[0]!;
  assert.deepEqual(to, ['b@hospital.cn']);
  const headers = data.split('\r\n').filter((line) => /^[A-Za-z-]+:/.test(line));
  assert.deepEqual(
    headers.filter((line) => /^(bcc|x-evil)/i.test(line)),
    [],
  );
  for (const address of ['a@b.cn>\r\nRCPT TO:<v@x.cn', 'a b@c.cn', '@b.cn', 'a@', 'a@b@c.cn', '<>', `${'x'.repeat(250)}@b.cn`, 7, {}]) {
    assert.deepEqual(
      await errorOf(send(server.port, { config: { ...config, to: { value: address } } })),
      ['MAIL_ADDRESS', 'input'],
      String(address),
    );
  }
  assert.deepEqual(await errorOf(send(server.port, { config: { ...config, to: { value: '' } } })), ['MAIL_NO_RECIPIENT', 'input']);
  assert.deepEqual(await errorOf(send(server.port, { config: { ...config, subject: { value: {} } } })), ['MAIL_TEXT', 'input']);
  for (const file of [7, {}, { content: '%' }])
    assert.deepEqual(await errorOf(send(server.port, { config: { ...config, attachments: { value: [file] } } })), [
      'MAIL_ATTACHMENT',
      'input',
    ]);
  assert.equal(server.mails.length, 1);
});

test('an attachment of 30 MB streams from its blob', LIMIT, async (t) => {
  const server = await scriptedSmtp(t);
  let held = 0;
  const blobs = {
    ...memoryBlobs(),
    async *get() {
      for (let at = 0; at < 480; at += 1) {
        held = Math.max(held, at * 65_536 - server.received());
        yield Buffer.alloc(65_536, 'x');
      }
    },
  };
  const config = { ...CONFIG, maxBytes: 50_000_000, attachments: { value: [{ name: 'a.bin', blobId: 'blob_1' }] } };
  await send(server.port, { config, blobs });
  const [file] = (await parseMail(Buffer.from(server.mails[0]!.data))).attachments;
  assert.equal(file!.sizeBytes, 480 * 65_536);
  assert.ok(held < 8 * 1024 * 1024, `${held} bytes were read ahead`);
});

test('a mail above its limit, or whose file is gone, is not sent', LIMIT, async (t) => {
  const server = await scriptedSmtp(t);
  const blobs = memoryBlobs();
  const { blobId } = await blobs.put(chunks(Buffer.alloc(200_000)), { limitBytes: 1_000_000 });
  const config = { ...CONFIG, maxBytes: 100_000, attachments: { value: [{ name: 'a', blobId }] } };
  assert.deepEqual(await errorOf(send(server.port, { config, blobs })), ['MAIL_SEND_TOO_LARGE', 'input']);
  assert.equal((await errorOf(send(server.port, { config })))[0], 'BLOB_UNKNOWN');
  await eventually(() => server.openSockets() === 0);
  assert.equal(server.mails.length, 0);
});

test('a step that is stopped in the midst of a mail sends none and closes its connection', LIMIT, async (t) => {
  const server = await scriptedSmtp(t);
  const stop = new AbortController();
  const blobs = {
    ...memoryBlobs(),
    async *get() {
      yield Buffer.alloc(500_000);
      await eventually(() => server.received() > 0);
      stop.abort(new AppError('STEP_STOPPED', 'transient', 'stopped'));
      await new Promise(() => undefined);
    },
  };
  const config = { ...CONFIG, attachments: { value: [{ name: 'a', blobId: 'blob_1' }] } };
  await assert.rejects(send(server.port, { config, blobs, signal: stop.signal }));
  await eventually(() => server.openSockets() === 0);
  assert.equal(server.mails.length, 0);
});

test('the connection test logs in', LIMIT, async (t: TestContext) => {
  const server = await scriptedSmtp(t);
  const probe = (settings: Record<string, unknown>) =>
    mailSend.probe!({
      adapter: resolveAdapter('mail', { settings, limits: LIMITS }),
      ...{ signal: new AbortController().signal, clock: wallClock(), outbound: anywhere, files: anyFile, secret: async () => 'right' },
    });
  const { ok, steps } = await probe({ user: 'lab', smtp: { host: '127.0.0.1', port: server.port, security: 'none', login: false } });
  assert.deepEqual(
    [ok, steps.map(({ name }) => name.en)],
    [true, ['Sending server: name lookup (DNS)', 'TCP connection', 'Sending server: login']],
  );
  assert.equal((await probe({ user: 'lab' })).steps[0]!.error?.code, 'MAIL_NO_SERVER');
});

async function* chunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
