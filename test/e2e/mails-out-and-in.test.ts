// @never-rerun: a single failure is a failure.
/**
 * Mails with Chinese attachments go out by one flow and come in by another, which sends their attachments on, while the platform is
 * killed again and again: each mail starts the second flow once, and arrives in the end with its attachment. GreenMail is the server of both.
 * `KQ_TEST_MAILS` says how many, `KQ_TEST_KILLS` how often it is killed.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { parseMail } from '../../nodes/shared/mail/parse-mail.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { prepareGreenMail, startGreenMail, type GreenMail } from '../servers/greenmail.ts';
import { openCity } from '../support/city.ts';
import { chainFlow, eventually, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform, type PlatformPorts } from '../support/platform-process.ts';

const MAILS = Number(process.env['KQ_TEST_MAILS'] ?? 60);
const KILLS = Number(process.env['KQ_TEST_KILLS'] ?? 3);
const SENDERS = 4;
const [OUT, ON] = ['flw_out', 'flw_on'];
const skip = prepareGreenMail() ?? false;

let scratch: string;
let ports: PlatformPorts;
let platform: Platform;
let api: PlatformApi;
let path: string;
let server: GreenMail;

before(async () => {
  if (skip !== false) return;
  scratch = await makeScratch();
  ports = await choosePorts();
  [platform, server] = await Promise.all([startPlatform({ scratch, ports, example: true }), startGreenMail()]);
  const city = await openCity(platform);
  const person = await city.person(['analyst', 'security-admin']);
  assert.equal((await person.call('PUT', '/secrets/mail-lab', { value: 'secret', adapters: ['adp_mail'] })).status, 200);
  const local = { host: '127.0.0.1', security: 'none' };
  const settings = {
    user: 'lab',
    imap: { ...local, port: server.imapPort },
    smtp: { ...local, port: server.port, login: true, from: '检验科 <lab@hospital.cn>' },
  };
  const adapter = {
    ...{ adapterId: 'adp_mail', revision: 0, name: { 'zh-CN': '检验邮箱', en: 'Lab mailbox' }, protocol: 'mail', owner: '' },
    ...{ domain: 'sh-city', environments: { DEV: settings }, credential: 'mail-lab' },
  };
  const saved = await person.call('PUT', '/adapters/adp_mail', adapter);
  assert.equal(saved.status, 200, saved.text);
  await city.close();
  api = await openPlatformApi(platform);
  await api.publish(outFlow());
  path = await api.offer(OUT);
  // Offering calls the interface without a body: no mail can be made of that.
  await eventually(async () => assert.equal((await unfinished(OUT)).length, 1));
  // After the first start, publish the flow that listens.
  await api.ask('PUT', `/flows/${ON}`, onFlow());
  await api.ask('POST', `/flows/${ON}/publish`, {});
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await api?.close();
  await server?.stop();
  if (scratch !== undefined) await removeScratch(scratch);
});

const send = (config: Record<string, unknown>) => ({
  type: 'mail.send@1',
  adapter: 'adp_mail',
  config: { idempotent: true, ...config },
  handling: {
    retry: { max: 100, baseMs: 20, factor: 1.5, capMs: 500, on: ['transient', 'unknown-outcome'] as ('transient' | 'unknown-outcome')[] },
  },
});

/** A call -> a mail to the mailbox of the laboratory. */
function outFlow(): FlowDocument {
  const body = 'nodes.n_call.body';
  return chainFlow(
    OUT,
    [
      send({
        to: { value: '检验科 <lab@hospital.cn>' },
        subject: { expression: `'第 ' & ${body}.number & ' 号报告'` },
        text: { value: '请查收附件。' },
        attachments: {
          expression: `[{ "name": '检验报告单（第' & ${body}.number & '号）.csv', "mediaType": 'text/csv', "text": ${body}.text }]`,
        },
      }),
    ],
    { mode: 'durable' },
  );
}

/** A mail in that mailbox -> a mail with its attachments to the archive. */
function onFlow(): FlowDocument {
  const flow = chainFlow(
    ON,
    [
      send({
        to: { value: 'archive@hospital.cn' },
        subject: { path: 'data.subject' },
        text: { path: 'data.messageId' },
        attachments: { path: 'data.attachments' },
      }),
    ],
    { mode: 'durable' },
  );
  const [first, ...rest] = flow.nodes;
  const trigger = { ...first!, type: 'mail.receive@2', adapter: 'adp_mail', config: { everySec: 1, identity: 'message-id' } };
  return { ...flow, nodes: [trigger, ...rest] };
}

