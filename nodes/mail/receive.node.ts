import type { ImapFlow } from 'imapflow';
import { Type, type Static } from 'typebox';
import { AppError, toErrorRecord } from '../../engine/contract/values/errors.ts';
import { createMessage, type Message } from '../../engine/contract/values/message.ts';
import {
  defineNode,
  outPort,
  type ConfigProblem,
  type Emit,
  type Health,
  type ProbeContext,
  type Stop,
  type TriggerContext,
} from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { lookRegularly } from '../shared/look-regularly.ts';
import { createParser } from '../shared/parse-worker/create-parser.ts';
import { createProbeSteps } from '../shared/probe-steps.ts';
import { openMailbox, type Mailbox } from './open-mailbox.ts';

const folder = (zh: string, en: string, zhHelp: string, enHelp: string, initial: string) =>
  Type.String({ ...fieldText(zh, en, zhHelp, enHelp), minLength: 1, maxLength: 200, default: initial });

const Config = Type.Object(
  {
    folder: folder('收件文件夹', 'Folder', '其中的每封邮件启动一次流程。', 'Each mail in it starts the flow once.', 'INBOX'),
    doneFolder: folder(
      '已收文件夹',
      'Folder for processed mails',
      '安全存储后的邮件移到这里；没有时自动建立。',
      'The folder to which a mail is moved after it is safely stored; created if it does not exist.',
      'Processed',
    ),
    failedFolder: folder(
      '拒收文件夹',
      'Folder for refused mails',
      '过大、无法读取或流程拒收的邮件移到这里，等人查看。',
      'The folder to which mails are moved that are too large, unreadable or refused by the flow, so that someone can check them.',
      'Refused',
    ),
    everySec: Type.Integer({
      ...fieldText('检查间隔', 'Look every'),
      ...fieldEditor('duration-sec'),
      minimum: 1,
      maximum: 86_400,
      default: 30,
    }),
    maxBytes: Type.Integer({
      ...fieldText('单封上限', 'Largest mail', '含附件。', 'Including attachments.'),
      ...fieldEditor('size-bytes'),
      minimum: 1024,
      maximum: 52_428_800,
      default: 10_485_760,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

const parser = createParser();

/**
 * Receives the mails of a mailbox one after the other. A mail is moved to another folder only after it was stored
 * safely.
 */
export default defineNode({
  type: 'mail.receive',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'mail',
  text: {
    label: { 'zh-CN': '收取邮件', en: 'Receive mail' },
    help: {
      'zh-CN': '定时收取邮箱中的邮件与附件，邮件安全存储后才移出收件文件夹。',
      en: 'Receives the mails of a mailbox with their attachments; each is moved away after it is safely stored.',
    },
  },
  ports: { in: [], out: [outPort] },
  adapter: 'mail',
  samples: [
    {
      name: { 'zh-CN': '带附件的对账邮件', en: 'A mail with an attachment' },
      data: {
        messageId: '<202606010830.1@hospital-x.example>',
        date: '2026-06-01T00:30:00.000Z',
        from: [{ name: '医院X财务', address: 'finance@hospital-x.example' }],
        to: [{ name: '', address: 'bus@city.example' }],
        cc: [],
        subject: '对账单 2026-05',
        text: '请查收附件。',
        html: '',
        attachments: [{ name: '对账单.csv', mediaType: 'text/csv', sizeBytes: 4, content: 'MSwyCg==' }],
      },
    },
  ],
  config: Config,
  check: checkConfig,
  keyNames: () => [],
  listen,
  probe,
});

/**
 * Reports a target folder that is also the folder to read from. A moved mail would be a new mail there and start the
 * flow again, endlessly. Folder names are compared without regard to case, because servers may ignore case.
 */
function checkConfig(config: Config): readonly ConfigProblem[] {
  const inbox = config.folder.toLowerCase();
  return (['doneFolder', 'failedFolder'] as const)
    .filter((field) => config[field].toLowerCase() === inbox)
    .map((field) => ({
      path: `/${field}`,
      message: { 'zh-CN': '须不同于收件文件夹', en: 'must not be the folder from which mails are received' },
    }));
}

/**
 * Starts to check the mailbox regularly. Rejects if the mailbox cannot be opened now; `ended` reports later failures.
 */
async function listen(ctx: TriggerContext<Config>, emit: Emit): Promise<Stop> {
  await withMailbox(ctx, ({ client }) => makeFolders(client, ctx.config));
  return lookRegularly({
    clock: ctx.clock,
    everySec: ctx.config.everySec,
    look: (signal) => withMailbox(ctx, (mailbox) => takeAll({ mailbox, ctx, emit, signal }), ctx.config.maxBytes),
  });
}

async function withMailbox<T>(
  { adapter, outbound, secret }: Pick<TriggerContext<Config>, 'adapter' | 'outbound' | 'secret'>,
  work: (mailbox: Mailbox) => Promise<T>,
  mailBytes?: number,
): Promise<T> {
  const mailbox = await openMailbox(adapter!, await secret(), outbound, mailBytes);
  const { client } = mailbox;
  try {
    const result = await work(mailbox);
    await client.logout();
    return result;
  } catch (error) {
    throw mailbox.flood(error) ?? (error instanceof AppError ? error : mailboxFailed(error));
  } finally {
    client.close();
  }
}

async function makeFolders(client: ImapFlow, { folder: inbox, doneFolder, failedFolder }: Config): Promise<void> {
  const there = new Set((await client.list()).map(({ path }) => path));
  if (!there.has(inbox)) {
    throw new AppError('MAIL_FOLDER_MISSING', 'input', `The mailbox has no folder ${inbox}.`, {
      values: { folder: inbox },
      fix: 'Correct its name in the trigger, or create the folder in the mailbox.',
    });
  }
  for (const path of [doneFolder, failedFolder]) if (!there.has(path)) await client.mailboxCreate(path);
}

/** What one check of the mailbox needs. */
interface Look {
  readonly mailbox: Mailbox;
  readonly ctx: TriggerContext<Config>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Processes the mails, oldest first. A mail is identified by its UID and the folder's UIDVALIDITY, so a mail that is
 * delivered twice counts as two mails.
 */
async function takeAll(look: Look): Promise<void> {
  const { ctx, signal } = look;
  const { client } = look.mailbox;
  const { uidValidity } = await client.mailboxOpen(ctx.config.folder);
  const uids = (await client.search({ all: true }, { uid: true })) || [];
  for (const uid of uids.map(String)) {
    if (signal.aborted) return;
    const goesTo = await take(look, uid, `${ctx.adapter!.adapterId}/${ctx.config.folder}/${uidValidity}/${uid}`);
    // If this mail cannot be stored now, the next one cannot be stored either.
    if (goesTo === undefined) return;
    look.mailbox.expect(0);
    await client.messageMove(uid, goesTo, { uid: true });
  }
}

/** Returns the folder that the mail is moved to; undefined if it stays. */
async function take(look: Look, uid: string, dedupeKey: string): Promise<string | undefined> {
  const { config, log } = look.ctx;
  const refuse = (code: string) => {
    log.warn('mail.refused', { uid, code });
    return config.failedFolder;
  };
  try {
    const message = await read(look, uid);
    // Another client moved the mail in the meantime.
    if (message === undefined) return config.doneFolder;
    const result = await look.emit({ message, dedupeKey });
    if (result.status !== 'refused') return config.doneFolder;
    return result.error.kind === 'input' ? refuse(result.error.code) : undefined;
  } catch (error) {
    const { code, kind } = toErrorRecord(error);
    if (kind === 'input') return refuse(code);
    throw error;
  }
}

/** Fetches and parses a mail; returns undefined if it no longer exists. */
async function read({ mailbox, ctx, signal }: Look, uid: string): Promise<Message | undefined> {
  const { maxBytes } = ctx.config;
  const { client } = mailbox;
  mailbox.expect(maxBytes);
  const about = await client.fetchOne(uid, { size: true }, { uid: true });
  if (!about) return undefined;
  const { size: sizeBytes = 0 } = about;
  if (sizeBytes > maxBytes) throw tooLarge(sizeBytes, maxBytes);
  const mail = await client.fetchOne(uid, { source: { maxLength: maxBytes } }, { uid: true });
  if (!mail || mail.source === undefined) return undefined;
  // The actual size may differ from the size that the server reported.
  if (mail.source.length > maxBytes) throw tooLarge(mail.source.length, maxBytes);
  return createMessage(await parser.parse({ kind: 'mail', source: mail.source }, { clock: ctx.clock, signal }));
}

function tooLarge(sizeBytes: number, maxBytes: number): AppError {
  return new AppError('MAIL_TOO_LARGE', 'input', `The mail has ${sizeBytes} bytes; ${maxBytes} are allowed.`, {
    values: { sizeBytes, maxBytes },
    fix: 'Raise the limit in the trigger, or ask the sender to send it in parts.',
  });
}

async function probe(ctx: ProbeContext): Promise<Health> {
  const steps = createProbeSteps(ctx);
  await steps.run({ 'zh-CN': '连接与登录', en: 'Connection and login' }, async () => {
    const folders = await withMailbox(ctx, ({ client }) => client.list());
    return folders
      .map(({ path }) => path)
      .join(', ')
      .slice(0, 500);
  });
  return steps.health();
}

function mailboxFailed(cause: unknown): AppError {
  const { code, responseText, message } = cause as NodeJS.ErrnoException & { readonly responseText?: string };
  const reason = code ?? responseText ?? message;
  return new AppError('MAIL_FAILED', 'transient', `The mail server did not carry out a command: ${reason}.`, {
    values: { reason },
    fix: 'It is retried automatically; if it keeps happening, check the mailbox and the log of its server.',
    cause,
  });
}
