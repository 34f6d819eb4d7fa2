/** Settings of adapters that use HTTP (`http`, `soap`): address and login of the hospital's system. */
import { Type, type Static } from 'typebox';
import { fieldEditor, fieldGroup, fieldText } from '../../../engine/contract/values/texts.ts';
import { CertificateName, TrustedCa } from '../tls-fields.ts';

const closed = { additionalProperties: false } as const;

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
    auth: Type.Union([Type.Literal('none'), Type.Literal('basic'), Type.Literal('bearer'), Type.Literal('header')], {
      ...fieldText('登录方式', 'Login', '凭据怎样随请求发出。', 'How the credential is sent with a request.', {
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
      ...fieldText('登录请求头', 'Login header', '仅用于“自定义请求头”。', 'Only for the login with “a header”.'),
      pattern: '^[A-Za-z0-9-]{1,100}$',
      default: 'X-Api-Key',
    }),
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
        },
        { ...fieldText('TLS', 'TLS', '仅用于 HTTPS 地址。', 'Only for HTTPS addresses.'), ...fieldEditor('optional-group'), ...closed },
      ),
    ),
  },
  closed,
);
export type HttpSettings = Static<typeof HttpSettings>;
