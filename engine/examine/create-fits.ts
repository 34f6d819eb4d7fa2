import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import type { Fits } from '../flow/schema-issues.ts';

/** Compiles each schema when it is first asked for. For schemas of the product alone, never for one that a person wrote. */
export function createFits(): Fits {
  const compiled = new WeakMap<TSchema, Validator>();
  return (schema, value) => {
    let validator = compiled.get(schema);
    if (validator === undefined) compiled.set(schema, (validator = Compile(schema)));
    return validator.Check(value);
  };
}
