/**
 * The schema of structured conditions. A condition is data: the engine compiles it once to a closure
 * (`engine/expression/compile-condition.ts`), and the designer shows it as rows. A *scope path* starts with `data`,
 * `headers`, `keys`, `now` or `nodes.<id>`; fields follow with a dot and items as `[i]`: `data.patient.ids[0].value`,
 * `nodes.n_call1.body.code`. Inside a mapping's loop it can also start with `item`, `index`, `outer.item` or
 * `outer.index`. Write a field name with other characters in backticks: data.`姓 名`.
 */
import { Type, type Static } from 'typebox';
import { fieldText } from '../values/texts.ts';

const closed = { additionalProperties: false } as const;

export const Operand = Type.Union(
  [
    Type.Object({ path: Type.String({ minLength: 1, maxLength: 1000 }) }, closed),
    Type.Object({ value: Type.Unknown() }, closed),
    Type.Object({ expression: Type.String({ minLength: 1, maxLength: 10_000 }) }, closed),
  ],
  { editor: 'operand' },
);
export type Operand = Static<typeof Operand>;

export const COMPARISONS = [
  'eq',
  'ne',
  'gt',
  'gte',
  'lt',
  'lte',
  'in',
  'not-in',
  'contains',
  'starts-with',
  'ends-with',
  'matches',
  'exists',
  'absent',
  'empty',
  'not-empty',
] as const;
export type Comparison = (typeof COMPARISONS)[number];

export type ConditionRule =
  | { readonly all: readonly ConditionRule[] }
  | { readonly any: readonly ConditionRule[] }
  | { readonly not: ConditionRule }
  | { readonly left: Operand; readonly op: Comparison; readonly right?: Operand };

/** The schema of a rule. It does not limit nesting; the compiler does (16 levels). */
export const ConditionRule = Type.Cyclic(
  {
    Rule: Type.Union([
      Type.Object({ all: Type.Array(Type.Ref('Rule'), { maxItems: 100 }) }, closed),
      Type.Object({ any: Type.Array(Type.Ref('Rule'), { maxItems: 100 }) }, closed),
      Type.Object({ not: Type.Ref('Rule') }, closed),
      Type.Object({ left: Operand, op: Type.Union(COMPARISONS.map((name) => Type.Literal(name))), right: Type.Optional(Operand) }, closed),
    ]),
  },
  'Rule',
  { editor: 'condition', ...fieldText('条件', 'Condition', '成立或不成立。', 'True or false.') },
);
