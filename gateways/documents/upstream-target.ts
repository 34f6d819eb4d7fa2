/** The target of an interface without a flow: instances of a service, in one or more groups. */
import { Type, type Static } from 'typebox';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { closed, Id, OneOf } from './document-fields.ts';

export const BALANCINGS = ['round-robin', 'weighted', 'consistent-hash', 'two-choices'] as const;
export type Balancing = (typeof BALANCINGS)[number];

/** The name of the group of a target that lists instances without groups. */
export const ONLY_GROUP = 'main';

export const MOST_INSTANCES = 100;
const MOST_GROUPS = 10;
const NAME = '^[a-z0-9][a-z0-9-]{0,31}$';
const ZONE = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';
const Address = (help: readonly [zh: string, en: string]) =>
  Type.String({
    ...fieldText('地址', 'Address', help[0], help[1], { example: 'https://orders.internal:8443' }),
    format: 'uri',
    maxLength: 500,
  });

const Instance = Type.Object(
  {
    address: Address([
      'http(s)://主机:端口[/前缀]，接口的路径接在其后。',
      'http(s)://host:port[/prefix]; the path of the interface is appended.',
    ]),
    weight: Type.Optional(
      Type.Integer({
        ...fieldText(
          '权重',
          'Weight',
          '不填时为 1；0 表示不再分配新请求。轮询不看权重。',
          '1 if left out; with 0 it gets no new requests. Round robin ignores other weights.',
        ),
        minimum: 0,
        maximum: 1000,
      }),
    ),
    zone: Type.Optional(
      Type.String({
        ...fieldText(
          '机房',
          'Zone',
          '网关优先调用本机房（KQ_GATEWAY_ZONE）的实例，都不可用时才用其他机房的。不填时视为与任何网关同机房。',
          'A gateway prefers the instances of its own zone (KQ_GATEWAY_ZONE), and uses others when none of them works. Without a zone, an instance is near to every gateway.',
          { example: 'zone-a' },
        ),
        pattern: ZONE,
      }),
    ),
    tags: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64, pattern: PLAIN_LINE }), {
        ...fieldText(
          '标签',
          'Tags',
          '供人识别的标签，如版本、机柜；不影响分配。',
          'Labels for people, such as a version or a rack. They do not change where requests go.',
          { example: '2.1.0' },
        ),
        maxItems: 20,
        uniqueItems: true,
      }),
    ),
  },
  closed,
);

const SourceText = (maxLength: number, ...text: Parameters<typeof fieldText>) =>
  Type.String({ ...fieldText(...text), minLength: 1, maxLength, pattern: PLAIN_LINE });

/** The registry centre that knows the instances of a group. Control fills them in before a plan reaches the gateways. */
const Source = Type.Object(
  {
    adapterId: Id('adp', {
      ...fieldText('注册中心', 'Registry centre', '协议为“注册中心”的适配器。', 'An adapter of the protocol Registry centre.'),
      ...fieldEditor('adapter'),
    }),
    service: SourceText(200, '服务名', 'Service', '在注册中心登记的名称。', 'Its name in the registry centre.', { example: 'lis-report' }),
    namespace: Type.Optional(SourceText(100, '命名空间', 'Namespace', 'Nacos 填命名空间的编号。', 'For Nacos the id of the namespace.')),
    group: Type.Optional(SourceText(100, '分组', 'Group', '仅 Nacos；不填时为 DEFAULT_GROUP。', 'Nacos only; DEFAULT_GROUP if left out.')),
    tag: Type.Optional(SourceText(100, '标签', 'Tag', '仅 Consul；只要有此标签的实例。', 'Consul only; instances with this tag.')),
    withUnhealthy: Type.Optional(
      Type.Boolean({
        ...fieldText(
          '包括未通过检查的实例',
          'Unhealthy ones too',
          '不填时只要通过注册中心检查的实例。',
          'If left out, only instances that pass the checks of the registry centre.',
        ),
      }),
    ),
    https: Type.Optional(Type.Boolean({ ...fieldText('用 HTTPS 调用', 'Call by HTTPS') })),
    prefix: Type.Optional(
      Type.String({
        ...fieldText('路径前缀', 'Prefix of the path', '接口的路径接在其后。', 'The path of the interface is appended.', {
          example: '/api',
        }),
        pattern: '^(/[A-Za-z0-9._~-]{1,100}){1,5}$',
      }),
    ),
  },
  closed,
);
export type InstanceSource = Static<typeof Source>;

