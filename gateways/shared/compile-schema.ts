import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import { isCheapCheck, isQuickCheck } from '../../engine/contract/check-cost.ts';
import { hasTwins } from '../../engine/contract/has-twins.ts';
import { measureSchema, schemaExcessText, type SchemaSize } from '../../engine/contract/schema-bounds.ts';
import type { Text } from '../../engine/contract/texts.ts';
import { pointerStep } from '../../engine/contract/schema-problem.ts';
import type { CheckedSchema, SchemaIssue } from '../contract.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Returns undefined when the value fits, else its problems: at most 20 with `collectsAll`, otherwise the first one, where the list could cost
 * more than the value. Messages name the rule, never the value.
 */
export type SchemaValidator = (value: unknown, collectsAll: boolean) => readonly SchemaIssue[] | undefined;

const MAX_ISSUES = 20;
const FORMATS = ['date', 'time', 'date-time', 'email', 'ipv4', 'ipv6', 'uuid', 'uri', 'int32', 'int64'] as const;

/**
 * Compiles a JSON Schema (2020-12). Patterns run on RE2, in linear time, so that no caller can stop the gateway with a string. `coerce`: values
 * are texts (a query) that stand for numbers and booleans. Throws what ajv throws; whether it is a schema at all is `findSchemaProblem`'s question.
 */
export function compileSchema(schema: JsonSchema, coerce = false): SchemaValidator {
  const isFitting = createAjv({ coerceTypes: coerce, validateSchema: false }).compile(schema as object);
  let isFittingWhole: ValidateFunction | undefined;
  return (value, collectsAll) => {
    if (isFitting(value) === true) return undefined;
    if (!collectsAll) return isFitting.errors!.map(toIssue);
    isFittingWhole ??= createAjv({ coerceTypes: coerce, validateSchema: false, allErrors: true }).compile(schema as object);
    isFittingWhole(value);
    return (isFittingWhole.errors ?? isFitting.errors!).slice(0, MAX_ISSUES).map(toIssue);
  };
}

/** Nothing is measured or compiled before it is needed: a plan may have thousands of schemas. */
export function createCheckedSchema(schema: JsonSchema, coerces = false): CheckedSchema {
  let size: SchemaSize | undefined;
  let validate: SchemaValidator | undefined;
  let text: string | undefined;
  const measured = () => (size ??= measureSchema(schema));
  return {
    get text() {
      return (text ??= JSON.stringify(schema));
    },
    coerces,
    get isBounded() {
      return measured().excess === undefined;
    },
    isQuick: (value, bytes) => isQuickCheck(measured(), value, bytes),
    check: (value, bytes) => (validate ??= compileSchema(schema, coerces))(value, isCheapCheck(measured(), value, bytes)),
  };
}

/** Why a JSON Schema cannot be used: it is none, or it is more work than a gateway does for one request. */
export type SchemaProblem = { readonly invalid: string } | { readonly costly: Text };

export function createSchemaCheck(): (schema: JsonSchema) => SchemaProblem | undefined {
  const meta = createAjv({});
  return (schema) => {
    const { excess } = measureSchema(schema);
    if (excess !== undefined) return { costly: schemaExcessText(excess) };
    try {
      if (meta.validateSchema(schema as object) !== true) return { invalid: meta.errorsText(meta.errors) };
      compileSchema(schema);
      return undefined;
    } catch (error) {
      return { invalid: (error as Error).message };
    }
  };
}

function createAjv(options: { coerceTypes?: boolean; validateSchema?: boolean; allErrors?: boolean }): Ajv2020 {
  const ajv = new Ajv2020({
    ...options,
    strict: false,
    ownProperties: true,
    logger: false,
    // The optimiser takes most of the time of a compilation, and V8 does as well.
    code: { regExp: Object.assign(linearRegExp, { code: 'linearRegExp' }), optimize: false },
  });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (isAsked: boolean, items: readonly unknown[]) => !isAsked || !hasTwins(items),
    error: { message: 'must NOT have duplicate items' },
  });
  ajvFormats.default(ajv, [...FORMATS]);
  return ajv;
}

/** ajv keeps compiled patterns by their text: without `toString` all of them would be the first one. */
function linearRegExp(pattern: string): { test(text: string): boolean; toString(): string } {
  const compiled = RE2JS.compile(pattern);
  return { test: (text) => compiled.matcher(text).find(), toString: () => pattern };
}

function toIssue(error: ErrorObject): SchemaIssue {
  const { instancePath, params } = error as ErrorObject<string, { missingProperty?: string; additionalProperty?: string }>;
  const name = params.missingProperty ?? params.additionalProperty;
  return {
    path: name === undefined ? instancePath : instancePath + pointerStep(name),
    message: error.message ?? error.keyword,
  };
}
