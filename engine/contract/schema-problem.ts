import type { ErrorValues } from './errors.ts';

/** What TypeBox and Ajv tell of one breach of a JSON Schema. */
export interface SchemaBreach {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params?: object;
}

/** Longest list of allowed values that is told. */
const MAX_ALLOWED_CHARS = 300;

/**
 * The values of an issue about a breach: `problem` (the keyword), `field` (unless the whole is meant) and what the schema demands there:
 * `limit`, `expected`, `allowed`, `pattern`, `format`. They tell of the schema alone, never of the data. `error-texts/schema.ts` has the texts.
 */
export function schemaValues({ keyword, instancePath, params = {} }: SchemaBreach, field = fieldOf(instancePath)): ErrorValues {
  return { problem: keyword === 'boolean' ? 'unknown-field' : keyword, ...(field === '' ? {} : { field }), ...demanded(params) };
}

/** A step of a JSON Pointer (RFC 6901) to the field or item of this name. */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Last step of a JSON Pointer, as it is called. */
export function fieldOf(pointer: string): string {
  return pointer
    .slice(pointer.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}

function demanded(params: object): ErrorValues {
  const { limit, type, pattern, format, allowedValue, allowedValues, missingProperty, multipleOf } = params as Readonly<
    Record<string, unknown>
  >;
  const allowed = Array.isArray(allowedValues) ? allowedValues : allowedValue === undefined ? undefined : [allowedValue];
  const expected = Array.isArray(type) ? type.join(',') : type;
  return {
    ...(isPlain(limit) ? { limit } : isPlain(multipleOf) ? { limit: multipleOf } : {}),
    ...(isPlain(expected) ? { expected } : {}),
    ...(typeof pattern === 'string' ? { pattern } : {}),
    ...(isPlain(format) ? { format } : {}),
    ...(isPlain(missingProperty) ? { field: missingProperty } : {}),
    ...(allowed === undefined ? {} : { allowed: shorten(allowed.map((value) => JSON.stringify(value)).join(', ')) }),
  };
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function shorten(text: string): string {
  return text.length <= MAX_ALLOWED_CHARS ? text : `${text.slice(0, MAX_ALLOWED_CHARS)}…`;
}
