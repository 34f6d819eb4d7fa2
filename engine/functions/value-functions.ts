import { choiceFunctions } from './choice-functions.ts';
import { dateFunctions } from './date-functions.ts';
import { digestFunctions } from './digest-functions.ts';
import { encodingFunctions } from './encoding-functions.ts';
import { listFunctions } from './list-functions.ts';
import { moneyFunctions } from './money-functions.ts';
import { numberFunctions } from './number-functions.ts';
import { patternFunctions } from './pattern-functions.ts';
import { personFunctions } from './person-functions.ts';
import { textFunctions } from './text-functions.ts';
import type { ValueFunction } from './value-function.ts';

/** All functions for mappings and expressions, by group; the designer lists them. */
export const valueFunctions: readonly ValueFunction[] = [
  ...textFunctions,
  ...patternFunctions,
  ...numberFunctions,
  ...moneyFunctions,
  ...dateFunctions,
  ...personFunctions,
  ...choiceFunctions,
  ...listFunctions,
  ...encodingFunctions,
  ...digestFunctions,
];
