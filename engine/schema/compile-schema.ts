/** Compiles JSON Schemas (2020-12) that people wrote, in the same way for gateways and flows. */
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { SchemaBreach } from '../contract/schema/schema-problem.ts';
import { createAjv, type AjvOptions } from './create-ajv.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** One violation. It contains nothing of the data except field names. */
export interface Breach extends SchemaBreach {
  readonly message: string;
}

export interface Breaches {
  /** The total number of violations. */
  readonly count: number;
  /** The first violations. */
  readonly breaches: readonly Breach[];
}

/** Returns the first violation, where it stops; undefined if the value fits. */
export type FirstBreach = (value: unknown) => Breach | undefined;

/**
 * Throws what ajv throws. Use `createSchemaTest` to check whether it is a valid schema. `coerces`: see `AjvOptions`.
 */
export function compileFirstBreach(schema: JsonSchema, coerces = false): FirstBreach {
  const validate = compile(schema, { coerceTypes: coerces });
  return (value) => {
    if (validate(value) === true) return undefined;
    const [first] = validate.errors!;
    // Whatever stays here is kept as long as the schema.
    validate.errors = null;
    return toBreach(first!);
  };
}

/**
 * Finds all violations before it returns the first `most`. Only for a thread that can be ended, never for an event
 * loop.
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
 * Returns why a JSON Schema cannot be used: according to the meta-schema, which is compiled once, or to the compiler.
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
  // Its result would be a promise, and no caller awaits it.
  if ('$async' in validate) throw new Error('$async is not supported');
  return validate;
}

function toBreach({ keyword, instancePath, schemaPath, params, message = `breaks "${keyword}"` }: ErrorObject): Breach {
  return { keyword, instancePath, schemaPath, params: shortened(params as Readonly<Record<string, unknown>>), message };
}

const MOST_PARAM = 300;

/** A list of choices may be as long as the schema, and each violation would copy it between threads. */
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
