import { Type, type Static } from 'typebox';
import { fieldEditor, fieldText, fieldWhen } from '../../engine/contract/values/texts.ts';
import { CertificateName, TrustedCa } from '../shared/tls-fields.ts';

const closed = { additionalProperties: false } as const;

export const RegistrySettings = Type.Object(
  {
    kind: Type.Union([Type.Literal('consul'), Type.Literal('nacos')], {
      ...fieldText('种类', 'Kind', undefined, undefined, { options: { consul: ['Consul', 'Consul'], nacos: ['Nacos', 'Nacos'] } }),
      default: 'nacos',
    }),
    addresses: Type.Array(Type.String({ pattern: '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$', maxLength: 500 }), {
      ...fieldText(
        '地址',
        'Addresses',
        '集群的各个地址，前一个不可用时用下一个。Nacos 的地址以 /nacos 结尾。',
        'The addresses of the cluster; the next one is used if one does not work. Those of Nacos end with /nacos.',
        { example: 'http://nacos.hospital.example:8848/nacos' },
      ),
      minItems: 1,
      maxItems: 5,
    }),
    api: Type.Union([Type.Literal('v1'), Type.Literal('v2'), Type.Literal('v3')], {
      ...fieldWhen('kind', 'nacos'),
      ...fieldText(
        'Nacos 接口版本',
        'API of Nacos',
        'Nacos 1.x 与 2.x 用 v1，2.x 也可用 v2，3.x 用 v3。',
        'v1 for Nacos 1.x and 2.x, v2 for 2.x, v3 for 3.x.',
        { options: { v1: ['v1', 'v1'], v2: ['v2', 'v2'], v3: ['v3', 'v3'] } },
      ),
      default: 'v1',
    }),
    login: Type.Boolean({
      ...fieldText(
        '登录',
        'Log in',
        '凭据：Consul 为令牌，Nacos 为“用户名:密码”。',
        'The credential is the token for Consul, user:password for Nacos.',
      ),
      default: false,
    }),
    datacenter: Type.Optional(
      Type.String({
        ...fieldWhen('kind', 'consul'),
        ...fieldText('Consul 数据中心', 'Consul datacenter', '不填时为该 Consul 自己的。', 'That of the agent if left out.'),
        pattern: '^[A-Za-z0-9_-]{1,64}$',
      }),
    ),
    tls: Type.Optional(
      Type.Object(
        { ca: Type.Optional(TrustedCa), serverName: Type.Optional(CertificateName) },
        { ...fieldText('TLS', 'TLS', '仅用于 HTTPS 地址。', 'Only for HTTPS addresses.'), ...fieldEditor('optional-group'), ...closed },
      ),
    ),
  },
  closed,
);
export type RegistrySettings = Static<typeof RegistrySettings>;
