/** A source in the order in which a person reads it: where the value comes from, then the functions applied to it. */
import type { MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { valueFunctions } from '../../../../engine/functions/value-functions.ts';
import type { ValueFunction } from '../../../../engine/functions/value-function.ts';
import { pathsInExpression } from './mapping-paths.ts';

export type ChainStep =
  /** A function step. The value is its first argument; `rest` are the other arguments. */
  | { readonly kind: 'function'; readonly fn: string; readonly rest: readonly MappingSource[] }
  | { readonly kind: 'table'; readonly table: string; readonly default?: string };

export interface Chain {
  readonly base: MappingSource;
  /** The steps in the order of execution. */
  readonly steps: readonly ChainStep[];
}

/**
 * Maximum number of steps of a source. The engine accepts 16 nested levels, and each loop around the rule needs two of
 * them.
 */
export const MOST_STEPS = 10;
const BLANK: MappingSource = { value: '' };
const byName = new Map(valueFunctions.map((entry) => [entry.name, entry]));

export function functionNamed(name: string): ValueFunction | undefined {
  return byName.get(name);
}

export function chainOf(source: MappingSource): Chain {
  const steps: ChainStep[] = [];
  let base = source;
  for (;;) {
    if ('fn' in base && base.args[0] !== undefined) {
      const [inner, ...rest] = base.args;
      steps.unshift({ kind: 'function', fn: base.fn, rest });
      base = inner;
    } else if ('table' in base) {
      steps.unshift({ kind: 'table', table: base.table, ...(base.default === undefined ? {} : { default: base.default }) });
      base = base.key;
    } else return { base, steps };
  }
}

export function sourceOf({ base, steps }: Chain): MappingSource {
  return steps.reduce<MappingSource>((inner, step) => {
    if (step.kind === 'function') return { fn: step.fn, args: [inner, ...step.rest] };
    return { table: step.table, key: inner, ...(step.default === undefined ? {} : { default: step.default }) };
  }, base);
}

/** Returns the step for a function, with empty values for its other required arguments. */
export function stepOfFunction(fn: string): ChainStep {
  const { args, isVariadic = false } = functionNamed(fn) ?? { args: [] };
  const needed = args.slice(1).filter(({ isOptional }) => isOptional !== true);
  return { kind: 'function', fn, rest: isVariadic && needed.length === 0 ? [BLANK] : needed.map(() => BLANK) };
}

/** Replaces the original value and keeps the steps that are applied to it. */
export function withBase(source: MappingSource, base: MappingSource): MappingSource {
  return sourceOf({ base, steps: chainOf(source).steps });
}

/**
 * Combines two sources as arguments of the function `fn`. If the old source already is this function, the new source is
 * added to its arguments.
 */
export function combined(source: MappingSource, fn: 'concat' | 'coalesce', other: MappingSource): MappingSource {
  if ('fn' in source && source.fn === fn && source.args.length < 20) return { fn, args: [...source.args, other] };
  return { fn, args: [source, other] };
}

/** Returns how deep functions, tables and loops are nested. */
export function depthOf(source: MappingSource): number {
  if ('fn' in source) return 1 + Math.max(0, ...source.args.map(depthOf));
  if ('table' in source) return 1 + depthOf(source.key);
  return 'each' in source ? 1 + depthOf(source.each) : 0;
}

export interface SourceRead {
  readonly path: string;
  /** `expression` if the path was found in the text of an expression. */
  readonly by: 'path' | 'expression';
}

/**
 * Returns every path that a source reads. For a loop, this is only the path of its list, not the paths that its rules
 * read.
 */
export function readsOf(source: MappingSource): readonly SourceRead[] {
  if ('path' in source) return [{ path: source.path, by: 'path' }];
  if ('expression' in source) return pathsInExpression(source.expression).map((path) => ({ path, by: 'expression' }));
  if ('fn' in source) return source.args.flatMap(readsOf);
  if ('table' in source) return readsOf(source.key);
  if ('each' in source) return readsOf(source.each);
  return [];
}
