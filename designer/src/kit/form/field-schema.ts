/** The parts of a field's JSON Schema that forms look at, and the fields of an object's. Pure. */
import { fieldKind, type FieldKind } from '../../../../engine/contract/values/field-kind.ts';
import type { FieldText } from '../../../../engine/contract/values/texts.ts';

export interface FieldSchema {
  readonly type?: string;
  readonly text?: FieldText;
  readonly editor?: string;
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
  /** A value must be given: the schema asks for one and has no default. */
  readonly isRequired: boolean;
}

/** Fields of an object's schema, in its order. */
export function fieldsOf(schema: FieldSchema): readonly Field[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    schema: field,
    isRequired: schema.required?.includes(name) === true && field.default === undefined,
  }));
}

/** What no editor fits is shown as JSON. */
export function kindOf(schema: FieldSchema): FieldKind {
  return fieldKind(schema) ?? 'json';
}

/** The record with the field set; undefined takes it away. */
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

/** The value of a text field as it is kept: an emptied field is no field, unless empty is a value that the schema's default shows to be meant. */
export function keptText(schema: FieldSchema, text: string): string | undefined {
  return text === '' && schema.default === undefined ? undefined : text;
}

/** What stands at a JSON Pointer. */
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

/** As the server's schemas come: plain JSON. */
export function asField(schema: object): FieldSchema {
  return JSON.parse(JSON.stringify(schema)) as FieldSchema;
}
