import type { TLocalizedValidationError } from 'typebox/error';
import { Errors } from 'typebox/schema';
import { Settings } from 'typebox/system';
import type { TSchema } from 'typebox';
import type { ErrorValues, Issue } from '../contract/values/errors.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { NAME_RULES, nameRuleOf, type NameRule } from '../contract/values/named-values.ts';
import { isPlainPattern } from '../contract/values/plain-text.ts';
import type { FieldText, Text } from '../contract/values/texts.ts';
import { fieldOf, isEcho, isShown, nameProblem, pointerStep, schemaValues } from '../contract/schema/schema-problem.ts';

/**
 * The maximum number of problems. A person cannot fix more at once, and the limit bounds the work on hostile
 * documents.
 */
const MAX_ISSUES = 500;

/**
 * Checks a value against a schema with generated code, which is hundreds of times as fast as interpreting the schema.
 */
export type Fits = (schema: TSchema, value: unknown) => boolean;

/**
 * Returns every violation of `schema` in `value` as sentences, with JSON Pointers below `prefix`. For a union, returns
 * only the violations of the member that fits best. All issues have the code `code` and severity error. The schema is
 * interpreted, so that the function also runs on pages that forbid generated code. With `fits`, only the parts that do
 * not fit are interpreted.
 */
export function schemaIssues(schema: TSchema, value: unknown, code: string, prefix = '', fits?: Fits): Issue[] {
  const misfits: Misfit[] = [];
  if (fits === undefined) misfits.push({ schema, value, path: '', text: undefined });
  else findMisfits({ schema, value, path: '', text: undefined }, fits, misfits);
  return misfits.flatMap((misfit) =>
    closestOfUnions(allErrors(misfit.schema, misfit.value))
      .map((error) => ({ ...error, instancePath: misfit.path + error.instancePath }) as TLocalizedValidationError)
      .flatMap((error) => describe(error, textAt(misfit, error.schemaPath)))
      .map(({ path, ...told }) => ({ path: prefix + path, code, severity: 'error' as const, ...told })),
  );
}

interface Misfit {
  readonly schema: TSchema;
  readonly value: unknown;
  readonly path: string;
  /** The text of the field that it is a part of. */
  readonly text: FieldText | undefined;
}

const MAX_MISFITS = 50;

/**
 * Finds the smallest parts that do not fit. Also adds each object or list around such a part, with a schema that
 * accepts any parts, because the object or list itself may break the schema too.
 */
function findMisfits({ schema, value, path, text }: Misfit, fits: Fits, found: Misfit[]): void {
  if (found.length >= MAX_MISFITS || fits(schema, value)) return;
  const { properties, items } = schema as { readonly properties?: Readonly<Record<string, TSchema>>; readonly items?: TSchema };
  const inside = (part: TSchema, name: string | number, of?: FieldText) =>
    findMisfits({ schema: part, value: (value as Record<string, unknown>)[name], path: path + pointerStep(name), text: of }, fits, found);
  if (Array.isArray(value) && items !== undefined && !Array.isArray(items)) {
    for (const index of value.keys()) inside(items, index, textOf(schema) ?? text);
    found.push({ schema: { ...schema, items: {} } as TSchema, value, path, text });
  } else if (isRecord(value) && properties !== undefined) {
    const present = Object.keys(properties).filter((name) => Object.hasOwn(value, name));
    for (const name of present) inside(properties[name]!, name);
    const anything = Object.fromEntries(present.map((name) => [name, {}]));
    found.push({ schema: { ...schema, properties: { ...properties, ...anything } } as TSchema, value, path, text });
  } else {
    found.push({ schema, value, path, text });
  }
}

/** Returns the text of the field that the part of a schema belongs to: its own, or that of the list it is an entry of. */
function textAt({ schema, text }: Misfit, schemaPath: string): FieldText | undefined {
  let at: unknown = schema;
  let found = textOf(schema) ?? text;
  let before = '';
  for (const step of schemaPath.split('/').slice(1)) {
    at = isRecord(at) || Array.isArray(at) ? (at as Record<string, unknown>)[step] : undefined;
    found = textOf(at) ?? (before === 'properties' ? undefined : found);
    before = step;
  }
  return found;
}

function textOf(schema: unknown): FieldText | undefined {
  const text = isRecord(schema) ? schema['text'] : undefined;
  return isRecord(text) && 'label' in text ? (text as unknown as FieldText) : undefined;
}

/**
 * Returns all errors. TypeBox stops at 8 errors because of a process-wide setting, so the setting is raised only
 * during this synchronous call.
 */
function allErrors(schema: TSchema, value: unknown): TLocalizedValidationError[] {
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: MAX_ISSUES });
  try {
    return Errors(schema, value)[1];
  } finally {
    Settings.Set({ maxErrors });
  }
}

