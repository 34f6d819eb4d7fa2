/**
 * Texts for the comparisons of conditions, [Chinese, English]: used in the console and in
 * docs/reference/conditions.md.
 */
import type { Comparison } from './expression-types.ts';

type Pair = readonly [zhCN: string, en: string];

export const COMPARISON_LABELS = {
  eq: ['等于', 'is'],
  ne: ['不等于', 'is not'],
  gt: ['大于', 'is greater than'],
  gte: ['大于或等于', 'is at least'],
  lt: ['小于', 'is less than'],
  lte: ['小于或等于', 'is at most'],
  in: ['属于', 'is one of'],
  'not-in': ['不属于', 'is none of'],
  contains: ['包含', 'contains'],
  'starts-with': ['开头是', 'starts with'],
  'ends-with': ['结尾是', 'ends with'],
  matches: ['匹配正则', 'matches the pattern'],
  exists: ['存在', 'exists'],
  absent: ['不存在', 'is absent'],
  empty: ['为空', 'is empty'],
  'not-empty': ['不为空', 'is not empty'],
} as const satisfies Readonly<Record<Comparison, Pair>>;

const SAME_ORDER: Pair = [
  '数字按大小比，两段像数字的文本也是；其他文本按字符比，因此 ISO 时间的先后也对。',
  'Numbers compare as numbers, and so do two texts that look like numbers. Other texts compare character by character, which is correct for ISO times.',
];

export const COMPARISON_HELP: Readonly<Record<Comparison, Pair>> = {
  eq: [
    '数字与像数字的文本按数字比；两段文本必须完全相同（007 不是 7）。不存在的值不等于任何值。',
    'A number and a text that looks like a number compare as numbers; two texts must be identical (007 is not 7). An absent value equals nothing.',
  ],
  ne: ['与“等于”相反；不存在的值也成立。', 'The opposite of eq; also true if the value is absent.'],
  gt: SAME_ORDER,
  gte: SAME_ORDER,
  lt: SAME_ORDER,
  lte: SAME_ORDER,
  in: ['右边是列表，其中有一项等于左边。', 'The right side is a list, and one of its items equals the left side.'],
  'not-in': ['与“属于”相反；不存在的值也成立。', 'The opposite of in; also true if the value is absent.'],
  contains: ['列表中有这一项，或文本中有这一段。', 'A list contains the item, or a text contains the part.'],
  'starts-with': ['文本或数字以这一段开头。', 'A text or number begins with the text.'],
  'ends-with': ['文本或数字以这一段结尾。', 'A text or number ends with the text.'],
  matches: [
    '文本中任意位置匹配；RE2 语法，右边必须是固定文本。',
    'The pattern is found anywhere in the text. RE2 syntax; the right side is a fixed text.',
  ],
  exists: ['既不是不存在，也不是 null。没有右边。', 'Neither absent nor null. It has no right side.'],
  absent: ['不存在，或为 null。没有右边。', 'Absent or null. It has no right side.'],
  empty: ['不存在、null、空文本、空列表或空对象。', 'Absent, null, an empty text, list or object.'],
  'not-empty': ['与“为空”相反。', 'The opposite of empty.'],
};