const Group = Type.Object(
  {
    name: Type.String({
      ...fieldText(
        '名称',
        'Name',
        '小写字母、数字与 -；灰度发布按名称选择分组。',
        'Lower-case letters, digits and -; a grey release chooses a group by its name.',
        { example: 'v2' },
      ),
      pattern: NAME,
    }),
    instances: Type.Optional(
      Type.Array(Instance, {
        ...fieldText('后端实例', 'Instances', '从注册中心取得时不填。', 'Left out if they come from a registry centre.'),
        minItems: 1,
        maxItems: MOST_INSTANCES,
      }),
    ),
    source: Type.Optional(
      Type.Object(Source.properties, {
        ...fieldText(
          '从注册中心取得',
          'From a registry centre',
          '实例随注册中心自动更新；注册中心中断或名单为空时，继续用最后一份可用的名单。',
          'The instances follow the registry centre. While it is away or its list is empty, the last good list stays in use.',
        ),
        ...fieldEditor('optional-group'),
        ...closed,
      }),
    ),
  },
  closed,
);

const HealthCheck = Type.Object(
  {
    path: Type.String({
      ...fieldText('路径', 'Path', '返回 2xx 即为正常。', 'Any 2xx means that the instance works.', { example: '/health' }),
      pattern: '^/[A-Za-z0-9._~/-]{0,199}$',
    }),
    intervalMs: Type.Optional(
      Type.Integer({
        ...fieldText('间隔', 'Interval', '不填时为 5 秒。', '5 s if left out.'),
        ...fieldEditor('duration-ms'),
        minimum: 1000,
        maximum: 600_000,
      }),
    ),
  },
  closed,
);

/** The fields of the target besides its kind. One of `instances` and `groups` is set; `checkInterface` asks for it. */
export const UPSTREAM_FIELDS = {
  instances: Type.Optional(
    Type.Array(Type.String({ format: 'uri', maxLength: 500 }), {
      ...fieldText(
        '后端实例',
        'Instances',
        'http(s)://主机:端口[/前缀]，接口的路径接在其后。设了实例分组时不填。',
        'http(s)://host:port[/prefix]; the path of the interface is appended. Left out if there are groups.',
        { example: 'https://orders.internal:8443' },
      ),
      minItems: 1,
      maxItems: MOST_INSTANCES,
    }),
  ),
  groups: Type.Optional(
    Type.Array(Group, {
      ...fieldText(
        '实例分组',
        'Groups of instances',
        '需要权重、机房、标签或灰度发布时使用；请求默认进入第一个分组。',
        'For weights, zones, tags or a grey release; requests go to the first group unless a grey release says otherwise.',
      ),
      minItems: 1,
      maxItems: MOST_GROUPS,
    }),
  ),
  balancing: Type.Optional(
    OneOf(
      BALANCINGS,
      fieldText(
        '负载均衡',
        'Load balancing',
        '不填时轮询。失败的实例自动摘除，恢复后自动加回。',
        'Round robin if left out. An instance that fails is taken out, and returns when it works again.',
        {
          options: {
            'round-robin': ['轮询', 'Round robin'],
            weighted: ['加权轮询', 'Weighted round robin'],
            'consistent-hash': ['一致性哈希（同一调用者固定到同一实例）', 'Consistent hash: a caller stays at one instance'],
            'two-choices': ['两个中选较闲较快的', 'The less busy and faster one of two'],
          },
        },
      ),
    ),
  ),
  healthCheck: Type.Optional(
    Type.Object(HealthCheck.properties, {
      ...fieldText(
        '主动健康检查',
        'Active health check',
        '不填时只根据请求结果摘除实例。',
        'If left out, only the results of requests take an instance out.',
      ),
      ...closed,
    }),
  ),
};

/** An instance as the balancer gets it. */
export interface GroupInstance {
  readonly address: string;
  readonly weight: number;
  readonly zone?: string;
  readonly tags?: readonly string[];
}

export interface InstanceGroup {
  readonly name: string;
  readonly instances: readonly GroupInstance[];
}

type UpstreamFields = { readonly instances?: readonly string[]; readonly groups?: readonly Static<typeof Group>[] };

/** Returns the groups of a target, the usual one first. */
export function groupsOf({ instances = [], groups = [] }: UpstreamFields): readonly InstanceGroup[] {
  if (groups.length === 0) return [{ name: ONLY_GROUP, instances: instances.map((address) => ({ address, weight: 1 })) }];
  return groups.map(({ name, instances: own = [] }) => ({
    name,
    instances: own.map((instance) => ({ ...instance, weight: instance.weight ?? 1 })),
  }));
}

/** Returns the addresses of all instances of a target, each one once. */
export function addressesOf(target: UpstreamFields): readonly string[] {
  return [...new Set(groupsOf(target).flatMap(({ instances }) => instances.map(({ address }) => address)))];
}
