/**
 * Finds patterns of an expression that RE2 cannot match. They are checked when a flow is validated. Flows that were
 * published before this check existed keep using JavaScript's own engine for such patterns.
 */
import { MAX_PATTERN_PROGRAM } from '../contract/schema/pattern-bounds.ts';
import type { NameFault } from './check-names.ts';
import type { Syntax } from './compile-syntax.ts';
import { childrenOf } from './inspect-syntax.ts';
import { compileLinearPattern } from './linear-pattern.ts';
import type { PatternProblem } from './translate-pattern.ts';

/**
 * Returns the first pattern of the expression that RE2 cannot match, or the first one that makes the expression's
 * patterns together exceed the size limit. Returns undefined if there is none.
 */
export function patternFault(syntax: Syntax): NameFault | undefined {
  let size = 0;
  const visit = (node: Syntax): NameFault | undefined => {
    if (node.value instanceof RegExp) {
      const compiled = size > MAX_PATTERN_PROGRAM ? undefined : compileLinearPattern(node.value);
      if (compiled !== undefined && 'problem' in compiled) return faultOf(node, node.value, compiled.problem);
      size += compiled?.size ?? 0;
      if (size > MAX_PATTERN_PROGRAM) return faultOf(node, node.value, 'pattern-size');
    }
    for (const child of childrenOf(node)) {
      const fault = visit(child);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  return visit(syntax);
}

function faultOf({ position }: Syntax, pattern: RegExp, problem: PatternProblem): NameFault {
  const [why, fix] = TEXTS[problem];
  // JSONata adds the flag `g` to every pattern. The author did not write it, so the message leaves it out.
  const name = `/${pattern.source}/${pattern.flags.replace('g', '')}`.slice(0, 100);
  return { why: `the regular expression ${name} cannot be used: ${why}`, fix, position, values: { problem, name } };
}

const TEXTS: Readonly<Record<PatternProblem, readonly [why: string, fix: string]>> = {
  'pattern-look-around': [
    'it uses look-ahead or look-behind, which RE2 does not support',
    'Match the text around the value too, and take the value from a group: $match(text, /No\\. (\\d+)/).groups[0].',
  ],
  'pattern-back-reference': [
    'it has a back reference to a group, which RE2 does not support',
    'Take both parts as groups and compare them: $m.groups[0] = $m.groups[1].',
  ],
  'pattern-repeat': ['it repeats something more than 1000 times', 'Match it with + or *, and check the length with $length.'],
  'pattern-line-end': ['with the flag m, nothing may follow $', 'Write [\\r\\n]+ where the pattern continues on the next line.'],
  'pattern-group': [
    'an optional or repeated part contains a group that can match nothing, and RE2 would give the group a different value',
    'Remove the ? after the group: write (.*) instead of (.*)?; write (?:…) inside a repetition; or match one repetition at a time: $match returns all matches.',
  ],
  'pattern-empty': [
    'it repeats a part that can match nothing',
    'Let the repeated part match at least one character: (?:a|b)* instead of (?:a*|b)*.',
  ],
  'pattern-surrogate': ['it contains half of a character', 'Write the whole character.'],
  'pattern-syntax': [
    'it is not in RE2 syntax',
    'Write it with groups, classes, *, +, ?, {n,m}, ^ and $; ignore case by a flag at the end, as in /b/i.',
  ],
  'pattern-size': [
    `all patterns of an expression together have at most ${MAX_PATTERN_PROGRAM} steps when repetitions are expanded`,
    'Lower the counts in {…}, or shorten the list of alternatives.',
  ],
};
