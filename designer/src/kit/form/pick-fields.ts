import type { TObject } from 'typebox';
import { asField, type FieldSchema } from './field-schema.ts';

/** Returns a schema with only these fields, in this order. It is for one section of a form. */
export function pickFields(schema: TObject, names: readonly string[]): FieldSchema {
  const whole = asField(schema);
  const properties = Object.fromEntries(names.map((name) => [name, whole.properties?.[name] ?? {}]));
  return { type: 'object', properties, required: (whole.required ?? []).filter((name) => names.includes(name)) };
}
