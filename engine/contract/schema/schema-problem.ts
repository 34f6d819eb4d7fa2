import type { ErrorValues } from '../values/errors.ts';
import { NAME_RULES, nameRuleOf, shownName, type NameRule } from '../values/named-values.ts';
import { isPlainPattern } from '../values/plain-text.ts';

/** One violation of a JSON Schema, as TypeBox and Ajv report it. */
export interface SchemaBreach {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath?: string;
  readonly params?: object;
}

/** The length of the longest list of allowed values that is shown, in characters. */
const MAX_ALLOWED_CHARS = 300;
/** Longer patterns tell nobody how a value must look. */
const MAX_PATTERN_CHARS = 60;

/**
 * Returns the values of an issue about a violation: `problem` (the keyword), `field` (absent for the whole value) and
 * what the schema requires: `limit`, `expected`, `allowed`, `pattern`, `format`. The values contain parts of the
 * schema only, never of the data. The texts are in `error-texts/schema.ts`.
 */
export function schemaValues(breach: SchemaBreach, field = fieldOf(breach.instancePath)): ErrorValues {
  const { keyword, params = {} } = breach;
  const place = field === '' ? {} : { field };
  const rule = brokenNameRule(breach);
  if (rule !== undefined) return { problem: `name-${rule}`, ...(field === '' ? {} : { field: shownName(field) }) };
  if ('pattern' in params && isPlainPattern(params.pattern)) return { problem: 'control-characters', ...place };
  return { problem: keyword === 'boolean' ? 'unknown-field' : keyword, ...place, ...demanded(params) };
}

/** Returns a sentence that says what is wrong with the name of a value; undefined if the problem is not its name. */
export function nameProblem(breach: SchemaBreach): string | undefined {
  const rule = brokenNameRule(breach);
  if (rule === undefined) return undefined;
  return `The name "${shownName(fieldOf(breach.instancePath))}" is not allowed here: ${NAME_RULES[rule].text.en}.`;
}

/**
 * Returns the name rule of the product that the violation breaks; undefined if it breaks none. The violation is
 * reported at the value that has the name.
 */
function brokenNameRule({ keyword, schemaPath, params = {} }: SchemaBreach): NameRule | undefined {
  if (keyword !== 'pattern' || schemaPath?.endsWith('/propertyNames') !== true || !('pattern' in params)) return undefined;
  return nameRuleOf(params.pattern);
}

/**
 * Returns true for a violation that only repeats another one: TypeBox reports each unknown field and each wrong name a
 * second time.
 */
export function isEcho({ keyword }: SchemaBreach): boolean {
  return keyword === 'additionalProperties' || keyword === 'propertyNames';
}

/** Returns the JSON Pointer step (RFC 6901) to the field or item of this name. */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Returns the last step of a JSON Pointer, unescaped. */
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
    ...(isShown(pattern) ? { pattern } : {}),
    ...(isPlain(format) ? { format } : {}),
    ...(isPlain(missingProperty) ? { field: missingProperty } : {}),
    ...(allowed === undefined ? {} : { allowed: shorten(allowed.map((value) => JSON.stringify(value)).join(', ')) }),
  };
}

/** Returns whether a pattern is short enough to be shown to people. */
export function isShown(pattern: unknown): pattern is string {
  return typeof pattern === 'string' && pattern.length <= MAX_PATTERN_CHARS;
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function shorten(text: string): string {
  return text.length <= MAX_ALLOWED_CHARS ? text : `${text.slice(0, MAX_ALLOWED_CHARS)}…`;
}
