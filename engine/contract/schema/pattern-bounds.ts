/**
 * Estimates the cost of a pattern (RE2 syntax) from its text, before it is compiled. A repetition multiplies the cost
 * of the part it repeats.
 */

export const MAX_PATTERN_CHARS = 2000;
/**
 * The largest program, in instructions. Compiling takes microseconds per instruction, and each character of a text may
 * pass through all instructions.
 */
export const MAX_PATTERN_PROGRAM = 5000;

/**
 * Returns the size of a pattern, or the bound that it exceeds. Needs one pass over at most `MAX_PATTERN_CHARS`
 * characters.
 */
export function measurePattern(pattern: string): { readonly program: number } | { readonly excess: PatternExcess } {
  if (pattern.length > MAX_PATTERN_CHARS) return { excess: { bound: 'pattern-length', found: pattern.length, limit: MAX_PATTERN_CHARS } };
  const program = patternProgram(pattern);
  if (program > MAX_PATTERN_PROGRAM) return { excess: { bound: 'pattern', found: program, limit: MAX_PATTERN_PROGRAM } };
  return { program };
}

export function findPatternExcess(pattern: string): PatternExcess | undefined {
  const size = measurePattern(pattern);
  return 'excess' in size ? size.excess : undefined;
}

export interface PatternExcess {
  readonly bound: 'pattern' | 'pattern-length';
  readonly found: number;
  readonly limit: number;
}

/**
 * Matches one part of a pattern: an escape, a class, the head of a group, or a character. The length of names is
 * bounded, so that the search for their end stays short.
 */
const TOKEN =
  /\\(?:[pP](?:\{[^}]{0,50}\}|.)|x\{[^}]{0,50}\}|[^])|\[\^?\]?(?:\\[^]|\[:\w{1,50}:\]|[^\]\\])*\]|\((?:\?(?:P?<[^>]{0,100}>|[a-zA-Z-]*:?))?|[^]/y;
const REPEAT = /\{(\d+)(?:,(\d*))?\}/y;

/**
 * Returns roughly the number of instructions of the compiled program. The result may be too low only by a few
 * instructions per group.
 */
export function patternProgram(pattern: string): number {
  const folds = IGNORES_CASE.test(pattern);
  /** No class ends after this position, so the loop does not search for an end there. */
  const lastEnd = pattern.lastIndexOf(']');
  const outer: { sum: number; last: number }[] = [];
  let group = { sum: 0, last: 0 };
  for (let at = 0; at < pattern.length;) {
    REPEAT.lastIndex = at;
    const repeat = REPEAT.exec(pattern);
    if (repeat !== null) {
      group.last = repeated(group.last, repeat);
      at = REPEAT.lastIndex;
      continue;
    }
    TOKEN.lastIndex = at;
    const isOpenEnded = pattern[at] === '[' && at > lastEnd;
    const token = (isOpenEnded ? undefined : TOKEN.exec(pattern)?.[0]) ?? pattern[at]!;
    at += token.length;
    if (token[0] === '(' && !/^\(\?[a-zA-Z-]+$/.test(token)) {
      outer.push({ sum: group.sum + group.last, last: 0 });
      group = { sum: 0, last: 0 };
    } else if (token === ')') {
      const inner = group.sum + group.last + 2;
      const around = outer.pop() ?? { sum: 0, last: 0 };
      group = { sum: around.sum, last: inner };
    } else if (token === '*' || token === '+' || token === '?') {
      group.last += 1;
    } else {
      group = { sum: group.sum + group.last, last: folds ? 1 + foldingOf(token) : 1 };
    }
  }
  return outer.reduce((sum, part) => sum + part.sum, group.sum + group.last);
}

const IGNORES_CASE = /\(\?[a-zA-Z]*i/;
/** How many code points of a class are processed in the time of one instruction. */
const FOLDED_AT_ONCE = 1000;
/** The cost of a named class, in instructions. */
const NAMED = 100;
const NAMED_CLASS = /\\[pP]/g;
const ENDPOINT = String.raw`(\\[xu]\{[^}]{0,50}\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\?[^])`;
const RANGE = new RegExp(`${ENDPOINT}-${ENDPOINT}`, 'gu');

/**
 * Returns the additional cost of a class if case is ignored: when the pattern is compiled, RE2 looks up the other
 * cases of each code point.
 */
function foldingOf(token: string): number {
  const named = (token.match(NAMED_CLASS)?.length ?? 0) * NAMED;
  if (token[0] !== '[') return named;
  let points = 0;
  for (const [, from, to] of token.matchAll(RANGE)) points += Math.max(0, codePointOf(to!) - codePointOf(from!));
  return named + Math.floor(points / FOLDED_AT_ONCE);
}

function codePointOf(endpoint: string): number {
  const hex = /^\\[xu]\{?([0-9a-fA-F]+)/.exec(endpoint)?.[1];
  return hex === undefined ? [...endpoint].at(-1)!.codePointAt(0)! : Number.parseInt(hex, 16);
}

function repeated(size: number, [, least, most]: RegExpExecArray): number {
  const from = Number(least);
  const to = most === undefined ? from : most === '' ? from + 1 : Number(most);
  return size * Math.max(1, from, to) + Math.max(0, to - from);
}
