import { Type, type Static, type TSchemaOptions } from 'typebox';
import { FRONTS, LOG_LEVELS } from '../../engine/contract/access/access.ts';
import { valuesByName } from '../../engine/contract/values/named-values.ts';
import { Revision } from '../../engine/contract/values/revision.ts';
import { DESCRIPTION_PROPERTIES, fieldEditor, fieldText, Text } from '../../engine/contract/values/texts.ts';
import { closed, Domain, Id, Name, OneOf } from './document-fields.ts';
import { UPSTREAM_FIELDS } from './upstream-target.ts';

const Duration = (more: TSchemaOptions, maximum: number) => Type.Integer({ ...more, ...fieldEditor('duration-ms'), minimum: 1, maximum });
const JsonSchema = (more: TSchemaOptions) => Type.Record(Type.String(), Type.Unknown(), { ...more, ...fieldEditor('json-schema') });

const KIND = fieldText('种类', 'Kind', 'flow 为流程，upstream 为后端实例。', 'flow, or upstream for instances of a service.', {
  options: { flow: ['流程', 'A flow'], upstream: ['后端实例', 'Instances of a service'] },
});

/** The target of a request: a flow, or instances of a service. */
export const Target = Type.Union([
  Type.Object({ kind: Type.Literal('flow', KIND), flowId: Id('flw', { ...fieldText('流程', 'Flow'), ...fieldEditor('flow') }) }, closed),
  Type.Object(
    {
      kind: Type.Literal('upstream', KIND),
      ...UPSTREAM_FIELDS,
      honoursIdempotencyKey: Type.Optional(
        Type.Boolean({
          ...fieldText(
            '后端识别幂等键',
            'Honours the idempotency key',
            '后端对重复的 Idempotency-Key 只办理一次，因此结果未知时可以安全重试。',
            'It carries out requests with the same Idempotency-Key only once, so a retry is safe if the outcome is unknown.',
          ),
        }),
      ),
    },
    closed,
  ),
]);
export type Target = Static<typeof Target>;

