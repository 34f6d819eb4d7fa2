import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import type { Fits } from '../flow/schema-issues.ts';

/**
 * Compiles each schema at first use. Use it only for schemas of the product, never for a schema that a person wrote.
 */
export function createFits(): Fits {
  const compiled = new WeakMap<TSchema, Validator>();
  return (schema, value) => {
    let validator = compiled.get(schema);
    if (validator === undefined) compiled.set(schema, (validator = Compile(schema)));
    return validator.Check(value);
  };
}
