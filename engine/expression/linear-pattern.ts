/** Matches patterns of expressions with RE2, in linear time and with JavaScript's semantics (docs/decisions/0051). */
import { RE2JS, type Matcher } from 're2js';
import { MAX_PATTERN_PROGRAM, patternProgram } from '../contract/schema/pattern-bounds.ts';
import { translatePattern, type PatternProblem, type Translation } from './translate-pattern.ts';

export interface LinearPattern {
  /** The approximate number of compiled instructions. */
  readonly size: number;
  /** Returns a function that finds the matches in this text. The positions passed to that function should increase. */
  scan(text: string): LinearScan;
}

/**
 * Returns the start and end of the next match at or after a position, followed by those of each group (-1 if the group
 * did not take part). Returns undefined if there is no further match.
 */
export type LinearScan = (from: number) => readonly number[] | undefined;

/** Compiles a pattern for RE2. Returns a problem if RE2 cannot match the pattern with the same result as JavaScript. */
export function compileLinearPattern(pattern: Pick<RegExp, 'source' | 'flags'>): LinearPattern | { readonly problem: PatternProblem } {
  const translation = translatePattern(pattern);
  if ('problem' in translation) return translation;
  const size = patternProgram(translation.pattern);
  if (size > MAX_PATTERN_PROGRAM) return { problem: 'pattern-size' };
  const compiled = compile(translation.pattern);
  if (compiled === undefined) return { problem: 'pattern-size' };
  return {
    size,
    scan(text) {
      const matcher = compiled.matcher(text);
      return (from) => (from <= text.length && matcher.find(from) ? offsetsOf(matcher, translation) : undefined);
    },
  };
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern, RE2JS.LOOKBEHINDS);
  } catch {
    // The translation is valid RE2 syntax, so this only fails if groups are nested too deep or there are too many
    // repetitions.
    return undefined;
  }
}

function offsetsOf(matcher: Matcher, { groups, lineEnds }: Translation): readonly number[] {
  const end = lineEnds.reduce((until, group) => (matcher.start(group) < 0 ? until : matcher.start(group)), matcher.end());
  // A group that contains a `$` also matched the line break. It must end where the match ends.
  const spans = groups.flatMap((group) => [matcher.start(group), Math.min(matcher.end(group), end)]);
  return [matcher.start(), end, ...spans];
}
