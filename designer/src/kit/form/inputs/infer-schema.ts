/** Infers a JSON Schema (2020-12) from a sample. Pure. */
import { isRecord } from '../../../../../engine/contract/values/is-record.ts';

type Schema = Readonly<Record<string, unknown>>;

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const MAX_DEPTH = 12;
const MOST_ITEMS = 50;

/**
 * Returns a schema that names every field but requires none. The author knows which fields are required; a single
 * sample does not show it.
 */
export function inferSchema(sample: unknown): Schema {
  return { $schema: DIALECT, ...schemaOf(sample, 0) };
}

function schemaOf(value: unknown, depth: number): Schema {
  if (value === null || value === undefined) return {};
  if (Array.isArray(value)) return arraySchema(value, depth);
  if (isRecord(value)) return depth >= MAX_DEPTH ? { type: 'object' } : objectSchema(value, depth);
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number' };
  return typeof value === 'boolean' ? { type: 'boolean' } : { type: 'string' };
}

function objectSchema(value: Readonly<Record<string, unknown>>, depth: number): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(value).map(([name, field]) => [name, schemaOf(field, depth + 1)])),
  };
}

function arraySchema(items: readonly unknown[], depth: number): Schema {
  const schemas = items.slice(0, MOST_ITEMS).map((item) => schemaOf(item, depth + 1));
  if (schemas.length === 0) return { type: 'array' };
  return { type: 'array', items: schemas.reduce(joined) };
}

/** Returns a schema that accepts the values of `a` and of `b`. */
function joined(a: Schema, b: Schema): Schema {
  if (Object.keys(a).length === 0) return b;
  if (Object.keys(b).length === 0) return a;
  if (a['type'] === b['type']) {
    if (a['type'] === 'array') return joinedArrays(a, b);
    return a['type'] === 'object' ? joinedObjects(a, b) : a;
  }
  const types = [a['type'], b['type']];
  return types.every((type) => type === 'integer' || type === 'number') ? { type: 'number' } : {};
}

function joinedArrays(a: Schema, b: Schema): Schema {
  const [first, second] = [a['items'], b['items']];
  if (!isRecord(first)) return b;
  return isRecord(second) ? { type: 'array', items: joined(first, second) } : a;
}

function joinedObjects(a: Schema, b: Schema): Schema {
  const [first, second] = [a['properties'], b['properties']].map((fields) => (isRecord(fields) ? fields : {})) as [Schema, Schema];
  const properties = { ...second, ...first } as Record<string, unknown>;
  for (const name of Object.keys(first)) {
    if (Object.hasOwn(second, name)) properties[name] = joined(first[name] as Schema, second[name] as Schema);
  }
  return { type: 'object', properties };
}
