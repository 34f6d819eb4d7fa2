/**
 * Fills in the defaults of a plain JSON Schema. TypeBox's `Default` does not work with schemas from the server: it
 * recognises types by symbols, which JSON does not contain.
 */
import type { TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Returns a copy of the value with defaults. Values that exist are kept, even wrong ones. Returns the value itself if
 * nothing was missing.
 */
export function withDefaults(schema: unknown, value: unknown): unknown {
  if (!isRecord(schema)) return value;
  if (value === undefined) return 'default' in schema ? withDefaults(schema, structuredClone(schema['default'])) : undefined;
  if (Array.isArray(schema['anyOf'])) return ofOptions(schema['anyOf'], value);
  if (isRecord(schema['properties']) && isRecord(value)) return ofFields(schema['properties'], value);
  if (schema['items'] !== undefined && Array.isArray(value)) return ofItems(schema['items'], value);
  return value;
}

function ofFields(properties: Fields, value: Fields): Fields {
  const filled: Record<string, unknown> = { ...value };
  let isFilled = false;
  for (const [name, schema] of Object.entries(properties)) {
    const old = Object.hasOwn(value, name) ? value[name] : undefined;
    const now = withDefaults(schema, old);
    if (now === old) continue;
    filled[name] = now;
    isFilled = true;
  }
  return isFilled ? filled : value;
}

function ofItems(schema: unknown, value: readonly unknown[]): readonly unknown[] {
  const filled = value.map((item) => withDefaults(schema, item));
  return filled.every((item, index) => item === value[index]) ? value : filled;
}

/** Fills in the defaults of the first option that the value fits once they are filled in. */
function ofOptions(options: readonly unknown[], value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const option of options) {
    const filled = withDefaults(option, value);
    if (Check(option as TSchema, filled)) return filled;
  }
  return value;
}
