/** Checks data by a JSON Schema (2020-12). Pure. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import { AppError, type Issue } from '../../../engine/contract/errors.ts';
import { hasTwins } from '../../../engine/contract/has-twins.ts';
import { schemaValues } from '../../../engine/contract/schema-problem.ts';

export interface SchemaFindings {
  /** Of all places. */
  readonly count: number;
  readonly issues: readonly Issue[];
}

/** Undefined: the data fits. */
export type SchemaCheck = (data: unknown) => SchemaFindings | undefined;

/** Lists `maxIssues` places at most, never a value. CHECK_SCHEMA_INVALID (input) for a schema that cannot be used. */
export function compileSchemaCheck(schema: Readonly<Record<string, unknown>>, maxIssues: number): SchemaCheck {
  const validate = compileSchema(schema);
  return (data) => {
    if (validate(data) === true) return undefined;
    const errors = validate.errors ?? [];
    const issues = errors.slice(0, maxIssues).map((error) => ({
      path: error.instancePath,
      code: 'CHECK_SCHEMA',
      message: describe(error),
      severity: 'error' as const,
      // Without `field`: the names of fields come from the data here, and only the path tells them.
      values: schemaValues(error, ''),
    }));
    return { count: errors.length, issues };
  };
}

/** Patterns run in linear time (RE2), so no data can hold the process up. Remote references are not followed. */
function compileSchema(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  try {
    if (metaSchema.validateSchema(schema) !== true) throw new Error(metaSchema.errorsText(metaSchema.errors, { dataVar: 'schema' }));
    return createAjv().compile(schema);
  } catch (error) {
    throw new AppError('CHECK_SCHEMA_INVALID', 'input', `The schema cannot be used: ${(error as Error).message.slice(0, 300)}.`, {
      fix: 'Correct the schema; patterns are RE2 (no look-around, no back references).',
    });
  }
}

/** Without the optimiser: it takes most of the time of a compilation, and V8 does as well. */
function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateSchema: false, code: { regExp: linearPattern, optimize: false } });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (isAsked: boolean, items: readonly unknown[]) => !isAsked || !hasTwins(items),
    error: { message: 'must NOT have duplicate items' },
  });
  addFormats.default(ajv, { mode: 'full', formats: [...FORMATS] });
  addFormats.default(ajv, { mode: 'fast', formats: ['uri', 'email'] });
  return ajv;
}

const linearPattern = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    // ajv tests, and tells patterns apart by their text; the rest of RegExp is never asked for.
    return { test: (text: string) => compiled.test(text), toString: () => pattern } as RegExp;
  },
  { code: 'linearPattern' },
);

/** Compiles the schema of schemas once, for all of them. */
const metaSchema = new Ajv2020({ allErrors: true, strict: false, logger: false });

const FORMATS = ['date', 'time', 'date-time', 'duration', 'hostname', 'ipv4', 'ipv6', 'uuid', 'json-pointer'] as const;

/** Says what is wanted, from the schema alone; field names of the data are not told either. */
function describe(error: ErrorObject): string {
  return error.keyword === 'additionalProperties' || error.keyword === 'unevaluatedProperties'
    ? 'has a field that is not allowed'
    : (error.message ?? `breaks "${error.keyword}"`);
}
