import { argument, isAbsent, onText, optional, toNumber, toText, words, type ValueFunction } from './value-function.ts';

const MAX_LENGTH = 100_000;
const text = argument('文本', 'Text');

export const textFunctions: readonly ValueFunction[] = [
  {
    name: 'concat',
    group: 'text',
    label: words('连接', 'Concatenate'),
    help: words('把各部分连成一段文本，缺失的部分略过。', 'Joins the parts into one text; absent parts are left out.'),
    args: [argument('部分', 'Part')],
    examples: [{ args: ['张', '三', null], gives: '张三' }],
    isVariadic: true,
    run: (...parts) =>
      parts
        .filter((part) => !isAbsent(part))
        .map(toText)
        .join(''),
  },
  {
    name: 'join',
    group: 'text',
    label: words('合并列表', 'Join list'),
    help: words('用分隔符把列表合成文本。', 'Joins a list into one text with a separator.'),
    args: [argument('列表', 'List'), argument('分隔符', 'Separator')],
    examples: [{ args: [['GLU', 'K'], ','], gives: 'GLU,K' }],
    run: (list, separator) =>
      Array.isArray(list)
        ? list
            .filter((item) => !isAbsent(item))
            .map(toText)
            .join(toText(separator))
        : list,
  },
  {
    name: 'split',
    group: 'text',
    label: words('拆分', 'Split'),
    help: words('按分隔符把文本拆成列表。', 'Splits a text into a list at a separator.'),
    args: [text, argument('分隔符', 'Separator')],
    examples: [{ args: ['GLU,K', ','], gives: ['GLU', 'K'] }],
    run: onText((value, separator) => value.split(toText(separator))),
  },
  {
    name: 'substring',
    group: 'text',
    label: words('截取', 'Substring'),
    help: words('从第几个字符（从 0 起）起截取若干字符。', 'Characters from a position (starting at 0), at most this many.'),
    args: [text, argument('起点', 'Start'), optional('长度', 'Length')],
    examples: [{ args: ['310101199001010012', 6, 8], gives: '19900101' }],
    run: onText((value, start, length) => {
      const from = toNumber(start);
      return Array.from(value)
        .slice(from, isAbsent(length) ? undefined : from + toNumber(length))
        .join('');
    }),
  },
  {
    name: 'replace',
    group: 'text',
    label: words('替换', 'Replace'),
    help: words('把所有相同的文字换成另一段（不是正则）。', 'Replaces every occurrence of a literal text.'),
    args: [text, argument('查找', 'Find'), argument('换成', 'Replace with')],
    examples: [{ args: ['2026-01-02', '-', ''], gives: '20260102' }],
    run: onText((value, find, replacement) => bounded(value.replaceAll(nonEmpty(find), () => toText(replacement)))),
  },
  {
    name: 'trim',
    group: 'text',
    label: words('去空白', 'Trim'),
    help: words('去掉首尾空白。', 'Removes blanks at both ends.'),
    args: [text],
    examples: [{ args: [' 张三 '], gives: '张三' }],
    run: onText((value) => value.trim()),
  },
  {
    name: 'upper',
    group: 'text',
    label: words('大写', 'Upper case'),
    help: words('全部变为大写字母。', 'All letters upper case.'),
    args: [text],
    examples: [{ args: ['glu'], gives: 'GLU' }],
    run: onText((value) => value.toUpperCase()),
  },
  {
    name: 'lower',
    group: 'text',
    label: words('小写', 'Lower case'),
    help: words('全部变为小写字母。', 'All letters lower case.'),
    args: [text],
    examples: [{ args: ['GLU'], gives: 'glu' }],
    run: onText((value) => value.toLowerCase()),
  },
  {
    name: 'padLeft',
    group: 'text',
    label: words('左补齐', 'Pad left'),
    help: words('在左边补字符到指定长度，例如 7 补成 007。', 'Pads on the left to a length: 7 becomes 007.'),
    args: [text, argument('长度', 'Length'), optional('字符', 'Character')],
    examples: [{ args: ['7', 3, '0'], gives: '007' }],
    run: onText((value, length, fill) => value.padStart(width(length), isAbsent(fill) ? ' ' : toText(fill))),
  },
  {
    name: 'padRight',
    group: 'text',
    label: words('右补齐', 'Pad right'),
    help: words('在右边补字符到指定长度。', 'Pads on the right to a length.'),
    args: [text, argument('长度', 'Length'), optional('字符', 'Character')],
    examples: [{ args: ['7', 3, '0'], gives: '700' }],
    run: onText((value, length, fill) => value.padEnd(width(length), isAbsent(fill) ? ' ' : toText(fill))),
  },
  {
    name: 'toString',
    group: 'text',
    label: words('转为文本', 'To text'),
    help: words('把数字或真假值变成文本。', 'Converts a number or a boolean to text.'),
    args: [argument('值', 'Value')],
    examples: [{ args: [7], gives: '7' }],
    run: onText((value) => value),
  },
];

function width(length: unknown): number {
  const number = toNumber(length);
  if (number > MAX_LENGTH) throw new RangeError('too long');
  return number;
}

function nonEmpty(find: unknown): string {
  const value = toText(find);
  if (value === '') throw new RangeError('nothing to look for');
  return value;
}

function bounded(value: string): string {
  if (value.length > MAX_LENGTH * 100) throw new RangeError('too long');
  return value;
}
