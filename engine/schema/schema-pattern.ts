import { RE2JS } from 're2js';
import { translateTest } from '../expression/translate-pattern.ts';

/** What a pattern may remember of the texts it has seen: by default 8 MB, and a schema has dozens of patterns. */
const MEMORY_BYTES = 256 * 1024;

/**
 * Tests texts by the pattern of a JSON Schema, in linear time. A pattern is one of ECMA-262 with `u`, as the standard asks for; what is none, such as
 * `(?i)a`, is read in RE2's own syntax. Throws for what RE2 cannot match.
 */
export function compileSchemaPattern(pattern: string): (text: string) => boolean {
  const compiled = RE2JS.compile(translateTest(pattern) ?? RE2JS.translateRegExp(pattern));
  const { dfa } = compiled.re2Input;
  dfa.stateBudget = dfa.memBudget = MEMORY_BYTES;
  return (text) => compiled.test(text);
}

const ESCAPES = /\\(?:c[A-Za-z]|u[0-9a-fA-F]{4}|[ux]\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|[^])/g;

/**
 * The first escape of a pattern that would be read as its letters alone, such as `\k<name>` as "k<name>": ECMA-262 with `u` refuses it or means a back
 * reference, and RE2 does not know it.
 */
export function findLostEscape(pattern: string): string | undefined {
  if (translateTest(pattern) !== undefined) return undefined;
  return pattern.match(ESCAPES)?.find((escape) => !RE2JS.translateRegExp(escape).startsWith('\\'));
}
