/** Settings of a `mail` adapter for each environment: the server, and the user of the mailbox. */
import { Type, type Static } from 'typebox';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { CertificateName, TrustedCa } from '../shared/tls-fields.ts';

const closed = { additionalProperties: false } as const;

export const MailSettings = Type.Object(
  {
    user: Type.String({
      ...fieldText('登录名', 'User', '通常是邮箱地址；密码存为凭据。', 'Usually the address; the password is the credential.', {
        example: 'lab@hospital-d.example',
      }),
      minLength: 1,
      maxLength: 255,
    }),
    imap: Type.Object(
      {
        host: Type.String({
          ...fieldText('主机', 'Host', undefined, undefined, { example: 'imap.hospital-d.example' }),
          minLength: 1,
          maxLength: 255,
        }),
        port: Type.Integer({
          ...fieldText('端口', 'Port', 'TLS 通常为 993。', 'Usually 993 with TLS.'),
          minimum: 1,
          maximum: 65_535,
          default: 993,
        }),
        security: Type.Union([Type.Literal('tls'), Type.Literal('starttls'), Type.Literal('none')], {
          ...fieldText('加密', 'Encryption', '不加密只能用于本机。', 'None is only for this machine.', {
            options: { tls: ['TLS', 'TLS'], starttls: ['STARTTLS', 'STARTTLS'], none: ['不加密', 'None'] },
          }),
          default: 'tls',
        }),
        ca: Type.Optional(TrustedCa),
        serverName: Type.Optional(CertificateName),
      },
      { ...fieldText('收信服务器（IMAP）', 'Receiving server (IMAP)'), ...closed },
    ),
  },
  closed,
);
export type MailSettings = Static<typeof MailSettings>;
