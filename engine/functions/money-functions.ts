import Big from 'big.js';
import { argument, isAbsent, toNumber, toText, words, type ValueFunction } from './value-function.ts';

const amount = argument('金额（元）', 'Amount in yuan');

/** Exact decimal numbers: what these functions return never shows the rounding of binary fractions. */
export const moneyFunctions: readonly ValueFunction[] = [
  {
    name: 'sum',
    group: 'number',
    label: words('求和', 'Sum'),
    help: words('按十进制精确相加列表中的数；缺失的项略过。', 'Adds the numbers of a list exactly in decimal; absent items are left out.'),
    args: [argument('列表', 'List')],
    examples: [
      { args: [[0.1, 0.2, '3']], gives: 3.3 },
      { args: [[]], gives: 0 },
    ],
    run: (list) => {
      if (isAbsent(list)) return undefined;
      const total = present(list).reduce<Big>((sum, item) => sum.plus(decimal(item)), new Big(0));
      return toNumber(total.toFixed());
    },
  },
  {
    name: 'min',
    group: 'number',
    label: words('最小值', 'Minimum'),
    help: words('列表中最小的数；空列表的结果不存在。', 'The smallest number of a list; absent for an empty list.'),
    args: [argument('列表', 'List')],
    examples: [{ args: [[7, '3', 5]], gives: 3 }],
    run: (list) => (isAbsent(list) ? undefined : best(list, (one, other) => one < other)),
  },
  {
    name: 'max',
    group: 'number',
    label: words('最大值', 'Maximum'),
    help: words('列表中最大的数；空列表的结果不存在。', 'The greatest number of a list; absent for an empty list.'),
    args: [argument('列表', 'List')],
    examples: [{ args: [[7, '13', 5]], gives: 13 }],
    run: (list) => (isAbsent(list) ? undefined : best(list, (one, other) => one > other)),
  },
  {
    name: 'formatDecimal',
    group: 'number',
    label: words('写成小数', 'Format decimal'),
    help: words(
      '按固定的小数位写成文本，四舍五入，例如 7.5 写成 7.50。',
      'Text with this many decimals, halves rounded away from zero: 7.5 becomes 7.50.',
    ),
    args: [argument('数字', 'Number'), argument('小数位', 'Decimals')],
    examples: [
      { args: [7.5, 2], gives: '7.50' },
      { args: ['1.005', 2], gives: '1.01' },
    ],
    run: (value, decimals) => (isAbsent(value) ? undefined : decimal(value).toFixed(places(decimals), Big.roundHalfUp)),
  },
  {
    name: 'toFen',
    group: 'number',
    label: words('元转分', 'Yuan to fen'),
    help: words(
      '元变成分（整数）；不足一分的零头会报错，不会丢掉。',
      'Converts yuan to whole fen; an amount with a fraction of a fen is an error, never rounded.',
    ),
    args: [amount],
    examples: [{ args: ['19.90'], gives: 1990 }],
    run: (value) => (isAbsent(value) ? undefined : wholeFen(value)),
  },
  {
    name: 'fromFen',
    group: 'number',
    label: words('分转元', 'Fen to yuan'),
    help: words('分（整数）变成元，写成两位小数的文本。', 'Converts whole fen to yuan, as text with two decimals.'),
    args: [argument('金额（分）', 'Amount in fen')],
    examples: [{ args: [1990], gives: '19.90' }],
    run: (value) => {
      if (isAbsent(value)) return undefined;
      const fen = decimal(value);
      if (!fen.eq(fen.round())) throw new RangeError('fen are whole');
      return fen.div(100).toFixed(2);
    },
  },
  {
    name: 'moneyInChinese',
    group: 'number',
    label: words('人民币大写', 'Money in Chinese'),
    help: words(
      '金额写成人民币大写（中国人民银行的票据填写规则），最大到千亿；不足一分的零头会报错。',
      'Writes an amount in the capital numerals of Chinese receipts, below 1,000,000,000,000; a fraction of a fen is an error.',
    ),
    args: [amount],
    examples: [
      { args: ['1409.50'], gives: '壹仟肆佰零玖元伍角整' },
      { args: [6007.14], gives: '陆仟零柒元壹角肆分' },
      { args: [325.04], gives: '叁佰贰拾伍元零肆分' },
    ],
    run: (value) => (isAbsent(value) ? undefined : capitals(wholeFen(value))),
  },
];

function decimal(value: unknown): Big {
  const text = toText(value).trim();
  if (!/^[+-]?\d{1,30}(\.\d{1,30})?$/.test(text)) throw new TypeError('a decimal number is needed');
  return new Big(text.replace(/^\+/, ''));
}

function places(decimals: unknown): number {
  const number = toNumber(decimals);
  if (!Number.isInteger(number) || number < 0 || number > 20) throw new RangeError('0 to 20 decimals');
  return number;
}

function present(list: unknown): readonly unknown[] {
  return (Array.isArray(list) ? (list as unknown[]) : [list]).filter((item) => !isAbsent(item));
}

function best(list: unknown, isBetter: (one: number, other: number) => boolean): number | undefined {
  return present(list)
    .map(toNumber)
    .reduce<number | undefined>((found, item) => (found === undefined || isBetter(item, found) ? item : found), undefined);
}

function wholeFen(value: unknown): number {
  const fen = decimal(value).times(100);
  if (!fen.eq(fen.round())) throw new RangeError('an amount has at most two decimals');
  if (fen.abs().gte(1e14)) throw new RangeError('the amount is too large');
  return fen.toNumber();
}

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const PLACES = ['', '拾', '佰', '仟'];
const GROUPS = ['', '万', '亿'];

/** The rules of the People's Bank of China for amounts on receipts. */
function capitals(fen: number): string {
  const whole = Math.abs(fen);
  const [yuan, jiao, cent] = [Math.floor(whole / 100), Math.floor(whole / 10) % 10, whole % 10];
  const sign = fen < 0 ? '负' : '';
  const head = yuan === 0 ? '' : `${integerCapitals(yuan)}元`;
  if (jiao === 0 && cent === 0) return `${sign}${head === '' ? '零元' : head}整`;
  const tenth = jiao > 0 ? `${DIGITS[jiao]}角` : head === '' ? '' : '零';
  return `${sign}${head}${tenth}${cent > 0 ? `${DIGITS[cent]}分` : '整'}`;
}

function integerCapitals(yuan: number): string {
  const groups: number[] = [];
  for (let rest = yuan; rest > 0; rest = Math.floor(rest / 10_000)) groups.unshift(rest % 10_000);
  let text = '';
  groups.forEach((group, index) => {
    if (group === 0) return;
    const before = groups[index - 1];
    const hasGap = text !== '' && (group < 1000 || before === 0 || before! % 10 === 0);
    text += `${hasGap ? '零' : ''}${groupCapitals(group)}${GROUPS[groups.length - 1 - index]}`;
  });
  return text;
}

function groupCapitals(group: number): string {
  const digits = String(group);
  let text = '';
  for (const [index, digit] of Array.from(digits).entries()) {
    if (digit !== '0') text += `${DIGITS[Number(digit)]}${PLACES[digits.length - 1 - index]}`;
    else if (!text.endsWith('零') && Number(digits.slice(index)) > 0) text += '零';
  }
  return text;
}
