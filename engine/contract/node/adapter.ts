/** An adapter describes one hospital system. It holds addresses, credentials and limits, so that flows contain none. */
import { Type, type Static } from 'typebox';
import { domainField, sharedWithField } from '../values/domain.ts';
import { valuesByName } from '../values/named-values.ts';
import { PLAIN_LINE } from '../values/plain-text.ts';
import { Revision } from '../values/revision.ts';
import { fieldEditor, fieldGroup, fieldText, NAME_PROPERTIES } from '../values/texts.ts';

const closed = { additionalProperties: false } as const;

export const AdapterLimits = Type.Object(
  {
    maxConcurrency: Type.Integer({
      ...fieldText('并发上限', 'Calls at once', '同时进行的调用数（舱壁）。', 'Calls in flight at the same time (bulkhead).'),
      minimum: 1,
      maximum: 10_000,
      default: 32,
    }),
    ratePerSec: Type.Optional(
      Type.Number({
        ...fieldText('每秒上限', 'Calls per second', '不填时不限（令牌桶）。', 'No limit if left out (token bucket).'),
        exclusiveMinimum: 0,
        maximum: 100_000,
      }),
    ),
    connectTimeoutMs: Type.Integer({
      ...fieldGroup('advanced'),
      ...fieldText('连接超时', 'Time-out of connecting'),
      ...fieldEditor('duration-ms'),
      minimum: 1,
      maximum: 60_000,
      default: 3000,
    }),
    timeoutMs: Type.Integer({
      ...fieldText('调用超时', 'Time-out of a call', '从发出到收完应答。', 'From sending the request to the end of the response.'),
      ...fieldEditor('duration-ms'),
      minimum: 1,
      maximum: 3_600_000,
      default: 5000,
    }),
    maxResponseBytes: Type.Integer({
      ...fieldGroup('advanced'),
      ...fieldText('应答上限', 'Largest answer'),
      ...fieldEditor('size-bytes'),
      minimum: 1,
      maximum: 1_073_741_824,
      default: 10_485_760,
    }),
    breakerFailures: Type.Integer({
      ...fieldGroup('advanced'),
      ...fieldText(
        '熔断阈值',
        'Failures that open the breaker',
        '连续失败这么多次后，暂停调用一段时间。',
        'After this many failures in a row, calls are refused for a while.',
      ),
      minimum: 1,
      maximum: 10_000,
      default: 20,
    }),
    breakerOpenMs: Type.Integer({
      ...fieldGroup('advanced'),
      ...fieldText('熔断时长', 'How long the breaker stays open'),
      ...fieldEditor('duration-ms'),
      minimum: 1,
      maximum: 600_000,
      default: 5000,
    }),
  },
  closed,
);
export type AdapterLimits = Static<typeof AdapterLimits>;

export const AdapterDocument = Type.Object(
  {
    adapterId: Type.String({
      ...fieldText('编号', 'Id', 'adp_ 开头；流程按它引用，保存后不能更改。', 'Begins with adp_; flows name it, and it never changes.', {
        example: 'adp_hospital_a_his',
      }),
      pattern: '^adp_[A-Za-z0-9_-]{1,60}$',
    }),
    revision: Revision,
    name: Type.Object(NAME_PROPERTIES, { ...fieldText('名称', 'Name'), ...fieldEditor('text-both'), ...closed }),
    /** The protocol whose nodes may use the adapter: `http`, `soap`, `mllp` … (a folder of `nodes/`). */
    protocol: Type.String({ ...fieldText('协议', 'Protocol'), pattern: '^[a-z][a-z0-9-]{0,30}$' }),
    owner: Type.String({
      ...fieldText('负责方', 'Owner', '对方系统出问题时联系谁。', 'Whom to call if the other system has a problem.'),
      maxLength: 200,
      pattern: PLAIN_LINE,
    }),
    domain: Type.String({
      ...fieldText(
        '服务域',
        'Domain',
        '医院或部门；只有拥有该服务域的账号能查看和修改。',
        'A hospital or department; accounts with this domain see and edit it.',
        {
          example: 'hospital-a',
        },
      ),
      ...fieldEditor('domain'),
      minLength: 1,
      maxLength: 64,
      pattern: PLAIN_LINE,
    }),
    environments: valuesByName(
      Type.Record(Type.String(), Type.Unknown()),
      fieldText('各环境的设置', 'Environments', '环境名称到该协议的设置。', 'The settings of the protocol, by name of the environment.'),
    ),
    credential: Type.Optional(
      Type.String({
        ...fieldText(
          '凭据',
          'Credential',
          '凭据的名称；它的值加密保存，从不写在这里。',
          'Name of the secret that holds it; the value is sealed and never part of this document.',
        ),
        ...fieldEditor('secret'),
        maxLength: 100,
      }),
    ),
    charset: Type.Optional(
      Type.Union([Type.Literal('UTF-8'), Type.Literal('GBK'), Type.Literal('GB18030')], {
        ...fieldText(
          '字符集',
          'Character set',
          '对方系统收发文本和表单所用；没有写明字符集的响应和邮件也按它解码。HTTP 调用的 JSON 按标准总以 UTF-8 发送，地址中的值也是 UTF-8。',
          'The charset in which the other system reads and writes text and forms, and in which answers and mails are read that name none. HTTP calls send JSON in UTF-8, as its standard demands, and values in addresses too.',
        ),
      }),
    ),
    limits: Type.Optional(Type.Partial(AdapterLimits, fieldText('限额', 'Limits'))),
  },
  closed,
);
export type AdapterDocument = Static<typeof AdapterDocument>;

/** An adapter with the settings of the running environment, as a node gets it. */
export interface Adapter {
  readonly adapterId: string;
  readonly protocol: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly charset: string | undefined;
  readonly limits: AdapterLimits;
}

/** A code table translates one coding into another. Executions are pinned to a version of each table. */
export const CodeTable = Type.Object(
  {
    tableId: Type.String({
      ...fieldText('编号', 'Id', '映射按它引用，保存后不能更改。', 'Mappings name it, and it never changes.', { example: 'sex' }),
      pattern: '^[a-z][a-z0-9-]{0,60}$',
    }),
    revision: Revision,
    name: Type.Object(NAME_PROPERTIES, { ...fieldText('名称', 'Name'), ...fieldEditor('text-both'), ...closed }),
    domain: Type.Optional(
      domainField(
        fieldText(
          '服务域',
          'Domain',
          '由哪个服务域的人维护；不填时属于整个平台，人人可用。',
          'People of this domain edit it; if left out, it belongs to the whole installation and everyone may use it.',
          { example: 'hospital-a' },
        ),
      ),
    ),
    sharedWith: Type.Optional(
      sharedWithField(
        fieldText(
          '共享给',
          'Shared with',
          '这些服务域的流程可以使用它；* 表示全部服务域。',
          'Flows of these domains may use it; * means every domain.',
        ),
      ),
    ),
    entries: valuesByName(
      Type.String({ maxLength: 2000 }),
      fieldText('对照', 'Entries', '原代码到目标代码。', 'From each code to its translation.'),
    ),
    fallback: Type.Optional(
      Type.String({
        ...fieldText(
          '兜底值',
          'Fallback',
          '查不到的代码变成它；不填时查不到就报错（CODE_UNKNOWN）。',
          'The translation of unknown codes; without it, looking up an unknown code is an error (CODE_UNKNOWN).',
        ),
        maxLength: 2000,
      }),
    ),
  },
  closed,
);
export type CodeTable = Static<typeof CodeTable>;
