/** Settings of adapters that speak HTTP (`http`, `soap`): where the hospital's system is and how to log in there. */
import { Type, type Static } from 'typebox';
import { fieldEditor, fieldText } from '../../../engine/contract/texts.ts';
import { CertificateName, TrustedCa } from '../tls-fields.ts';

const closed = { additionalProperties: false } as const;

export const HttpSettings = Type.Object(
  {
    baseUrl: Type.String({
      ...fieldText(
        '地址',
        'Base URL',
        '协议、主机、端口，以及所有调用共有的路径前缀。',
        'Scheme, host, port and the path that all calls begin with.',
        { example: 'https://his.hospital-a.example:8443/api' },
      ),
      pattern: '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$',
      maxLength: 2000,
    }),
    auth: Type.Union([Type.Literal('none'), Type.Literal('basic'), Type.Literal('bearer'), Type.Literal('header')], {
      ...fieldText('登录方式', 'Login', '凭据怎样随请求发出。', 'How the credential goes along with a request.', {
        options: {
          none: ['不登录', 'None'],
          basic: ['用户名密码（Basic）', 'User and password (Basic)'],
          bearer: ['令牌（Bearer）', 'Token (Bearer)'],
          header: ['自定义请求头', 'A header'],
        },
      }),
      default: 'none',
    }),
    authHeader: Type.String({
      ...fieldText('登录请求头', 'Login header', '仅用于“自定义请求头”。', 'For the login by “a header” alone.'),
      pattern: '^[A-Za-z0-9-]{1,100}$',
      default: 'X-Api-Key',
    }),
    tls: Type.Optional(
      Type.Object(
        {
          ca: Type.Optional(TrustedCa),
          serverName: Type.Optional(CertificateName),
        },
        { ...fieldText('TLS', 'TLS', '仅用于 HTTPS 地址。', 'For HTTPS addresses alone.'), ...fieldEditor('optional-group'), ...closed },
      ),
    ),
  },
  closed,
);
export type HttpSettings = Static<typeof HttpSettings>;
