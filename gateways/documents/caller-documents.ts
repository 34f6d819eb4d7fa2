/** Who may call: apps, their keys and grants, keys of user tokens, and consumers of the bus. */
import { Type, type Static } from 'typebox';
import { ALL_PROFILES, PROFILE_NAMES, profileOfScheme } from '../../engine/contract/compatibility/profiles.ts';
import type { SignatureScheme } from '../../engine/contract/ports/crypto.ts';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';
import { Revision } from '../../engine/contract/values/revision.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { closed, Domain, Id, Name, OneOf } from './document-fields.ts';

export const SIGNATURE_SCHEMES = ['SM2-SM3', 'RSA-SHA256', 'RSA-PSS-SHA256', 'HMAC-SM3', 'HMAC-SHA256'] as const;

/**
 * What a key of an app can be pinned to: a scheme of KQ1 or a compatibility profile. A key never verifies anything else.
 */
export const KEY_SCHEMES = [...SIGNATURE_SCHEMES, ...PROFILE_NAMES] as const;

/** Returns the algorithm of the keys of a scheme. */
export function algorithmOf(scheme: (typeof KEY_SCHEMES)[number]): SignatureScheme {
  return profileOfScheme(scheme)?.algorithm ?? (scheme as (typeof SIGNATURE_SCHEMES)[number]);
}

/** The largest clock tolerance of an app. */
export const MAX_WINDOW_SEC = 600;

/** A caller's application. */
export const AppDocument = Type.Object(
  {
    appId: Type.String({
      ...fieldText('应用编号', 'App id', '调用方签名时使用，保存后不能更改。', 'Callers sign with it, and it never changes.', {
        example: 'CITIZEN_APP',
      }),
      pattern: '^[A-Za-z0-9_-]{1,64}$',
    }),
    revision: Revision,
    name: Name(),
    caller: Type.String({
      ...fieldText('所属单位', 'Of', '拥有这个应用的单位。', 'The organisation that owns the app.'),
      minLength: 1,
      maxLength: 200,
      pattern: PLAIN_LINE,
    }),
    orgId: Type.Optional(
      Type.String({
        ...fieldText(
          '机构编号',
          'Organisation id',
          '防越权规则用它（app.orgId）限定该应用可访问的机构数据。',
          'Rules of object access compare it (app.orgId) with the organisation that a request names.',
          { example: '310104001' },
        ),
        minLength: 1,
        maxLength: 100,
        pattern: PLAIN_LINE,
      }),
    ),
    state: Type.Union([Type.Literal('active'), Type.Literal('disabled')], {
      ...fieldText(
        '状态',
        'State',
        '停用后，它的调用在一秒内被拒绝。',
        'When the app is disabled, its calls are refused within a second.',
        {
          options: { active: ['启用', 'Active'], disabled: ['停用', 'Disabled'] },
        },
      ),
    }),
    windowSec: Type.Integer({
      ...fieldText(
        '时间允差',
        'Clock tolerance',
        '签名时间与平台时钟的最大差距。',
        'The maximum difference between the time of a signature and the platform’s clock.',
      ),
      ...fieldEditor('duration-sec'),
      minimum: 30,
      maximum: MAX_WINDOW_SEC,
      default: 300,
    }),
    profiles: Type.Optional(
      Type.Array(OneOf(PROFILE_NAMES), {
        ...fieldText(
          '兼容签名',
          'Compatibility profiles',
          '除 KQ1 外，允许该应用使用的签名形式；不选时只接受 KQ1。每种形式须另行登记密钥。说明见 docs/compatibility-profiles.md。',
          'Other ways to sign that the app may use besides KQ1; none by default. Each needs a key of its own. See docs/compatibility-profiles.md.',
          { options: Object.fromEntries(ALL_PROFILES.map(({ name, text: { label } }) => [name, [label['zh-CN'], label.en] as const])) },
        ),
        maxItems: PROFILE_NAMES.length,
        uniqueItems: true,
      }),
    ),
    domain: Domain,
  },
  closed,
);
export type AppDocument = Static<typeof AppDocument>;

export const KEY_STATES = ['PENDING', 'ACTIVE', 'RETIRING', 'REVOKED'] as const;

