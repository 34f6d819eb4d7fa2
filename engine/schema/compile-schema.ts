/** Compiles JSON Schemas (2020-12) that people wrote. Gateways and flows use the same functions. */
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { SchemaBreach } from '../contract/schema/schema-problem.ts';
import { createAjv, type AjvOptions } from './create-ajv.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** One violation of a schema. It contains nothing of the data except field names. */
export interface Breach extends SchemaBreach {
  readonly message: string;
}

export interface Breaches {
  /** The total number of violations. */
  readonly count: number;
  /** The first violations, up to the requested number. */
  readonly breaches: readonly Breach[];
}

/** Checks a value. Stops at the first violation and returns it; returns undefined if the value fits. */
export type FirstBreach = (value: unknown) => Breach | undefined;

/**
 * Compiles a schema to a check that stops at the first violation. Throws the error of Ajv if the schema cannot be
 * compiled; use `createSchemaTest` to find out why a schema is invalid. `coerces`: see `AjvOptions`.
 */
export function compileFirstBreach(schema: JsonSchema, coerces = false): FirstBreach {
  const validate = compile(schema, { coerceTypes: coerces });
  return (value) => {
    if (validate(value) === true) return undefined;
    const [first] = validate.errors!;
    // Release the errors; otherwise they would stay in memory as long as the schema.
    validate.errors = null;
    return toBreach(first!);
  };
}

/**
 * Compiles a schema to a check that finds all violations and returns the first `most`. Use it only in a thread that
 * can be ended, never on an event loop.
 */
export function compileAllBreaches(schema: JsonSchema, coerces: boolean): (value: unknown, most: number) => Breaches {
  const validate = compile(schema, { coerceTypes: coerces, allErrors: true });
  return (value, most) => {
    const errors = validate(value) === true ? [] : validate.errors!;
    validate.errors = null;
    return { count: errors.length, breaches: errors.slice(0, most).map(toBreach) };
  };
}

/**
 * Returns a function that says why a JSON Schema cannot be used, according to the meta-schema (compiled once) or to
 * the compiler; undefined if it can be used.
 */
export function createSchemaTest(): (schema: JsonSchema) => string | undefined {
  const meta = createAjv();
  return (schema) => {
    try {
      if (meta.validateSchema(schema as object) !== true) return meta.errorsText(meta.errors, { dataVar: 'schema' });
      compile(schema, { isDraft: true });
      return undefined;
    } catch (error) {
      return (error as Error).message;
    } finally {
      meta.errors = null;
    }
  };
}

function compile(schema: JsonSchema, options: AjvOptions): ValidateFunction {
  const validate = createAjv(options).compile(schema as object);
  // Such a check would return a promise, and no caller awaits it.
  if ('$async' in validate) throw new Error('$async is not supported');
  return validate;
}

function toBreach({ keyword, instancePath, schemaPath, params, message = `breaks "${keyword}"` }: ErrorObject): Breach {
  return { keyword, instancePath, schemaPath, params: shortened(params as Readonly<Record<string, unknown>>), message };
}

const MOST_PARAM = 300;

/**
 * Shortens long parameters. A list of choices may be as long as the schema, and each violation would copy it between
 * threads.
 */
function shortened(params: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (Array.isArray(value))
        return [name, JSON.stringify(value.slice(0, 50)).length <= MOST_PARAM ? value.slice(0, 50) : value.slice(0, 1)];
      if (typeof value === 'object' && value !== null) return [name, JSON.stringify(value).length <= MOST_PARAM ? value : '…'];
      return [name, value];
    }),
  );
}
