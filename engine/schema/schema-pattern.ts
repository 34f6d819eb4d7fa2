import { RE2JS } from 're2js';
import { translateTest } from '../expression/translate-pattern.ts';

/** The cache limit of one pattern. The default is 8 MB, and a schema may have dozens of patterns. */
const MEMORY_BYTES = 256 * 1024;

/**
 * Compiles the pattern of a JSON Schema to a test that takes linear time. The standard requires ECMA-262 with the flag
 * `u`. A pattern that is not valid there, for example `(?i)a`, is read in RE2's own syntax. Throws if RE2 cannot
 * compile it.
 */
export function compileSchemaPattern(pattern: string): (text: string) => boolean {
  const compiled = RE2JS.compile(translateTest(pattern) ?? RE2JS.translateRegExp(pattern));
  const { dfa } = compiled.re2Input;
  dfa.stateBudget = dfa.memBudget = MEMORY_BYTES;
  return (text) => compiled.test(text);
}

const ESCAPES = /\\(?:c[A-Za-z]|u[0-9a-fA-F]{4}|[ux]\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|[^])/g;

/**
 * Returns the first escape that RE2 would read as plain letters, for example `\k<name>` as "k<name>"; undefined if
 * there is none. In ECMA-262 with `u` such an escape is an error or a back reference.
 */
export function findLostEscape(pattern: string): string | undefined {
  if (translateTest(pattern) !== undefined) return undefined;
  return pattern.match(ESCAPES)?.find((escape) => !RE2JS.translateRegExp(escape).startsWith('\\'));
}
