/** Settings of a `mail` adapter for each environment: the servers for receiving and sending, and the user of the mailbox. */
import { Type, type Static } from 'typebox';
import { fieldEditor, fieldGroup, fieldText } from '../../engine/contract/values/texts.ts';
import { CertificateName, TrustedCa } from '../shared/tls-fields.ts';

const closed = { additionalProperties: false } as const;

const host = (example: string) =>
  Type.String({ ...fieldText('主机', 'Host', undefined, undefined, { example }), minLength: 1, maxLength: 255 });

const port = (usual: number, helpZh: string, helpEn: string) =>
  Type.Integer({ ...fieldText('端口', 'Port', helpZh, helpEn), minimum: 1, maximum: 65_535, default: usual });

const security = (helpZh: string, helpEn: string) =>
  Type.Union([Type.Literal('tls'), Type.Literal('starttls'), Type.Literal('none')], {
    ...fieldText('加密', 'Encryption', helpZh, helpEn, {
      options: { tls: ['TLS', 'TLS'], starttls: ['STARTTLS', 'STARTTLS'], none: ['不加密', 'None'] },
    }),
    default: 'tls',
  });

export const MailSettings = Type.Object(
  {
    user: Type.String({
      ...fieldText('登录名', 'User', '通常是邮箱地址；密码存为凭据。', 'Usually the address; the password is the credential.', {
        example: 'lab@hospital-d.example',
      }),
      minLength: 1,
      maxLength: 255,
    }),
    imap: Type.Optional(
      Type.Object(
        {
          host: host('imap.hospital-d.example'),
          port: port(993, 'TLS 通常为 993。', 'Usually 993 with TLS.'),
          security: security('不加密只能用于本机。', 'None is only for this machine.'),
          ca: Type.Optional(TrustedCa),
          serverName: Type.Optional(CertificateName),
        },
        {
          ...fieldText('收信服务器（IMAP）', 'Receiving server (IMAP)', '只发送时不填。', 'Not needed for sending only.'),
          ...fieldEditor('optional-group'),
          ...closed,
        },
      ),
    ),
    smtp: Type.Optional(
      Type.Object(
        {
          host: host('smtp.hospital-d.example'),
          port: port(465, 'TLS 通常为 465，STARTTLS 通常为 587。', 'Usually 465 with TLS, 587 with STARTTLS.'),
          security: security('不加密只能用于本机，除非允许明文。', 'None is only for this machine, unless plain text is allowed.'),
          allowPlain: Type.Optional(
            Type.Boolean({
              ...fieldGroup('advanced'),
              ...fieldText(
                '允许明文',
                'Allow plain text',
                '仅当对方不支持 TLS 且处于同一受保护网络时打开；密码与邮件将不加密传输。',
                'Only if the server does not support TLS and is in the same protected network: password and mails are then sent unencrypted.',
              ),
            }),
          ),
          login: Type.Boolean({
            ...fieldText('登录', 'Log in', '内网中继不需要登录时关闭。', 'Off for a relay in the own network that needs no login.'),
            default: true,
          }),
          from: Type.Optional(
            Type.String({
              ...fieldText('发件人', 'From', '不填时为登录名。', 'The user if left out.', { example: '检验科 <lab@hospital-d.example>' }),
              minLength: 3,
              maxLength: 320,
            }),
          ),
          ca: Type.Optional(TrustedCa),
          serverName: Type.Optional(CertificateName),
        },
        {
          ...fieldText('发信服务器（SMTP）', 'Sending server (SMTP)', '只接收时不填。', 'Not needed for receiving only.'),
          ...fieldEditor('optional-group'),
          ...closed,
        },
      ),
    ),
  },
  closed,
);
export type MailSettings = Static<typeof MailSettings>;
export type ImapSettings = NonNullable<MailSettings['imap']>;
export type SmtpSettings = NonNullable<MailSettings['smtp']>;
