/** Fills templates, in the template thread. */
import type { Liquid, Template } from 'liquidjs';
import { AppError } from '../../engine/contract/values/errors.ts';
import { keepLast } from '../../engine/schema/keep-last.ts';
import type { OutputKind } from './escape.ts';
import { createLiquid, described, parseTemplate } from './liquid.ts';

export interface FillTask {
  readonly template: string;
  readonly kind: OutputKind;
  /** True: returns the data that the JSON text means, because nodes write data as JSON again. */
  readonly asData: boolean;
  readonly isStrict: boolean;
  readonly scope: Readonly<Record<string, unknown>>;
}

const MOST_OUTPUT = 33_554_432;

const parsedOf = keepLast(20, (key): { readonly liquid: Liquid; readonly parsed: Template[] } => {
  const [kind, template] = JSON.parse(key) as [OutputKind, string];
  const liquid = createLiquid(kind);
  return { liquid, parsed: parseTemplate(liquid, template) };
});

/** Returns the text, or its data. Throws TEMPLATE_INVALID, TEMPLATE_FAILED or PARSE_TOO_COSTLY (all input). */
export function fill({ template, kind, asData, isStrict, scope }: FillTask): unknown {
  const { liquid, parsed } = parsedOf(JSON.stringify([kind, template]));
  const text = render(() => liquid.renderSync(parsed, scope, { strictVariables: isStrict }) as string);
  if (text.length > MOST_OUTPUT) throw tooCostly();
  if (kind === 'hl7') return text.replaceAll(/[\r\n]+/g, '\r').replace(/^\r/, '');
  if (kind !== 'json') return text;
  const data = readJson(text);
  return asData ? data : text;
}

function render(work: () => string): string {
  try {
    return work();
  } catch (error) {
    const { line, reason } = described(error);
    if (/(memory|template) (alloc )?limit exceeded/.test(reason)) throw tooCostly();
    throw failed(`The template failed (line ${line}): ${reason}.`, { line, reason });
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw failed('The text that the template made is not valid JSON.', { problem: 'json' });
  }
}

function failed(message: string, values: Readonly<Record<string, string | number>>): AppError {
  return new AppError('TEMPLATE_FAILED', 'input', message, { values, fix: 'Try the template with this message, and correct it.' });
}

function tooCostly(): AppError {
  return new AppError('PARSE_TOO_COSTLY', 'input', 'The template makes a text that is too long.', {
    values: { problem: 'output' },
    fix: 'Shorten its loops, or send less data in one message.',
  });
}
