import { choiceFunctions } from './choice-functions.ts';
import { dateFunctions } from './date-functions.ts';
import type { MappingFunction } from './mapping-function.ts';
import { numberFunctions } from './number-functions.ts';
import { personFunctions } from './person-functions.ts';
import { textFunctions } from './text-functions.ts';

/** All functions of the mapper, by group; the designer lists them. */
export const mappingFunctions: readonly MappingFunction[] = [
  ...textFunctions,
  ...numberFunctions,
  ...dateFunctions,
  ...personFunctions,
  ...choiceFunctions,
];
