import type { ErrorValues } from '../values/errors.ts';
import { NAME_RULES, nameRuleOf, shownName, type NameRule } from '../values/named-values.ts';
import { isPlainPattern } from '../values/plain-text.ts';

/** What TypeBox and Ajv report of one violation of a JSON Schema. */
export interface SchemaBreach {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath?: string;
  readonly params?: object;
}

/** The longest list of allowed values to show. */
const MAX_ALLOWED_CHARS = 300;

/**
 * The values of an issue about a violation: `problem` (the keyword), `field` (absent for the whole value) and what
 * the schema requires: `limit`, `expected`, `allowed`, `pattern`, `format`. They show only the schema, never the
 * data. The texts are in `error-texts/schema.ts`.
 */
export function schemaValues(breach: SchemaBreach, field = fieldOf(breach.instancePath)): ErrorValues {
  const { keyword, params = {} } = breach;
  const place = field === '' ? {} : { field };
  const rule = brokenNameRule(breach);
  if (rule !== undefined) return { problem: `name-${rule}`, ...(field === '' ? {} : { field: shownName(field) }) };
  if ('pattern' in params && isPlainPattern(params.pattern)) return { problem: 'control-characters', ...place };
  return { problem: keyword === 'boolean' ? 'unknown-field' : keyword, ...place, ...demanded(params) };
}

/** What is wrong with the name of a value, as a sentence; undefined if the problem is not its name. */
export function nameProblem(breach: SchemaBreach): string | undefined {
  const rule = brokenNameRule(breach);
  if (rule === undefined) return undefined;
  return `The name "${shownName(fieldOf(breach.instancePath))}" is not allowed here: ${NAME_RULES[rule].text.en}.`;
}

/** The product's rule that the name of a value breaks. The breach is reported at the value's place. */
function brokenNameRule({ keyword, schemaPath, params = {} }: SchemaBreach): NameRule | undefined {
  if (keyword !== 'pattern' || schemaPath?.endsWith('/propertyNames') !== true || !('pattern' in params)) return undefined;
  return nameRuleOf(params.pattern);
}

/**
 * True for a violation that only repeats another one: TypeBox also reports each unknown field and each wrong name
 * separately.
 */
export function isEcho({ keyword }: SchemaBreach): boolean {
  return keyword === 'additionalProperties' || keyword === 'propertyNames';
}

/** The JSON Pointer step (RFC 6901) to the field or item of this name. */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The last step of a JSON Pointer, unescaped. */
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
