/**
 * Creates the validator for JSON Schemas (2020-12) that people write, with the same rules for gateways and flows. The
 * size of the compiled code depends on the keywords of a schema, not on the length of its lists; `plain-schema.ts`
 * relies on that.
 */
import { Ajv2020, _, type Format, type KeywordErrorDefinition } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { hasTwins } from '../contract/values/has-twins.ts';
import { isMultipleOf } from './is-multiple-of.ts';
import { createChoice } from './is-same-json.ts';
import { compileSchemaPattern, findLostEscape } from './schema-pattern.ts';

export interface AjvOptions {
  /** If true, values are texts (of a query) that may stand for numbers and booleans. */
  readonly coerceTypes?: boolean;
  /** If true, finds all problems of a value. Only for a thread that can be ended, never for an event loop. */
  readonly allErrors?: boolean;
  /**
   * If true, refuses patterns with escapes that RE2 reads as plain letters. Already published schemas may still have
   * such patterns.
   */
  readonly isDraft?: boolean;
}

export function createAjv({ isDraft = false, ...options }: AjvOptions = {}): Ajv2020 {
  const ajv = new Ajv2020({
    ...options,
    strict: false,
    validateSchema: false,
    ownProperties: true,
    logger: false,
    // Check a list of required names in a loop, not in unrolled code.
    loopRequired: 2,
    // Switch the optimiser off: it takes most of the compile time, and V8 optimises the code anyway.
    code: { regExp: isDraft ? draftPattern : pattern, optimize: false },
  });
  for (const [keyword, test] of Object.entries(TESTS)) replaceKeyword(ajv, keyword, test);
  for (const name of FULL_FORMATS) ajv.addFormat(name, bounded(ajvFormats.default.get(name, 'full')));
  ajv.addFormat('int64', { type: 'number', validate: isInt64 });
  for (const name of FAST_FORMATS) ajv.addFormat(name, bounded(ajvFormats.default.get(name, 'fast')));
  return ajv;
}

/** Compiles a pattern for Ajv, which only calls `test`, and distinguishes patterns by their text. */
const pattern = Object.assign(
  (text: string) => {
    const test = compileSchemaPattern(text);
    return { test, toString: () => text } as RegExp;
  },
  { code: 'pattern' },
);

const draftPattern = Object.assign(
  (text: string) => {
    const escape = findLostEscape(text);
    if (escape !== undefined) throw new Error(`patterns have no ${escape} (no back references either): ${text.slice(0, 100)}`);
    return pattern(text);
  },
  { code: 'pattern' },
);

const FULL_FORMATS = ['date', 'time', 'date-time', 'duration', 'hostname', 'ipv4', 'ipv6', 'uuid', 'json-pointer', 'int32'] as const;
/** Formats in their fast form, because the time of the full form grows with the square of the text's length. */
const FAST_FORMATS = ['uri', 'email'] as const;
/**
 * The longest text that can match a format; no address or date is longer. A V8 regular expression on megabytes of text
 * could use up its stack.
 */
const MAX_FORMAT_CHARS = 64 * 1024;

function bounded(format: ReturnType<typeof ajvFormats.default.get>): Format {
  if (typeof format === 'object' && !(format instanceof RegExp) && format.type === 'number') return format;
  const isOne = testOf(format);
  return { type: 'string', validate: (text: string) => text.length <= MAX_FORMAT_CHARS && isOne(text) };
}

/**
 * Returns true for an integer in the range of int64. The upper bound is exact: the next double above the largest one
 * allowed is 2 ** 63.
 */
function isInt64(value: number): boolean {
  return Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;
}

function testOf(format: unknown): (text: string) => boolean {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return format as (text: string) => boolean;
  return testOf((format as { validate: unknown }).validate);
}

interface Test {
  readonly type?: 'array' | 'number';
  readonly schemaType?: 'array' | 'boolean' | 'number';
  readonly error: KeywordErrorDefinition;
  /** Called with the value of the keyword. Returns the function that checks the data. */
  readonly create: (value: never) => (data: never) => boolean;
}

const TESTS: Readonly<Record<string, Test>> = {
  const: {
    error: { message: 'must be equal to constant', params: ({ schemaCode }) => _`{allowedValue: ${schemaCode}}` },
    create: (value: unknown) => createChoice([value]),
  },
  enum: {
    schemaType: 'array',
    error: { message: 'must be equal to one of the allowed values', params: ({ schemaCode }) => _`{allowedValues: ${schemaCode}}` },
    create: (values: readonly unknown[]) => {
      if (values.length === 0) throw new Error('enum must have non-empty array');
      return createChoice(values);
    },
  },
  uniqueItems: {
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must NOT have duplicate items' },
    create: (isAsked: boolean) => (items: readonly unknown[]) => !isAsked || !hasTwins(items),
  },
  multipleOf: {
    type: 'number',
    schemaType: 'number',
    error: {
      message: ({ schemaCode }) => _`"must be multiple of " + ${schemaCode}`,
      params: ({ schemaCode }) => _`{multipleOf: ${schemaCode}}`,
    },
    create: (divisor: number) => (value: number) => isMultipleOf(value, divisor),
  },
};

function replaceKeyword(ajv: Ajv2020, keyword: string, { create, ...definition }: Test): void {
  ajv.removeKeyword(keyword);
  ajv.addKeyword({
    keyword,
    ...definition,
    ...(definition.type === undefined ? { before: 'not' } : {}),
    code(cxt) {
      const fits = cxt.gen.scopeValue('keyword', { ref: create(cxt.schema as never) });
      cxt.fail(_`!${fits}(${cxt.data})`);
    },
  });
}
