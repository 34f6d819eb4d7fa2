/** Settings of adapters that use HTTP (`http`, `soap`, `fhir`): address and login of the hospital's system. */
import { Type, type Static } from 'typebox';
import { fieldEditor, fieldGroup, fieldText, fieldWhen } from '../../../engine/contract/values/texts.ts';
import { NAME_RULES } from '../../../engine/contract/values/named-values.ts';
import { CertificateName, TrustedCa, WITHOUT_PRIVATE_KEY } from '../tls-fields.ts';

const closed = { additionalProperties: false } as const;

/** Client credentials (RFC 6749, section 4.4). The secret is the credential of the adapter. */
const OAuth2 = Type.Object(
  {
    tokenUrl: Type.String({
      ...fieldText('令牌地址', 'Token URL', '令牌服务器签发访问令牌的地址。', 'The token endpoint.', {
        example: 'https://auth.hospital-a.example/oauth2/token',
      }),
      pattern: '^https?://[^/?#@\\s]+(/[^#\\s]*)?$',
      maxLength: 2000,
    }),
    clientId: Type.String({
      ...fieldText('客户端编号', 'Client id', undefined, undefined, {
        pattern: ['只含半角字符（ASCII）', 'Printable ASCII characters only'],
      }),
      minLength: 1,
      maxLength: 500,
      pattern: '^[\\x20-\\x7e]+$',
    }),
    authentication: Type.Union([Type.Literal('client_secret_basic'), Type.Literal('client_secret_post'), Type.Literal('private_key_jwt')], {
      ...fieldText(
        '客户端认证方式',
        'Client authentication',
        '多数令牌服务器使用密钥；用私钥签名时，凭据存私钥 PEM。',
        'Most token servers use a secret; to sign with a private key, the credential is its PEM.',
        {
          options: {
            client_secret_basic: ['密钥，放在请求头', 'Secret, in a header'],
            client_secret_post: ['密钥，放在表单', 'Secret, in the form'],
            private_key_jwt: ['私钥签名（JWT）', 'Signature of a private key (JWT)'],
          },
        },
      ),
      default: 'client_secret_basic',
    }),
    scope: Type.Optional(
      Type.String({
        ...fieldText('权限范围 scope', 'Scope', '多个以空格分隔。', 'Several are separated by spaces.'),
        minLength: 1,
        maxLength: 2000,
      }),
    ),
    audience: Type.Optional(
      Type.String({
        ...fieldText('受众 audience', 'Audience', '令牌服务器要求时填写。', 'Only if the token server asks for it.'),
        minLength: 1,
        maxLength: 2000,
      }),
    ),
    keyId: Type.Optional(
      Type.String({
        ...fieldWhen('authentication', 'private_key_jwt'),
        ...fieldText('密钥编号', 'Key id', '写入 JWT 的 kid。', 'The kid of the JWT.'),
        minLength: 1,
        maxLength: 200,
      }),
    ),
  },
  {
    ...fieldWhen('auth', 'oauth2'),
    ...fieldText(
      'OAuth 2.0',
      'OAuth 2.0',
      '自动取得访问令牌，并在到期前更换。',
      'Access tokens are taken by themselves and replaced before they expire.',
    ),
    ...fieldEditor('optional-group'),
    ...closed,
  },
);

const OwnCertificate = Type.String({
  ...fieldText(
    '客户端证书',
    'Client certificate',
    '对方要求双向 TLS 时填写：PEM，本方证书在前，其后是签发它的证书；不含私钥，私钥存为凭据。',
    'If the other side demands mutual TLS: PEM, the own certificate first, then those that issued it. No private key: that is the credential.',
  ),
  ...fieldEditor('long-text'),
  pattern: `${WITHOUT_PRIVATE_KEY}[\\s\\S]*-----BEGIN CERTIFICATE-----`,
  minLength: 1,
  maxLength: 100_000,
});

export const HttpSettings = Type.Object(
  {
    baseUrl: Type.String({
      ...fieldText(
        '地址',
        'Base URL',
        '协议、主机、端口，以及所有调用共有的路径前缀。',
        'Scheme, host, port and the common beginning of the path of all calls.',
        { example: 'https://his.hospital-a.example:8443/api' },
      ),
      pattern: '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$',
      maxLength: 2000,
    }),
    auth: Type.Union(
      [Type.Literal('none'), Type.Literal('basic'), Type.Literal('bearer'), Type.Literal('header'), Type.Literal('oauth2')],
      {
        ...fieldText('登录方式', 'Login', '凭据怎样随请求发出。', 'How the credential is sent with a request.', {
          options: {
            none: ['不登录', 'None'],
            basic: ['用户名密码（Basic）', 'User and password (Basic)'],
            bearer: ['令牌（Bearer）', 'Token (Bearer)'],
            header: ['自定义请求头', 'A header'],
            oauth2: ['OAuth 2.0（客户端凭据）', 'OAuth 2.0 (client credentials)'],
          },
        }),
        default: 'none',
      },
    ),
    authHeader: Type.String({
      ...fieldWhen('auth', 'header'),
      ...fieldText('登录请求头', 'Login header'),
      pattern: NAME_RULES.header.pattern,
      default: 'X-Api-Key',
    }),
    oauth2: Type.Optional(OAuth2),
    unavailableMayBeDone: Type.Boolean({
      ...fieldGroup('advanced'),
      ...fieldText(
        '返回 503 时可能已办理',
        'A 503 may have been processed',
        '按规范，503 表示没有办理：可靠异步流程会自动重试；同步流程只在节点设置了“重试”时才重试。若对方办理后也会返回 503，请打开：不幂等的写操作将转人工处理，不自动重发。',
        'According to the standard, a request with status 503 was not processed: a durable flow retries it, a sync flow only if its node has *Retry*. Turn this on if the other side also returns 503 after it has done the work: a write that is not idempotent is then held for a decision.',
      ),
      default: false,
    }),
    refusals: Type.Array(Type.String({ pattern: '^5(?!0[234])[0-9]{2}$' }), {
      ...fieldGroup('advanced'),
      ...fieldText(
        '表示拒绝的 5xx 状态码',
        '5xx that mean a refusal',
        '对方用这些状态码表示拒绝、没有办理。其余 5xx 的写操作结果不明，转人工处理。',
        'With these status codes the other side states that it refused and did nothing. After any other 5xx the outcome of a write is unknown, and it is held for a decision.',
        { example: '500' },
      ),
      default: [],
      maxItems: 50,
      uniqueItems: true,
    }),
    tls: Type.Optional(
      Type.Object(
        {
          ca: Type.Optional(TrustedCa),
          serverName: Type.Optional(CertificateName),
          certificate: Type.Optional(OwnCertificate),
        },
        { ...fieldText('TLS', 'TLS', '仅用于 HTTPS 地址。', 'Only for HTTPS addresses.'), ...fieldEditor('optional-group'), ...closed },
      ),
    ),
  },
  closed,
);
export type HttpSettings = Static<typeof HttpSettings>;
