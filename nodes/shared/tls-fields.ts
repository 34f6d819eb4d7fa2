/** The settings for the trusted certificate of the remote system. */
import { Type } from 'typebox';
import { fieldEditor, fieldText, type fieldWhen } from '../../engine/contract/values/texts.ts';

/** Settings are shown and exported in clear, so a private key must not be among them. */
export const WITHOUT_PRIVATE_KEY = '^(?![\\s\\S]*PRIVATE KEY-----)';

export const TrustedCa = Type.String({
  ...fieldText(
    '信任的 CA 证书',
    'Trusted CA certificates',
    'PEM，不含私钥；不填时信任公共 CA。对方使用自签名或内部证书时填写。',
    'PEM without a private key, for a self-signed or internal certificate; if left out, the public CAs are used.',
  ),
  ...fieldEditor('long-text'),
  pattern: WITHOUT_PRIVATE_KEY,
  maxLength: 100_000,
});

export const CertificateName = Type.String({
  ...fieldText(
    '证书名称',
    'Certificate name',
    '对方证书中的名称，与主机名不同时填写。',
    'The name in the server’s certificate, if it differs from the host.',
  ),
  maxLength: 255,
});

/** TLS of a connection that is encrypted or not. */
export function optionalTls(when: Partial<ReturnType<typeof fieldWhen>> = {}) {
  return Type.Object(
    { ca: Type.Optional(TrustedCa), serverName: Type.Optional(CertificateName) },
    {
      ...when,
      ...fieldText(
        'TLS',
        'TLS',
        '连接加密，并验证对方证书；不使用时只能连本机，除非允许明文。',
        'The connection is encrypted and the certificate is checked; without TLS only this machine can be reached, unless plain text is allowed.',
      ),
      ...fieldEditor('optional-group'),
      additionalProperties: false,
    },
  );
}
