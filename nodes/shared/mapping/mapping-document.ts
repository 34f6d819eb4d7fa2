/**
 * A mapping: how a target is built from the scope, as data that two people can compare. Compiled once by `compile-mapping.ts`;
 * drawn by the designer's two-tree mapper. `to` is a field path (`patient.name`, `ids[0].value`, `items[]` appends).
 */
import { Type } from 'typebox';
import type { ConditionRule } from '../../../engine/contract/expression-types.ts';

const closed = { additionalProperties: false } as const;
const Path = Type.String({ minLength: 1, maxLength: 1000 });

const definitions = {
  Source: Type.Union([
    /** A scope path; inside a loop also `item`, `index`, `outer.item`, `outer.index`. */
    Type.Object({ path: Path }, closed),
    Type.Object({ value: Type.Unknown() }, closed),
    /** A function of `mapping-functions.ts`. */
    Type.Object({ fn: Type.String({ maxLength: 50 }), args: Type.Array(Type.Ref('Source'), { maxItems: 20 }) }, closed),
    /** Looks a code up in a code table; without `default` an unknown code is an error unless the table has a fallback. */
    Type.Object(
      { table: Type.String({ maxLength: 61 }), key: Type.Ref('Source'), default: Type.Optional(Type.String({ maxLength: 2000 })) },
      closed,
    ),
    Type.Object({ expression: Type.String({ minLength: 1, maxLength: 10_000 }) }, closed),
    /** A list: for every item (for which `when` holds) either an object built by `rules` or the one value `item`. */
    Type.Object(
      {
        each: Type.Ref('Source'),
        when: Type.Optional(Type.Unknown()),
        rules: Type.Optional(Type.Array(Type.Ref('Rule'), { maxItems: 500 })),
        item: Type.Optional(Type.Ref('Source')),
      },
      closed,
    ),
  ]),
  Rule: Type.Object(
    {
      to: Path,
      from: Type.Ref('Source'),
      when: Type.Optional(Type.Unknown()),
      default: Type.Optional(Type.Unknown()),
      /** Without a value the mapping fails with MAP_SOURCE_MISSING. */
      required: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
};

const MappingRuleSchema = Type.Cyclic(definitions, 'Rule');

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
 * A field that the receiver knows, whether a rule fills it or not: what the designer's target tree shows. Nothing is mapped by it.
 * `to` is the whole path, with `[]` for the items of a list: `orders[].code`.
 */
const TargetField = Type.Object(
  {
    to: Path,
    type: Type.Optional(Type.Enum(TARGET_TYPES)),
    /** The receiver cannot do without it: the designer says so while no rule fills it. */
    required: Type.Optional(Type.Boolean()),
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
  { rules: Type.Array(MappingRuleSchema, { maxItems: 2000 }), target: Type.Optional(Type.Array(TargetField, { maxItems: 5000 })) },
  closed,
);
