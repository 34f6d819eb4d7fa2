import type { TSchema } from 'typebox';
import { Default } from 'typebox/value';

/**
 * Fills in the schema's defaults and returns the value; changes the value in place. Skips parts of the schema without
 * defaults: for a union, TypeBox tries each member on each value, which takes half a second for a mapping of a
 * thousand rules.
 */
export function withDefaults(schema: TSchema, value: unknown): unknown {
  if (!hasDefault(schema)) return value;
  const { properties, items } = schema as { readonly properties?: Readonly<Record<string, TSchema>>; readonly items?: TSchema };
  if (Array.isArray(value) && items !== undefined && !Array.isArray(items)) return value.map((item) => withDefaults(items, item));
  const isPlainObject = properties !== undefined && typeof value === 'object' && value !== null && !Array.isArray(value);
  // TypeBox handles a value that is completely absent, and every other kind of schema.
  if (!isPlainObject) return Default(schema, value);
  const fields = value as Record<string, unknown>;
  for (const [name, field] of Object.entries(properties)) {
    const before = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const filled = withDefaults(field, before);
    if (filled !== undefined && filled !== before) fields[name] = filled;
  }
  return value;
}

function hasDefault(schema: TSchema): boolean {
  const known = KNOWN.get(schema);
  if (known !== undefined) return known;
  const found = holdsDefault(schema);
  KNOWN.set(schema, found);
  return found;
}

/**
 * The schemas that were already searched for defaults. Schemas are created once and never change, so entries stay
 * valid.
 */
const KNOWN = new WeakMap<TSchema, boolean>();

function holdsDefault(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.entries(schema).some(([name, part]) => name === 'default' || (BY_NAME.has(name) ? holdsOne(part) : holdsDefault(part)));
}

/** Keywords whose value is a map by field name. A field may be called `default`, which is not a default value. */
const BY_NAME: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs']);

function holdsOne(byName: unknown): boolean {
  return typeof byName === 'object' && byName !== null && Object.values(byName).some(holdsDefault);
}
