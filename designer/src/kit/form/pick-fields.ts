import type { TObject } from 'typebox';
import { asField, type FieldSchema } from './field-schema.ts';

/** Some fields of an object's schema, in this order: a section of its form. */
export function pickFields(schema: TObject, names: readonly string[]): FieldSchema {
  const whole = asField(schema);
  const properties = Object.fromEntries(names.map((name) => [name, whole.properties?.[name] ?? {}]));
  return { type: 'object', properties, required: (whole.required ?? []).filter((name) => names.includes(name)) };
}
