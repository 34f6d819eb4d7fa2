/** Describes the source of a mapping rule in a few words. Pure. */
import type { MappingSource } from '../../../nodes/shared/mapping/mapping-document.ts';
import { defineTexts, translateWith, type Language } from './text-pairs.ts';
import { chainOf, functionNamed, type ChainStep } from '../model/mapping/source-chain.ts';

const TEXTS = defineTexts({
  each: ['逐项：{{list}}', 'Each of {{list}}'],
  lookup: ['查 {{table}}', 'Look up in {{table}}'],
});

export interface SourceWords {
  readonly base: string;
  readonly kind: 'path' | 'value' | 'expression' | 'loop' | 'function';
  /** The functions applied to the value, in order. */
  readonly steps: readonly string[];
}

export function sourceWords(source: MappingSource, language: Language): SourceWords {
  const { base, steps } = chainOf(source);
  const words = steps.map((step) => stepWords(step, language));
  if ('path' in base) return { base: base.path, kind: 'path', steps: words };
  if ('expression' in base) return { base: base.expression, kind: 'expression', steps: words };
  if ('each' in base) {
    const list = sourceWords(base.each, language);
    return { base: translateWith(TEXTS, language)('each', { list: list.base }), kind: 'loop', steps: words };
  }
  if ('fn' in base) return { base: functionWords(base.fn, language), kind: 'function', steps: words };
  if ('table' in base) return { base: base.table, kind: 'function', steps: words };
  return { base: typeof base.value === 'string' ? `“${base.value}”` : JSON.stringify(base.value), kind: 'value', steps: words };
}

export function stepWords(step: ChainStep, language: Language): string {
  return step.kind === 'function' ? functionWords(step.fn, language) : translateWith(TEXTS, language)('lookup', { table: step.table });
}

function functionWords(name: string, language: Language): string {
  return functionNamed(name)?.label[language] ?? name;
}
