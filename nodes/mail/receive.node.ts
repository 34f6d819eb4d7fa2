import { Type, type Static } from 'typebox';
import { defineNode, outPort, type Emit, type Stop, type TriggerContext } from '../../engine/contract/node/node.ts';
import type { Message } from '../../engine/contract/values/message.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { lookRegularly } from '../shared/look-regularly.ts';
import { FETCH_BYTES, readMail } from './read-mail.ts';
import { probeMail } from './probe.ts';
import { checkFolders, everySecField, folderFields, maxBytesField } from './receive-fields.ts';
import { makeFolders, useMailbox } from './use-mailbox.ts';
import { watchMailbox } from './watch-mailbox.ts';

const Config = Type.Object(
  {
    ...folderFields,
    everySec: everySecField(
      '服务器支持 IMAP IDLE 时，新邮件到达即收，此间隔作为保险；否则按此间隔查看。',
      'If the server supports IMAP IDLE, new mails are received at once, and this interval is a safety net.',
    ),
    maxBytes: maxBytesField(1_073_741_824, 52_428_800),
    identity: Type.Union([Type.Literal('server'), Type.Literal('message-id')], {
      ...fieldText(
        '去重依据',
        'Duplicates by',
        '按 Message-ID 时，对方重发的同一封邮件只启动一次流程；没有 Message-ID 的邮件按服务器编号。',
        'By Message-ID, a mail that its sender sends again starts the flow once; mails without one go by the number of the server.',
        { options: { server: ['服务器编号', 'Number of the server'], 'message-id': ['Message-ID', 'Message-ID'] } },
      ),
      default: 'server',
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/**
 * Receives the mails of a mailbox one after the other. A mail is moved to another folder only after it was stored
 * safely. Major version 1 has attachments as Base64 text in the data.
 */
export default defineNode({
  type: 'mail.receive',
  major: 2,
  kind: 'trigger',
  category: 'trigger',
  icon: 'mail',
  text: {
    label: { 'zh-CN': '收取邮件', en: 'Receive mail' },
    help: {
      'zh-CN': '收取邮箱中的邮件，新邮件到达即收；附件存为文件引用，可以很大。邮件安全存储后才移出收件文件夹。',
      en: 'Receives the mails of a mailbox as they arrive; attachments are blob references and may be large. A mail is moved away after it is safely stored.',
    },
    words: 'email 附件',
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
        attachments: [
          {
            name: '对账单.csv',
            mediaType: 'text/csv',
            contentId: '',
            isInline: false,
            sizeBytes: 4,
            blobId: 'blob_0example0AbCdEfGhIjKlMn',
          },
        ],
      },
    },
  ],
  config: Config,
  upgrade: (old) => ({ ...(old as Config), identity: 'server' as const }),
  upgradeChanges: [
    {
      'zh-CN': '附件不再以 Base64 放在 content 中，而是文件引用 blobId；读取 content 的节点需要更改。',
      en: 'An attachment is a blob reference (blobId) instead of Base64 in content. Change nodes that read content.',
    },
    {
      'zh-CN': '附件可以更大（最大 1 GB）；服务器支持 IMAP IDLE 时，新邮件到达即收。',
      en: 'Attachments may be larger (up to 1 GB). If the server supports IMAP IDLE, new mails are received at once.',
    },
    {
      'zh-CN': '新增“去重依据”；升级后仍按服务器编号。',
      en: 'The new field “Duplicates by” keeps the number of the server after the upgrade.',
    },
  ],
  check: checkFolders,
  keyNames: () => [],
  listen,
  probe: probeMail,
});

/**
 * Starts to watch the mailbox. Rejects if the mailbox cannot be opened now; `ended` reports later failures.
 */
async function listen(ctx: TriggerContext<Config>, emit: Emit): Promise<Stop> {
  await useMailbox(ctx, ({ client }) => makeFolders(client, ctx.config));
  return lookRegularly({
    clock: ctx.clock,
    everySec: ctx.config.everySec,
    look: (signal) =>
      useMailbox(
        ctx,
        (mailbox) => {
          const look = { mailbox, ctx, emit, signal };
          return watchMailbox({
            ...look,
            read: (uid) => readMail(look, uid),
            identify: ctx.config.identity === 'server' ? noId : messageIdOf,
          });
        },
        FETCH_BYTES,
      ),
  });
}

const noId = () => undefined;

function messageIdOf({ data }: Message): string | undefined {
  return (data as { readonly messageId: string }).messageId || undefined;
}
