import { createHash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import { Operand } from '../../engine/contract/flow/expression-types.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type NodeContext,
  type RunNode,
} from '../../engine/contract/node/node.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { namingPeer, peerOf } from '../shared/at-peer.ts';
import { readSettings } from '../shared/read-settings.ts';
import { oneLine, readAddresses, readAttachments, readText, type MailAddress } from './compose-mail.ts';
import { openSmtp } from './open-smtp.ts';
import { probeMail } from './probe.ts';
import { sendMail } from './send-mail.ts';
import { MailSettings } from './settings.ts';
import { compileInput } from '../shared/compile-input.ts';

const operand = (...text: Parameters<typeof fieldText>) => Type.Union(Operand.anyOf, { ...fieldText(...text), ...fieldEditor('operand') });

const Config = Type.Object(
  {
    to: operand(
      '收件人',
      'To',
      '地址文本（多个以逗号分隔）、{name, address}，或它们的列表。',
      'Addresses as text (several with commas), {name, address}, or a list of these.',
    ),
    cc: Type.Optional(operand('抄送', 'Cc')),
    bcc: Type.Optional(operand('密送', 'Bcc')),
    replyTo: Type.Optional(operand('回复地址', 'Reply to')),
    subject: operand('主题', 'Subject'),
    text: Type.Optional(operand('正文', 'Text')),
    html: Type.Optional(
      operand('HTML 正文', 'HTML text', '与正文都填时，由收件程序选用。', 'If both texts are given, the mail program chooses.'),
    ),
    attachments: Type.Optional(
      operand(
        '附件',
        'Attachments',
        '列表，每项 {name, mediaType, blobId}；blobId 处也可为 content（Base64）或 text。收到的邮件的 attachments 可直接使用。',
        'A list of {name, mediaType, blobId}; instead of blobId, content (Base64) or text. The attachments of a received mail can be used as they are.',
      ),
    ),
    maxBytes: Type.Integer({
      ...fieldText('单封上限', 'Largest mail', '含附件；附件编码后约大三分之一。', 'With attachments, which grow by a third when encoded.'),
      ...fieldEditor('size-bytes'),
      minimum: 1024,
      maximum: 1_073_741_824,
      default: 26_214_400,
    }),
    idempotent: Type.Boolean({
      ...fieldText(
        '允许重发',
        'May repeat',
        '结果未知时自动重发，Message-ID 不变。多数服务器不去重，收件人可能收到两封；不打开时转为待人工处理。',
        'If the outcome is unknown, the mail is sent again with the same Message-ID. Most servers do not recognise it, so it may arrive twice; if off, the message is held.',
      ),
      default: false,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Sends a mail over SMTP (RFC 5321), with attachments that stream from blobs. */
export default defineNode({
  type: 'mail.send',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'send',
  text: {
    label: { 'zh-CN': '发送邮件', en: 'Send mail' },
    help: {
      'zh-CN': '经邮箱适配器的 SMTP 服务器发送一封邮件，可带附件。',
      en: 'Sends a mail, with attachments, through the SMTP server of its mailbox adapter.',
    },
    words: 'email 附件',
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'mail',
  effect: ({ idempotent }) => (idempotent ? 'idempotent-write' : 'write'),
  config: Config,
  expressions: ['to', 'cc', 'bcc', 'replyTo', 'subject', 'text', 'html', 'attachments'].map((field) => `/${field}/expression`),
  prepare: prepareSend,
  probe: probeMail,
});

function prepareSend(config: Config, build: BuildContext): RunNode<Config> {
  const read = (field: Exclude<keyof Config, 'maxBytes' | 'idempotent'>) => compileInput(`/${field}`, config[field], build);
  const fields = {
    ...{ to: read('to'), cc: read('cc'), bcc: read('bcc'), replyTo: read('replyTo'), subject: read('subject') },
    ...{ text: read('text'), html: read('html'), attachments: read('attachments') },
  };
  return async (ctx, message) => {
    const addresses = async (field: 'to' | 'cc' | 'bcc' | 'replyTo') => readAddresses(await fields[field](ctx.scope), field);
    const [to, cc, bcc, replyTo] = [await addresses('to'), await addresses('cc'), await addresses('bcc'), await addresses('replyTo')];
    if (to.length + cc.length + bcc.length === 0) {
      throw new AppError('MAIL_NO_RECIPIENT', 'input', 'The mail has no recipient.', { fix: 'Fill the field To from the message.' });
    }
    const from = fromOf(ctx);
    const messageId = messageIdOf(ctx.idempotencyKey, from.address);
    let failure: unknown;
    const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
    const composer = new MailComposer({
      ...{ from, to: [...to], cc: [...cc], replyTo: [...replyTo], messageId, date: new Date(ctx.scope.now) },
      subject: oneLine(readText(await fields.subject(ctx.scope), 'subject')),
      ...textsOf(readText(await fields.text(ctx.scope), 'text'), readText(await fields.html(ctx.scope), 'html')),
      attachments: readAttachments(await fields.attachments(ctx.scope), ctx.blobs, (error) => (failure = error)),
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const connection = await openSmtp(ctx);
    try {
      ctx.beforeFirstByte();
      const recipients = [...new Set([...to, ...cc, ...bcc].map(({ address }) => address))];
      const mail = { from: from.address, to: recipients, composer, maxBytes: config.maxBytes, failure: () => failure };
      const { smtp } = readSettings(ctx.adapter!, MailSettings);
      const sent = await namingPeer(peerOf('MAIL', smtp!), () => sendMail(connection, mail, ctx.signal));
      connection.quit();
      const { charset: _request, ...rest } = withData(message, { messageId, ...sent }, 'application/json');
      return { emit: { ok: [rest] } };
    } catch (error) {
      connection.close();
      throw error;
    }
  };
}

/** A mail has a text at least, if only an empty one. */
function textsOf(text: string, html: string): { readonly text?: string; readonly html?: string } {
  return { ...(text === '' && html !== '' ? {} : { text }), ...(html === '' ? {} : { html }) };
}

function fromOf(ctx: NodeContext<Config>): MailAddress {
  const { user, smtp } = readSettings(ctx.adapter!, MailSettings);
  return readAddresses(smtp?.from ?? user, 'from')[0]!;
}

/** A repeated mail has the same Message-ID, so that recipients can recognise it. */
function messageIdOf(idempotencyKey: string, from: string): string {
  return `<${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 40)}@${from.slice(from.lastIndexOf('@') + 1)}>`;
}
