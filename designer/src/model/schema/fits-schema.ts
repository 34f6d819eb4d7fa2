/**
 * Checks whether a value fits a schema. Compiling the schema would be fast, but the page's security policy forbids it.
 * Without that, the check of a large mapping takes longer than the time between two keystrokes. So parts that fitted
 * once are not checked again. This is safe because documents are immutable: a keystroke replaces only the few parts
 * that it changes.
 */
import type { TSchema } from 'typebox';
import { Check } from 'typebox/schema';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';

const fitting = new WeakMap<TSchema, WeakSet<object>>();
const outsides = new WeakMap<TSchema, TSchema>();

export function fitsSchema(schema: TSchema, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Check(schema, value);
  const known = fitting.get(schema) ?? new WeakSet();
  fitting.set(schema, known);
  const fits = known.has(value) || (hasParts(schema) ? fitsByParts(schema, value) : Check(schema, value));
  if (fits) known.add(value);
  return fits;
}

interface Parted {
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly items?: TSchema;
}

/**
 * Returns whether the parts of a schema can be checked separately. With `$defs` they cannot, because the parts may
 * refer to it.
 */
function hasParts(schema: TSchema): schema is TSchema & Parted {
  return !('$defs' in schema) && ('properties' in schema || ('items' in schema && isRecord(schema.items)));
}

function fitsByParts(schema: TSchema & Parted, value: object): boolean {
  const { properties = {}, items } = schema;
  if (Array.isArray(value)) return value.every((item) => items === undefined || fitsSchema(items, item)) && Check(outsideOf(schema), value);
  const parts = Object.entries(properties).filter(([name]) => Object.hasOwn(value, name));
  return (
    parts.every(([name, part]) => fitsSchema(part, (value as Readonly<Record<string, unknown>>)[name])) && Check(outsideOf(schema), value)
  );
}

/** Returns the schema without the schemas of its parts: each part may have any value. */
function outsideOf(schema: TSchema & Parted): TSchema {
  const known = outsides.get(schema);
  if (known !== undefined) return known;
  const { properties, items } = schema;
  const outside = {
    ...schema,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.keys(properties).map((name) => [name, {}])) }),
    ...(items === undefined ? {} : { items: {} }),
  };
  outsides.set(schema, outside);
  return outside;
}
