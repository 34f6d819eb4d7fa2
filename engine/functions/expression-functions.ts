import type { ValueFunction } from './value-function.ts';
import { valueFunctions } from './value-functions.ts';

/** The functions of JSONata 2; a test checks each of them against JSONata. */
export const JSONATA_FUNCTION_NAMES: ReadonlySet<string> = new Set(
  (
    'sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match contains replace ' +
    'split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power random boolean not map zip filter ' +
    'single reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle distinct base64encode ' +
    'base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl eval toMillis fromMillis clone now millis'
  ).split(' '),
);

/**
 * The functions of mappings that an expression calls by `$` and their name: those whose name is not a function of
 * JSONata, which keeps its own meaning.
 */
export const expressionFunctions: ReadonlyMap<string, ValueFunction> = new Map(
  valueFunctions.filter(({ name }) => !JSONATA_FUNCTION_NAMES.has(name)).map((entry) => [entry.name, entry]),
);
