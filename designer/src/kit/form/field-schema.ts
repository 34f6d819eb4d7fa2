/** The parts of a JSON Schema that forms use, and functions that read and change fields. Pure. */
import { applies } from '../../../../engine/contract/schema/field-conditions.ts';
import { fieldKind, type FieldKind } from '../../../../engine/contract/values/field-kind.ts';
import type { FieldGroup, FieldText, FieldWhen } from '../../../../engine/contract/values/texts.ts';

export interface FieldSchema {
  readonly type?: string;
  readonly text?: FieldText;
  readonly editor?: string;
  readonly group?: FieldGroup;
  readonly when?: FieldWhen;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly patternProperties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly items?: FieldSchema;
  readonly anyOf?: readonly FieldSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

export interface Field {
  readonly name: string;
  readonly schema: FieldSchema;
  /** True if the schema requires a value and has no default. */
  readonly isRequired: boolean;
}

/** Returns the fields of an object's schema, in the order in which the schema defines them. */
export function fieldsOf(schema: FieldSchema): readonly Field[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    schema: field,
    isRequired: schema.required?.includes(name) === true && field.default === undefined,
  }));
}

/** Returns the fields that apply to the record (`fieldWhen`). */
export function fieldsFor(fields: readonly Field[], record: Readonly<Record<string, unknown>>): readonly Field[] {
  const schemas = Object.fromEntries(fields.map(({ name, schema }) => [name, schema]));
  return fields.filter(({ schema }) => applies(schema, schemas, record));
}

/** A switch that is off is the same as one that was never set. */
export function isChanged(preset: unknown, value: unknown): boolean {
  return value !== undefined && !sameJson(value, preset ?? false);
}

/** Returns which editor a field uses. A schema without a suitable editor is edited as JSON. */
export function kindOf(schema: FieldSchema): FieldKind {
  return fieldKind(schema) ?? 'json';
}

/** Returns the record with the field set; undefined removes it. */
export function withField(value: Readonly<Record<string, unknown>>, name: string, field: unknown): Readonly<Record<string, unknown>> {
  const { [name]: _old, ...rest } = value;
  if (field === undefined) return rest;
  return name in value
    ? Object.fromEntries(Object.entries(value).map(([key, old]) => [key, key === name ? field : old]))
    : { ...value, [name]: field };
}

export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Returns the value to store for a text field; undefined removes the field. An empty text removes the field unless its
 * schema has a default. Then the empty text is stored, because an absent field would mean the default.
 */
export function keptText(schema: FieldSchema, text: string): string | undefined {
  return text === '' && schema.default === undefined ? undefined : text;
}

/** Returns the value at a JSON Pointer. */
export function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (found, step) =>
        typeof found === 'object' && found !== null
          ? (found as Readonly<Record<string, unknown>>)[step.replaceAll('~1', '/').replaceAll('~0', '~')]
          : undefined,
      value,
    );
}

/** Returns a schema as plain JSON, in the form in which the server sends schemas. */
export function asField(schema: object): FieldSchema {
  return JSON.parse(JSON.stringify(schema)) as FieldSchema;
}
