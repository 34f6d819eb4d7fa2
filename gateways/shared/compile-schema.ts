import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { RE2JS } from 're2js';

export interface SchemaIssue {
  /** JSON Pointer. */
  readonly path: string;
  readonly message: string;
}

/** Answers undefined when the value fits, else at most 20 problems. Messages name the rule, never the value. */
export type SchemaValidator = (value: unknown) => readonly SchemaIssue[] | undefined;

const MAX_ISSUES = 20;
/** Above this many problems are not collected: one is enough to refuse, and the list would cost more than the body. */
const FORMATS = ['date', 'time', 'date-time', 'email', 'ipv4', 'ipv6', 'uuid', 'uri', 'int32', 'int64'] as const;

/**
 * Compiles a JSON Schema (2020-12). Patterns run on RE2, in linear time, so that no caller can stop the gateway with a string.
 * Throws what ajv throws when the schema is none. `coerce`: values are texts (a query) that stand for numbers and booleans.
 */
export function compileSchema(schema: Readonly<Record<string, unknown>>, coerce = false): SchemaValidator {
  const ajv = new Ajv2020({ strict: false, allErrors: false, coerceTypes: coerce, ownProperties: true, code: { regExp: Object.assign(linearRegExp, { code: 'linearRegExp' }) } });
  ajvFormats.default(ajv, [...FORMATS]);
  const validate = ajv.compile(schema as object);
  return (value) => (validate(value) ? undefined : (validate.errors ?? []).slice(0, MAX_ISSUES).map(toIssue));
}

function linearRegExp(pattern: string): { test(text: string): boolean } {
  const compiled = RE2JS.compile(pattern);
  return { test: (text) => compiled.matcher(text).find() };
}

function toIssue(error: ErrorObject): SchemaIssue {
  const { instancePath, params } = error as ErrorObject<string, { missingProperty?: string; additionalProperty?: string }>;
  const name = params.missingProperty ?? params.additionalProperty;
  return { path: name === undefined ? instancePath : `${instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, message: error.message ?? error.keyword };
}
