import { RE2JS, type Matcher } from 're2js';
import { findPatternExcess } from '../contract/schema/pattern-bounds.ts';
import { argument, isAbsent, onText, optional, toNumber, toText, words, type FunctionFault, type ValueFunction } from './value-function.ts';

const MAX_PATTERN = 1000;
const MAX_FOUND = 10_000;
const MAX_RESULT = 10_000_000;
const MAX_KEPT = 500;
const MAX_TEXT = 1_000_000;
/**
 * How long the matches of one text may keep the event loop busy. One match takes time linear in the text, but each of many
 * matches may read the text to its end.
 */
const MAX_MS = 300;
const text = argument('文本', 'Text');
const pattern = argument('正则', 'Pattern');
const settings = { args: [1], check: (given: unknown) => faultOf(given) } as const;

/** Patterns in RE2 syntax, as in the comparison `matches` of conditions: linear in the length of the text. */
export const patternFunctions: readonly ValueFunction[] = [
  {
    name: 'matches',
    group: 'pattern',
    label: words('匹配正则', 'Matches'),
    help: words(
      '文本中任意位置是否匹配正则（RE2 语法），文本最长 100 万个字符。',
      'Whether the pattern (RE2 syntax) is found anywhere in the text.',
    ),
    args: [text, pattern],
    examples: [
      { args: ['P000001', '^P[0-9]{6}$'], gives: true },
      { args: ['X1', '^P[0-9]{6}$'], gives: false },
    ],
    settings,
    run: onText((value, given) => compile(given).test(bounded(value))),
  },
  {
    name: 'extract',
    group: 'pattern',
    label: words('按正则提取', 'Extract'),
    help: words(
      '第一处匹配的文本；正则中有分组时取第一组，也可指定第几组（0 为整个匹配）。没有匹配时结果不存在。',
      'The text of the first match: its first group if the pattern has groups, or the given group (0 is the whole match). Absent without a match.',
    ),
    args: [text, pattern, optional('第几组', 'Group')],
    examples: [{ args: ['床号:12A', '床号:([0-9A-Z]+)'], gives: '12A' }, { args: ['内科', '[0-9]+'] }],
    settings,
    run: onText((value, given, group) => {
      const compiled = compile(given);
      const matcher = compiled.matcher(bounded(value));
      return matcher.find() ? groupOf(matcher, compiled, group) : undefined;
    }),
  },
  {
    name: 'extractAll',
    group: 'pattern',
    label: words('按正则提取全部', 'Extract all'),
    help: words(
      '每处匹配的文本组成列表，分组规则同“按正则提取”；最多 10000 项。',
      'The text of every match as a list, with groups as in extract; at most 10,000.',
    ),
    args: [text, pattern, optional('第几组', 'Group')],
    examples: [{ args: ['A1,B22', '([0-9]+)'], gives: ['1', '22'] }],
    settings,
    run: onText((value, given, group) => {
      const compiled = compile(given);
      const found: unknown[] = [];
      forEachMatch(compiled.matcher(bounded(value)), (matcher) => {
        if (found.length === MAX_FOUND) throw new RangeError('too many matches');
        found.push(groupOf(matcher, compiled, group));
      });
      return found;
    }),
  },
  {
    name: 'replacePattern',
    group: 'pattern',
    label: words('按正则替换', 'Replace pattern'),
    help: words(
      '把每处匹配（最多 10000 处）换成另一段文本；其中 $1、$2 是分组的内容，$& 是整个匹配，$$ 是字符 $。',
      'Replaces every match (at most 10,000) by a text, in which $1 and $2 stand for groups, $& for the whole match and $$ for the character $.',
    ),
    args: [text, pattern, argument('换成', 'Replace with')],
    examples: [{ args: ['2026-01-02', '([0-9]+)-([0-9]+)-([0-9]+)', '$1年$2月$3日'], gives: '2026年01月02日' }],
    settings,
    run: onText((value, given, replacement) => {
      // The matches are found first, within the limits; then replacing them is bounded too.
      const compiled = compile(given);
      const text = toText(replacement);
      let count = 0;
      forEachMatch(compiled.matcher(bounded(value)), () => {
        if (count === MAX_FOUND) throw new RangeError('too many matches');
        count += 1;
      });
      if (value.length + count * (text.length + 1) > MAX_RESULT) throw new RangeError('too long');
      const result = compiled.matcher(value).replaceAll(text);
      if (result.length > MAX_RESULT) throw new RangeError('too long');
      return result;
    }),
  },
];

function bounded(value: string): string {
  if (value.length > MAX_TEXT) throw new RangeError('the text is too long');
  return value;
}

function forEachMatch(matcher: Matcher, use: (matcher: Matcher) => void): void {
  const until = performance.now() + MAX_MS;
  while (matcher.find()) {
    use(matcher);
    if (performance.now() > until) throw new RangeError('the pattern takes too long on this text');
  }
}

function groupOf(matcher: Matcher, compiled: RE2JS, group: unknown): string | undefined {
  const wanted = isAbsent(group) ? Math.min(1, compiled.groupCount()) : toNumber(group);
  return matcher.group(wanted) ?? undefined;
}

/** Patterns are compiled once: most are fixed settings of a mapping. */
const kept = new Map<string, RE2JS>();

function compile(given: unknown): RE2JS {
  if (typeof given !== 'string' || given.length > MAX_PATTERN) throw new TypeError('the pattern is not a short text');
  const known = kept.get(given);
  if (known !== undefined) return known;
  if (findPatternExcess(given) !== undefined) throw new RangeError('the pattern is too large');
  const compiled = RE2JS.compile(given);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(given, compiled);
  return compiled;
}

function faultOf(given: unknown): FunctionFault | undefined {
  if (isAbsent(given)) return undefined;
  try {
    compile(given);
    return undefined;
  } catch {
    return {
      code: 'MAPPING_INVALID',
      message: 'the pattern is not valid RE2 syntax, or it is too large',
      severity: 'error',
      values: { problem: 'pattern' },
      fix: 'Use RE2 syntax: no look-around, no back references, at most 1,000 characters.',
    };
  }
}