export const KEY_PURPOSES = ['sign', 'encrypt'] as const;

/**
 * A key of an app. With the purpose `sign` the app signs its requests. With `encrypt` the platform encrypts answers and
 * session keys for the app; such a key never verifies a request. A public key is stored as PEM. An HMAC secret is
 * stored only encrypted, in `sealedSecret`.
 */
export const AppKeyDocument = Type.Object(
  {
    appId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
    keyId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
    revision: Type.Integer({ minimum: 0 }),
    /** `sign` if absent, as in keys of older versions. */
    purpose: Type.Optional(OneOf(KEY_PURPOSES)),
    /** With the purpose `encrypt`: how its holder proved to have the private key. */
    scheme: OneOf(KEY_SCHEMES),
    state: OneOf(KEY_STATES),
    publicPem: Type.Optional(Type.String({ maxLength: 10_000 })),
    sealedSecret: Type.Optional(Type.String({ maxLength: 2000 })),
    fingerprint: Type.String({ maxLength: 200 }),
    createdAt: Type.Integer(),
    expiresAt: Type.Optional(Type.Integer()),
  },
  closed,
);
export type AppKeyDocument = Static<typeof AppKeyDocument>;

/** The app whose grants apply to citizens on the user front, and as which their calls are counted. */
export const DEFAULT_APP_ID = 'CITIZENS';

export const GrantDocument = Type.Object(
  {
    grantId: Id('grt', fieldText('编号', 'Id', 'grt_ 开头；保存后不能更改。', 'Begins with grt_; it never changes.')),
    revision: Revision,
    appId: Type.String({
      ...fieldText('应用', 'App', '应用的编号。', 'Id of the app that may call.', { example: 'A10021' }),
      pattern: '^[A-Za-z0-9_-]{1,64}$',
    }),
    interfaceId: Id('ifc', fieldText('接口', 'Interface', '接口的编号。', 'Id of the interface that it may call.')),
    expiresAt: Type.Optional(
      Type.Integer({
        ...fieldText(
          '到期时间',
          'Ends',
          '自 1970 年起的毫秒数，2100 年之前；不填时不到期。',
          'Milliseconds since 1970, before 2100; if left out, it does not expire.',
        ),
        exclusiveMaximum: 4_102_444_800_000,
      }),
    ),
  },
  closed,
);
export type GrantDocument = Static<typeof GrantDocument>;

/** A key that verifies user tokens. These keys are part of the configuration. */
export const UserTokenKey = Type.Object(
  {
    kid: Type.String({ minLength: 1, maxLength: 100 }),
    issuer: Type.String({ minLength: 1, maxLength: 300 }),
    audience: Type.String({ minLength: 1, maxLength: 300 }),
    alg: Type.Union([Type.Literal('ES256'), Type.Literal('SM2-SM3')]),
    publicPem: Type.String({ maxLength: 10_000 }),
  },
  closed,
);
export type UserTokenKey = Static<typeof UserTokenKey>;

/**
 * An issuer of user tokens that publishes its keys at an address (JWKS, RFC 7517). Keys in `UserTokenKey` take
 * precedence.
 */
export const UserTokenIssuer = Type.Object(
  {
    issuer: Type.String({ minLength: 1, maxLength: 300 }),
    audience: Type.String({ minLength: 1, maxLength: 300 }),
    /** Plain HTTP only on this machine. */
    jwksUrl: Type.String({ maxLength: 500, pattern: '^(https://|http://(127[.]0[.]0[.]1|localhost)[:/])[^ #@]{1,480}$' }),
  },
  closed,
);
export type UserTokenIssuer = Static<typeof UserTokenIssuer>;

/**
 * A consumer of the bus front. It has a token, stored as SM3 digest (hex), or a client certificate, stored as SHA-256
 * fingerprint (hex, lower case).
 */
export const BusConsumer = Type.Object(
  {
    appId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
    tokenDigest: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
    certificateFingerprint: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
    /** The system that has the token or certificate. Absent for consumers of older versions. */
    label: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    createdAt: Type.Optional(Type.Integer()),
    expiresAt: Type.Optional(Type.Integer()),
  },
  closed,
);
export type BusConsumer = Static<typeof BusConsumer>;
