import { defineAdapter } from '../../engine/contract/node/adapter-type.ts';
import { MailSettings } from './settings.ts';

export default defineAdapter({
  protocol: 'mail',
  icon: 'mail',
  text: {
    label: { 'zh-CN': '邮箱', en: 'Mailbox' },
    help: {
      'zh-CN': '邮件服务器上的一个邮箱：平台以 IMAP 收取其中的邮件，以 SMTP 发送邮件。',
      en: 'A mailbox on a mail server: the platform fetches its mails over IMAP and sends mails over SMTP.',
    },
    usedFor: { 'zh-CN': '检验报告邮件、通知、带附件的邮箱', en: 'reports by mail, notices, mailboxes with attachments' },
    words: 'email SMTP IMAP',
  },
  settings: MailSettings,
  credential: { 'zh-CN': '邮箱的密码或客户端授权码。', en: 'The mailbox’s password, or its app password.' },
  connectsTo: (settings) => {
    const { imap, smtp } = settings as MailSettings;
    return [imap, smtp].flatMap((server) => (server === undefined ? [] : [{ host: server.host, port: server.port }]));
  },
  hasCharset: true,
});