/** A published interface with its front, method, path, policies and target. */
export const InterfaceDocument = Type.Object(
  {
    interfaceId: Id(
      'ifc',
      fieldText('编号', 'Id', 'ifc_ 开头；授权按它引用，保存后不能更改。', 'Begins with ifc_; grants name it, and it never changes.'),
    ),
    revision: Revision,
    name: Name(),
    description: Type.Optional(
      Type.Object(DESCRIPTION_PROPERTIES, {
        ...fieldText('说明', 'Description', '写给调用方：它做什么，何时使用。', 'For callers: what it does and when to use it.'),
        ...fieldEditor('text-both'),
        ...closed,
      }),
    ),
    domain: Domain,
    front: OneOf(
      FRONTS,
      fieldText(
        '网关',
        'Front',
        '开放：第三方，KQ1 签名；用户：市民，用户令牌；总线：内部系统，令牌或客户端证书。',
        'Open: third parties, signed by KQ1. User: citizens, a token. Bus: internal systems, a token or client certificate.',
        { options: { open: ['开放网关', 'Open front'], user: ['用户网关', 'User front'], bus: ['总线网关', 'Bus front'] } },
      ),
    ),
    method: OneOf(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], fieldText('方法', 'Method')),
    path: Type.String({
      ...fieldText(
        '路径',
        'Path',
        '参数占整段，写作 :id。同一网关上的方法与路径不能重复。',
        'A parameter is a whole segment, written :id. Each combination of method and path is used once per front.',
        { example: '/open/v1/appointments/:id' },
      ),
      pattern: '^/[A-Za-z0-9._~:/-]{0,499}$',
    }),
    state: Type.Union([Type.Literal('online'), Type.Literal('offline')], {
      ...fieldText('状态', 'State', undefined, undefined, { options: { online: ['在线', 'Online'], offline: ['已下线', 'Offline'] } }),
    }),
    serviceId: Type.Optional(
      Id('svc', {
        ...fieldText(
          '所属服务',
          'Service',
          '“安全”页中的服务，须属于同一服务域；服务下线时本接口返回 GW40402。',
          'A service of the page Security, of the same domain. While it is offline, the interface returns GW40402.',
        ),
        ...fieldEditor('service'),
      }),
    ),
    dataClass: Type.Optional(
      Type.Union([Type.Literal('public'), Type.Literal('internal'), Type.Literal('sensitive')], {
        ...fieldText(
          '数据级别',
          'Data class',
          '含患者信息的接口为敏感；公开数据不涉及个人。',
          'Patient data is sensitive; public data contains no personal data.',
          { options: { public: ['公开', 'Public'], internal: ['内部', 'Internal'], sensitive: ['敏感', 'Sensitive'] } },
        ),
      }),
    ),
    target: Type.Union(Target.anyOf, fieldText('目标', 'Target', '一个流程，或一组后端实例。', 'A flow, or instances of a service.')),
    timeoutMs: Type.Integer({
      ...fieldText('单次超时', 'Time-out of one call', '对流程或后端的一次调用。', 'Of one call of the flow or upstream.'),
      ...fieldEditor('duration-ms'),
      minimum: 1,
      maximum: 600_000,
      default: 5000,
    }),
    timeoutRetries: Type.Integer({
      ...fieldText('超时重试', 'Retries after a time-out', '只对可以安全重做的调用生效。', 'Only if it is safe to repeat the call.'),
      minimum: 0,
      maximum: 3,
      default: 0,
    }),
    exceptionRetries: Type.Integer({
      ...fieldText(
        '异常重试',
        'Retries after a failure',
        '连接失败或后端返回 502、503、504 时；其他 5xx 是答复，不重试。重试最多占进行中请求的 20%（至少 3 个）；同上。',
        'After a lost connection or a 502, 503 or 504; other statuses are answers. Retries take at most 20 % of the requests in progress (at least 3). Also only if it is safe to repeat the call.',
      ),
      minimum: 0,
      maximum: 2,
      default: 0,
    }),
    deadlineMs: Type.Optional(
      Duration(
        fieldText(
          '总时限',
          'Deadline',
          '含全部重试。不填时为 单次超时 ×（1 + 超时重试）+ 1 秒。',
          'Including all retries. If left out: time-out x (1 + retries after a time-out) + 1 s.',
        ),
        3_600_000,
      ),
    ),
    idempotent: Type.Optional(
      Type.Boolean({
        ...fieldText(
          '幂等',
          'Idempotent',
          '同一请求做两次与做一次相同。',
          'Doing the same request twice has the same effect as doing it once.',
        ),
      }),
    ),
    requireIdempotencyKey: Type.Optional(
      Type.Boolean({
        ...fieldText(
          '要求幂等键',
          'Requires an idempotency key',
          '请求须携带 Idempotency-Key，否则返回 GW40002。',
          'A request without an Idempotency-Key is refused with GW40002.',
        ),
      }),
    ),
    policies: Type.Optional(
      valuesByName(
        Type.Union([Type.Literal(false), Type.Record(Type.String(), Type.Unknown())]),
        fieldText(
          '策略',
          'Policies',
          '策略名称到它的选项；false 表示关闭（网关允许时）。不填时用网关的默认策略。',
          'The options of each policy, by its name; false switches it off if the front allows it. If left out: the default of the front.',
        ),
      ),
    ),
    bodyLimitBytes: Type.Optional(
      Type.Integer({
        ...fieldText(
          '请求体上限',
          'Largest body',
          '不填时为 10 MB；更大的请求返回 GW41301。兼容签名的请求最多 1 MB；医保和支付宝形式不填时为 64 KB。',
          '10 MB if left out; a larger body is refused with GW41301. In a compatibility profile at most 1 MB; in the forms of healthcare insurance and Alipay 64 KB if left out.',
        ),
        ...fieldEditor('size-bytes'),
        minimum: 0,
        maximum: 1_073_741_824,
      }),
    ),
    /** JSON Schemas of body and query (the part of 2020-12 that ajv supports). */
    requestSchema: Type.Optional(
      JsonSchema(
        fieldText(
          '请求体格式',
          'Schema of the body',
          'JSON Schema；不符合的请求返回 GW42201 并指出位置。',
          'JSON Schema; a body that does not match is refused with GW42201, which lists the places.',
        ),
      ),
    ),
    querySchema: Type.Optional(
      JsonSchema(
        fieldText('查询参数格式', 'Schema of the query', 'JSON Schema，参数作为字段。', 'JSON Schema; parameters are its fields.'),
      ),
    ),
    responseSchema: Type.Optional(
      JsonSchema(fieldText('应答格式', 'Schema of the answer', 'JSON Schema，写给调用方看。', 'JSON Schema, for callers to read.')),
    ),
    log: OneOf(
      LOG_LEVELS,
      fieldText(
        '日志规则',
        'Log rule',
        '访问日志总有一行元数据；这里决定另记哪些报文（脱敏并加密）。',
        'The access log always has a line of metadata; this defines which bodies it also includes, masked and sealed.',
        {
          options: {
            in: ['入参', 'Request'],
            out: ['出参', 'Answer'],
            full: ['全参', 'Both'],
            none: ['禁止', 'None'],
          },
        },
      ),
    ),
  },
  closed,
);
export type InterfaceDocument = Static<typeof InterfaceDocument>;

/**
 * A stored interface. Older versions allowed any characters in names. Such a name must not make an interface
 * unavailable.
 */
export const StoredInterface = Type.Object(
  { ...InterfaceDocument.properties, name: Text, description: Type.Optional(Text), domain: Type.String({ minLength: 1, maxLength: 64 }) },
  closed,
);