const textOf = (number: number) => `姓名,结果\r\n病人${number},阴性\r\n`;

/** Calls until it is accepted. The same key makes it one execution, however often it is sent. */
async function deliver(number: number): Promise<void> {
  for (;;) {
    const answer = await api
      .bus('POST', path, { number, text: textOf(number) }, { 'idempotency-key': `mail-${number}` })
      .catch(() => undefined);
    if (answer?.status === 202) return;
    assert.ok(answer === undefined || answer.status >= 429, `mail ${number}: ${answer?.status} ${JSON.stringify(answer?.body)}`);
    await pause(50);
  }
}

async function unfinished(flowId: string): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (const status of ['queued', 'running', 'waiting', 'held', 'failed', 'cancelled']) {
    const { items } = await api.ask('GET', `/executions?flowId=${flowId}&status=${status}&limit=200`);
    found.push(...(items as unknown[]));
  }
  return found;
}

async function countExecutions(flowId: string): Promise<number> {
  let count = 0;
  for (let next = ''; ;) {
    const page = (await api.ask('GET', `/executions?flowId=${flowId}&limit=200${next}`)) as { items: unknown[]; next?: string };
    count += page.items.length;
    if (page.next === undefined) return count;
    next = `&after=${encodeURIComponent(page.next)}`;
  }
}

/** Reads a mailbox with a client of its own. */
async function mailsOf(user: string, folder = 'INBOX'): Promise<readonly Awaited<ReturnType<typeof parseMail>>[]> {
  const client = new ImapFlow({ host: '127.0.0.1', port: server.imapPort, secure: false, auth: { user, pass: 'secret' }, logger: false });
  await client.connect();
  try {
    await client.mailboxOpen(folder);
    const mails = [];
    for await (const { source } of client.fetch('1:*', { source: true })) mails.push(await parseMail(source!));
    return mails;
  } finally {
    await client.logout();
  }
}

test(
  'each mail goes out, comes in once and is sent on with its attachment, although processes are killed',
  { skip, timeout: 900_000 },
  async (t) => {
    let next = 0;
    const sender = async () => {
      while (next < MAILS) await deliver(next++);
    };
    const sending = Promise.all(Array.from({ length: SENDERS }, sender));
    let isSending = true;
    void sending.finally(() => (isSending = false));
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const sent = next;
      // In the midst of them.
      await eventually(async () => assert.ok(next > sent + MAILS / (KILLS + 2) || !isSending), 120_000);
      await pause(Math.random() * 300);
      await platform.end('SIGKILL');
      platform = await startPlatform({ scratch, ports });
    }
    await sending;
    await eventually(async () => assert.equal((await unfinished(OUT)).length, 1), 180_000, 500);
    await eventually(async () => assert.equal(await countExecutions(ON), MAILS), 300_000, 500);
    await eventually(async () => assert.deepEqual(await unfinished(ON), []), 180_000, 500);

    const arrived = await mailsOf('archive');
    const byId = new Map(arrived.map((mail) => [mail.messageId, mail]));
    assert.equal(byId.size, MAILS, 'a mail that was sent twice has the same Message-ID');
    const bySubject = new Map([...byId.values()].map((mail) => [mail.subject, mail]));
    assert.equal(new Set([...byId.values()].map(({ text }) => text.trim())).size, MAILS, 'each received mail was sent on once');
    for (let number = 0; number < MAILS; number += 1) {
      const [attachment, ...others] = bySubject.get(`第 ${number} 号报告`)?.attachments ?? [];
      assert.deepEqual(
        [attachment?.name, Buffer.from(attachment?.content ?? '', 'base64').toString('utf8'), others.length],
        [`检验报告单（第${number}号）.csv`, textOf(number), 0],
      );
    }
    const inbox = await mailsOf('lab', 'Processed');
    assert.equal(new Set(inbox.map(({ messageId }) => messageId)).size, MAILS);
    t.diagnostic(
      `${MAILS} mails, ${KILLS} kills; received ${inbox.length} and sent on ${arrived.length}, with those sent twice under one Message-ID`,
    );
  },
);
