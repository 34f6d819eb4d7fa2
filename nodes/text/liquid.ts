/** Liquid as the node offers it: without files and partials, without the clock and chance, and with the functions of mappings. */
import { createRequire } from 'node:module';
import type { Liquid, Template } from 'liquidjs';
import { AppError } from '../../engine/contract/values/errors.ts';
import { valueFunctions } from '../../engine/functions/value-functions.ts';
import { escapeValue, type OutputKind } from './escape.ts';

const require = createRequire(import.meta.url);

/** They would read templates from files. */
const TAGS_LEFT_OUT = ['include', 'render', 'layout', 'block'];
/** A step that runs again must give the same text. For dates there are the functions of mappings. */
const FILTERS_LEFT_OUT = ['sample', 'date', 'date_to_xmlschema', 'date_to_rfc822', 'date_to_string', 'date_to_long_string'];
const MOST_VALUES = 5_000_000;

/** The library is loaded when a template is first used, since it takes some of the time of a start. */
export function createLiquid(kind: OutputKind): Liquid {
  const { Liquid: Engine } = require('liquidjs') as typeof import('liquidjs');
  const liquid = new Engine({
    ...{ strictFilters: true, ownPropertyOnly: true, templates: {}, memoryLimit: MOST_VALUES },
    outputEscape: (value: unknown) => escapeValue(value, kind),
  });
  for (const name of TAGS_LEFT_OUT) delete liquid.tags[name];
  for (const name of FILTERS_LEFT_OUT) delete liquid.filters[name];
  for (const { name, run } of valueFunctions)
    if (liquid.filters[name] === undefined) liquid.registerFilter(name, (...values: unknown[]) => run(...values));
  return liquid;
}

/** Parses a template. Throws TEMPLATE_INVALID (input) with its line. */
export function parseTemplate(liquid: Liquid, template: string): Template[] {
  try {
    return liquid.parse(template);
  } catch (error) {
    const { line, reason } = described(error);
    throw new AppError('TEMPLATE_INVALID', 'input', `The template is not valid (line ${line}): ${reason}.`, {
      values: { line, reason },
      fix: 'Correct the template at this line.',
    });
  }
}

export interface Described {
  readonly line: number;
  readonly reason: string;
}

/** The reasons of the library name parts of the template, never values. */
export function described(error: unknown): Described {
  const { token, message, originalError } = error as {
    readonly token?: { getPosition?(): readonly number[] };
    readonly message: string;
    readonly originalError?: Error;
  };
  const reason = (originalError?.message ?? message).split('\n')[0]!.replace(/, (file|line):.*$/, '');
  return { line: token?.getPosition?.()[0] ?? 1, reason: reason.slice(0, 200) };
}
