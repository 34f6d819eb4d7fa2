import { RE2JS } from 're2js';
import { translateTest } from '../expression/translate-pattern.ts';

/** Cache limit of a pattern. The default is 8 MB, and a schema may have dozens of patterns. */
const MEMORY_BYTES = 256 * 1024;

/**
 * Tests texts against the pattern of a JSON Schema, in linear time. A pattern is ECMA-262 with `u`, as the standard
 * requires. Any other text, for example `(?i)a`, is read in RE2's own syntax. Throws if RE2 cannot match it.
 */
export function compileSchemaPattern(pattern: string): (text: string) => boolean {
  const compiled = RE2JS.compile(translateTest(pattern) ?? RE2JS.translateRegExp(pattern));
  const { dfa } = compiled.re2Input;
  dfa.stateBudget = dfa.memBudget = MEMORY_BYTES;
  return (text) => compiled.test(text);
}

const ESCAPES = /\\(?:c[A-Za-z]|u[0-9a-fA-F]{4}|[ux]\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|[^])/g;

/**
 * Finds the first escape that would be read as plain letters, for example `\k<name>` as "k<name>". ECMA-262 with `u`
 * rejects it or reads it as a back reference, and RE2 does not know it.
 */
export function findLostEscape(pattern: string): string | undefined {
  if (translateTest(pattern) !== undefined) return undefined;
  return pattern.match(ESCAPES)?.find((escape) => !RE2JS.translateRegExp(escape).startsWith('\\'));
}