/**
 * Replaces the errors of each failed union by those of the member that fits best. A choice between constants becomes
 * one error.
 */
function closestOfUnions(errors: readonly TLocalizedValidationError[]): TLocalizedValidationError[] {
  const union = errors.filter((error) => error.keyword === 'anyOf').sort((a, b) => a.schemaPath.length - b.schemaPath.length)[0];
  if (union === undefined) return [...errors];
  const within = errors.filter((error) => isInside(error, union));
  const others = errors.filter((error) => error !== union && !within.includes(error));
  const members = Map.groupBy(within, (error) => /^\/anyOf\/(\d+)/.exec(error.schemaPath.slice(union.schemaPath.length))?.[1]);
  const constants = within.filter((error) => error.keyword === 'const' && error.instancePath === union.instancePath);
  if (constants.length === within.length && constants.length > 0) {
    const allowedValues = constants.flatMap((error) => (error.keyword === 'const' ? [error.params.allowedValue] : []));
    return closestOfUnions([...others, { ...union, keyword: 'enum', params: { allowedValues } } as TLocalizedValidationError]);
  }
  const closest = [...members.values()].sort((a, b) => weight(a, union.instancePath) - weight(b, union.instancePath))[0] ?? [];
  return closestOfUnions([...others, ...closest]);
}

function isInside(error: TLocalizedValidationError, union: TLocalizedValidationError): boolean {
  const isBelow = error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`);
  return isBelow && error.schemaPath.startsWith(`${union.schemaPath}/anyOf/`);
}

/**
 * Returns how far a member of a union is from fitting. A wrong type or a wrong tag counts more than many small errors.
 */
function weight(errors: readonly TLocalizedValidationError[], at: string): number {
  return errors.reduce(
    (sum, error) => sum + (error.keyword === 'type' && error.instancePath === at ? 100 : error.keyword === 'const' ? 20 : 1),
    0,
  );
}

interface Told {
  readonly path: string;
  readonly message: string;
  readonly values: ErrorValues;
  readonly fix?: string;
  readonly text?: Text;
}

function describe(error: TLocalizedValidationError, field: FieldText | undefined): readonly Told[] {
  const path = error.instancePath;
  if (error.keyword === 'required') {
    return error.params.requiredProperties.map((name) => ({
      path: `${path}/${name}`,
      message: `"${name}" is missing.`,
      values: schemaValues(error, name),
      fix: `Add "${name}".`,
    }));
  }
  if (isEcho(error)) return [];
  const wrongName = nameProblem(error);
  if (wrongName !== undefined) return [{ path, message: wrongName, values: schemaValues(error), fix: 'Correct the name, or remove it.' }];
  const here = path === '' ? 'The document' : `"${fieldOf(path)}"`;
  const form =
    error.keyword === 'pattern' && !isPlainPattern(error.params.pattern) ? formOf(field, nameRuleOf(error.params.pattern)) : undefined;
  if (form !== undefined) return [{ path, message: `${here}: ${form.en}`, values: schemaValues(error), text: form }];
  const told = { path, message: `${here} ${sentence(error)}.`, values: schemaValues(error) };
  return [error.keyword === 'boolean' ? { ...told, fix: 'Remove it, or correct its name.' } : told];
}

/** Says in words how a text with a pattern must look; undefined if neither the field nor the name rule has words for it. */
function formOf({ pattern, help, example }: Partial<FieldText> = {}, name?: NameRule): Text | undefined {
  const rule = pattern ?? (name === undefined ? help : NAME_RULES[name].text);
  if (rule === undefined && example === undefined) return undefined;
  const parts = [{ 'zh-CN': '格式不正确', en: 'The format is wrong' }, ...(rule === undefined ? [] : [rule])];
  const such = example === undefined ? undefined : { 'zh-CN': `例如 ${example}`, en: `For example: ${example}` };
  return {
    'zh-CN': [...parts.map((part) => part['zh-CN'].replace(/。$/, '')), ...(such === undefined ? [] : [such['zh-CN']])].join('。'),
    en: [...parts.map((part) => `${part.en.replace(/\.$/, '')}.`), ...(such === undefined ? [] : [such.en])].join(' '),
  };
}

function sentence(error: TLocalizedValidationError): string {
  switch (error.keyword) {
    case 'boolean':
      return 'is not known here';
    case 'type':
      return `must be of type ${String(error.params.type)}`;
    case 'const':
      return `must be ${JSON.stringify(error.params.allowedValue)}`;
    case 'enum':
      return `must be one of ${error.params.allowedValues.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'pattern':
      if (isPlainPattern(error.params.pattern)) return 'must not contain control characters or characters that change the text direction';
      return isShown(error.params.pattern) ? `must match the pattern ${String(error.params.pattern)}` : 'has the wrong format';
    default:
      return error.message;
  }
}
