import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import type { Fits } from '../flow/schema-issues.ts';

/** Compiles each schema at first use. Only for schemas of the product, never for one that a person wrote. */
export function createFits(): Fits {
  const compiled = new WeakMap<TSchema, Validator>();
  return (schema, value) => {
    let validator = compiled.get(schema);
    if (validator === undefined) compiled.set(schema, (validator = Compile(schema)));
    return validator.Check(value);
  };
}
