/**
 * A mapping defines how a target is built from the scope. It is plain data, so two versions can be compared.
 * `compile-mapping.ts` compiles it once; the designer shows it as two trees. `to` is a field path (`patient.name`,
 * `ids[0].value`, `items[]` appends).
 */
import { Type } from 'typebox';
import type { ConditionRule } from '../../../engine/contract/flow/expression-types.ts';
import { fieldEditor, fieldText } from '../../../engine/contract/values/texts.ts';

const closed = { additionalProperties: false } as const;
const PATH = { minLength: 1, maxLength: 1000 } as const;

/** The texts for the parts of a rule; docs/reference/mappings.md uses them too. */
export const MAPPING_PARTS = {
  Source: Type.Union([
    Type.Object(
      {
        path: Type.String({
          ...fieldText(
            '路径',
            'Path',
            '作用域中的一个值；循环中还有 item、index、outer。',
            'A value from the scope; inside a loop also item, index, outer.',
            { example: 'data.patient.ids[0].value' },
          ),
          ...PATH,
        }),
      },
      closed,
    ),
    Type.Object({ value: Type.Unknown(fieldText('固定值', 'Fixed value', '任意 JSON 值。', 'Any JSON value.')) }, closed),
    Type.Object(
      {
        fn: Type.String({ ...fieldText('函数', 'Function', '见下面的函数表。', 'One of the functions below.'), maxLength: 50 }),
        args: Type.Array(Type.Ref('Source'), {
          ...fieldText('参数', 'Arguments', '每个参数又是一个来源。', 'Each argument is a source.'),
          maxItems: 20,
        }),
      },
      closed,
    ),
    Type.Object(
      {
        table: Type.String({ ...fieldText('代码表', 'Code table', '代码表的编号。', 'Id of the code table.'), maxLength: 61 }),
        key: Type.Ref('Source', fieldText('代码', 'Key', '要查的代码。', 'The code to look up.')),
        default: Type.Optional(
          Type.String({
            ...fieldText(
              '默认值',
              'Default',
              '查不到时用它；不填时查不到就报错（代码表有兜底值时除外）。',
              'Used if the code is unknown. Without it, an unknown code is an error, unless the table has a fallback.',
            ),
            maxLength: 2000,
          }),
        ),
      },
      closed,
    ),
    Type.Object(
      {
        expression: Type.String({
          ...fieldText('表达式', 'Expression', 'JSONata 表达式。', 'JSONata on the scope.', { example: '$sum(data.items.amount)' }),
          minLength: 1,
          maxLength: 10_000,
        }),
      },
      closed,
    ),
    Type.Object(
      {
        each: Type.Ref(
          'Source',
          fieldText('循环', 'Loop', '列表；单个值按一项处理。', 'The list; a single value counts as a list with one item.'),
        ),
        when: Type.Optional(
          Type.Unknown({
            ...fieldText('仅当', 'Only when', '条件不成立的项略过。', 'Items for which the condition is false are left out.'),
            ...fieldEditor('condition'),
          }),
        ),
        rules: Type.Optional(
          Type.Array(Type.Ref('Rule'), {
            ...fieldText('规则', 'Rules', '每一项得到一个对象。与 item 二选一。', 'Each item becomes an object. Either this or item.'),
            maxItems: 500,
          }),
        ),
        item: Type.Optional(
          Type.Ref(
            'Source',
            fieldText('项', 'Item', '每一项得到一个值。与 rules 二选一。', 'Each item becomes one value. Either this or rules.'),
          ),
        ),
      },
      closed,
    ),
  ]),
  Rule: Type.Object(
    {
      to: Type.String({
        ...fieldText(
          '目标',
          'Target',
          '目标字段的路径；末尾的 [] 表示追加一项。',
          'Path of the field to fill; [] at its end appends an item.',
          {
            example: 'patient.ids[0].value',
          },
        ),
        ...PATH,
      }),
      from: Type.Ref('Source', fieldText('来源', 'Source', '值从哪里来。', 'Where its value comes from.')),
      when: Type.Optional(
        Type.Unknown({
          ...fieldText('仅当', 'Only when', '条件不成立时略过这条规则。', 'The rule is skipped if the condition is false.'),
          ...fieldEditor('condition'),
        }),
      ),
      default: Type.Optional(
        Type.Unknown(fieldText('默认值', 'Default', '来源不存在或为 null 时用它。', 'Used if the source is absent or null.')),
      ),
      required: Type.Optional(
        Type.Boolean(
          fieldText(
            '必填',
            'Required',
            '没有值时映射失败：MAP_SOURCE_MISSING。',
            'If there is no value, the mapping fails: MAP_SOURCE_MISSING.',
          ),
        ),
      ),
    },
    closed,
  ),
};

const MappingRuleSchema = Type.Cyclic(MAPPING_PARTS, 'Rule');

export type MappingSource =
  | { readonly path: string }
  | { readonly value: unknown }
  | { readonly fn: string; readonly args: readonly MappingSource[] }
  | { readonly table: string; readonly key: MappingSource; readonly default?: string }
  | { readonly expression: string }
  | { readonly each: MappingSource; readonly when?: ConditionRule; readonly rules?: readonly MappingRule[]; readonly item?: MappingSource };

export interface MappingRule {
  readonly to: string;
  readonly from: MappingSource;
  readonly when?: ConditionRule;
  readonly default?: unknown;
  readonly required?: boolean;
}

export const TARGET_TYPES = ['object', 'list', 'text', 'number', 'boolean'] as const;

/**
 * A field that the receiver knows, whether or not a rule fills it. It maps nothing: the designer only shows it in the
 * target tree.
 */
const TargetField = Type.Object(
  {
    to: Type.String({
      ...fieldText('字段', 'Field', '完整路径，列表的项写 []。', 'The complete path, with [] for the items of a list.', {
        example: 'orders[].code',
      }),
      ...PATH,
    }),
    type: Type.Optional(Type.Enum(TARGET_TYPES, fieldText('类型', 'Type', '只用于显示。', 'Only for display.'))),
    required: Type.Optional(
      Type.Boolean(fieldText('必填', 'Required', '没有规则填它时，控制台会提示。', 'The console shows a note while no rule fills it.')),
    ),
  },
  closed,
);

export interface TargetField {
  readonly to: string;
  readonly type?: (typeof TARGET_TYPES)[number];
  readonly required?: boolean;
}

export interface Mapping {
  readonly rules: readonly MappingRule[];
  readonly target?: readonly TargetField[];
}

/** The schema of a mapping. Conditions are checked by their own compiler. */
export const MappingSchema = Type.Object(
  {
    rules: Type.Array(MappingRuleSchema, { ...fieldText('规则', 'Rules', '按顺序执行。', 'They run in their order.'), maxItems: 2000 }),
    target: Type.Optional(
      Type.Array(TargetField, {
        ...fieldText(
          '目标字段',
          'Fields of the target',
          '接收方认识的字段，供控制台显示。',
          'Fields that the receiver expects, for display in the console.',
        ),
        maxItems: 5000,
      }),
    ),
  },
  closed,
);
