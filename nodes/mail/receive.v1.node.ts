import { Type, type Static } from 'typebox';
import { createMessage, type Message } from '../../engine/contract/values/message.ts';
import { defineNode, outPort, type Emit, type Stop, type TriggerContext } from '../../engine/contract/node/node.ts';
import { lookRegularly } from '../shared/look-regularly.ts';
import { createParser } from '../shared/parse-worker/create-parser.ts';
import { probeMail } from './probe.ts';
import { checkFolders, everySecField, folderFields, maxBytesField } from './receive-fields.ts';
import { mailTooLarge, takeMails, type Look } from './take-mails.ts';
import { makeFolders, useMailbox } from './use-mailbox.ts';

const Config = Type.Object(
  { ...folderFields, everySec: everySecField(), maxBytes: maxBytesField(52_428_800, 10_485_760) },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

const parser = createParser();

/**
 * Receives the mails of a mailbox one after the other. A mail is moved to another folder only after it was stored
 * safely. Major version 2 stores attachments as blobs instead of Base64 text in the data.
 */
export default defineNode({
  type: 'mail.receive',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'mail',
  text: {
    label: { 'zh-CN': '收取邮件（旧版）', en: 'Receive mail (old)' },
    help: {
      'zh-CN': '旧版：附件以 Base64 文本放在数据中。新流程请用“收取邮件”。',
      en: 'The old version: attachments are Base64 text in the data. Use “Receive mail” in new flows.',
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
  check: checkFolders,
  keyNames: () => [],
  listen,
  probe: probeMail,
});

/**
 * Starts to check the mailbox regularly. Rejects if the mailbox cannot be opened now; `ended` reports later failures.
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
          return takeMails({ ...look, read: (uid) => read(look, uid) });
        },
        ctx.config.maxBytes,
      ),
  });
}

async function read({ mailbox, ctx, signal }: Omit<Look, 'read'>, uid: string): Promise<Message | undefined> {
  const { maxBytes } = ctx.config;
  const { client } = mailbox;
  mailbox.expect(maxBytes);
  const about = await client.fetchOne(uid, { size: true }, { uid: true });
  if (!about) return undefined;
  const { size: sizeBytes = 0 } = about;
  if (sizeBytes > maxBytes) throw mailTooLarge(sizeBytes, maxBytes);
  const mail = await client.fetchOne(uid, { source: { maxLength: maxBytes } }, { uid: true });
  if (!mail || mail.source === undefined) return undefined;
  // The actual size may differ from the size that the server reported.
  if (mail.source.length > maxBytes) throw mailTooLarge(mail.source.length, maxBytes);
  const { charset } = ctx.adapter!;
  return createMessage(await parser.parse({ kind: 'mail', source: mail.source, charset }, { clock: ctx.clock, signal }));
}
