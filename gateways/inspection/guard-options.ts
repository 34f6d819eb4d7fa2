import { Type, type Static } from 'typebox';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { CARRIERS, type Carrier } from '../content/leaf.ts';
import type { OptionProblem } from '../contract.ts';
import { OneOf } from '../documents/document-fields.ts';

const MODES = ['off', 'monitor', 'block'] as const;
type Mode = (typeof MODES)[number];

const modeField = (zhCN: string, en: string, helpZhCN: string, helpEn: string, initial: Mode) =>
  Type.Optional(
    OneOf(MODES, {
      ...fieldText(zhCN, en, helpZhCN, helpEn, {
        options: { off: ['关闭', 'Off'], monitor: ['仅记录', 'Monitor'], block: ['拦截', 'Block'] },
      }),
      default: initial,
    }),
  );

const CARRIER_TEXTS: Readonly<Record<Carrier, readonly [string, string]>> = {
  path: ['路径参数', 'Path parameter'],
  query: ['查询参数', 'Query parameter'],
  header: ['请求头', 'Header'],
  cookie: ['Cookie', 'Cookie'],
  body: ['请求体（JSON 或文本）', 'Body (JSON or text)'],
  form: ['表单', 'Form'],
  xml: ['XML', 'XML'],
  multipart: ['上传表单（multipart）', 'Multipart form'],
};

const Exception = Type.Object(
  {
    carrier: OneOf(CARRIERS, fieldText('位置', 'Carrier', undefined, undefined, { options: CARRIER_TEXTS })),
    field: Type.String({
      ...fieldText(
        '字段',
        'Field',
        '以 / 开头的字段路径，含其下级；* 代表任意名称或序号。写法与命中记录相同。',
        'The path of the field, beginning with /, with all below it; * stands for any name or index. Written as in the record of a hit.',
        { example: '/items/*/note' },
      ),
      minLength: 1,
      maxLength: 300,
    }),
    reason: Type.String({
      ...fieldText('原因', 'Reason', undefined, undefined, { example: '医生手写病程，常含公式' }),
      minLength: 1,
      maxLength: 300,
    }),
    expiresAt: Type.String({
      ...fieldText('到期时间', 'Expires at', '到期后例外自动失效。', 'After this time the exception no longer applies.', {
        example: '2027-06-30T23:59:59+08:00',
      }),
      format: 'date-time',
      maxLength: 40,
    }),
  },
  { additionalProperties: false },
);

/** The options of both policies. */
export const GuardOptions = Type.Object(
  {
    mode: modeField(
      '模式',
      'Mode',
      '仅记录：放行，但写入访问日志和指标。',
      'Monitor: the request passes, and the access log and metrics show the hit.',
      'block',
    ),
    base64: modeField(
      'Base64 内容',
      'Base64 content',
      '对整体为 Base64 文本的值解码一次后再检查；不会比上面的模式更严。',
      'Values that are wholly text in Base64 are also checked after decoding them once; never stricter than the mode above.',
      'monitor',
    ),
    exceptions: Type.Optional(
      Type.Array(Exception, {
        ...fieldText('例外', 'Exceptions', '不检查这些字段，直到各自到期。', 'These fields are not checked until each exception expires.'),
        maxItems: 100,
      }),
    ),
  },
  { additionalProperties: false },
);
export type GuardOptions = Static<typeof GuardOptions>;

/** Finds fields that no pointer can equal, and times that are none. */
export function findGuardProblems({ exceptions = [] }: GuardOptions): readonly OptionProblem[] {
  return exceptions.flatMap(({ field, expiresAt }, i) => [
    ...(field.startsWith('/')
      ? []
      : [
          {
            ...{ path: `/exceptions/${i}/field`, problem: 'field-path', value: field, message: `${field} does not begin with /.` },
            fix: 'Write the path of the field as the record of a hit shows it, such as /items/*/note.',
          },
        ]),
    ...(Number.isFinite(Date.parse(expiresAt))
      ? []
      : [
          {
            ...{
              path: `/exceptions/${i}/expiresAt`,
              problem: 'date-time',
              value: expiresAt,
              message: `${expiresAt} is not a date and time.`,
            },
            fix: 'Write a date and time with its offset, such as 2027-06-30T23:59:59+08:00.',
          },
        ]),
  ]);
}

/** Finds exceptions that are over, and those of a field that has one already. */
export function findExceptionProblems({ exceptions = [] }: GuardOptions, now: number): readonly OptionProblem[] {
  const isSame = (a: Static<typeof Exception>, b: Static<typeof Exception>) => a.carrier === b.carrier && a.field === b.field;
  const repeated = exceptions.flatMap((exception, i) => {
    const first = exceptions.findIndex((other) => isSame(other, exception));
    return first === i
      ? []
      : [
          {
            ...{ path: `/exceptions/${i}/field`, problem: 'same-exception', value: exception.field },
            message: `There is an exception of ${exception.field} already, until ${exceptions[first]!.expiresAt}.`,
            fix: 'Change or remove the one that is there.',
          },
        ];
  });
  const over = exceptions.flatMap(({ expiresAt }, i) =>
    Date.parse(expiresAt) <= now
      ? [
          {
            ...{ path: `/exceptions/${i}/expiresAt`, problem: 'past-exception', value: expiresAt },
            message: `The exception expired at ${expiresAt} and no longer applies.`,
            fix: 'Remove the exception, or choose a later time.',
          },
        ]
      : [],
  );
  return [...over, ...repeated];
}

export const readsForGuard = ({ mode = 'block' }: GuardOptions) => ({ body: mode !== 'off' });
