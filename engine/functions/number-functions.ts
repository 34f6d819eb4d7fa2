import { argument, isAbsent, optional, toNumber, words, type FunctionExample, type ValueFunction } from './value-function.ts';

export const numberFunctions: readonly ValueFunction[] = [
  {
    name: 'toNumber',
    group: 'number',
    label: words('转为数字', 'To number'),
    help: words('把文本变成数字；空文本视为缺失。', 'Converts a text to a number; an empty text counts as absent.'),
    args: [argument('值', 'Value')],
    examples: [{ args: ['7.50'], gives: 7.5 }],
    run: (value) => (isAbsent(value) || value === '' ? undefined : toNumber(value)),
  },
  {
    name: 'round',
    group: 'number',
    label: words('四舍五入', 'Round'),
    help: words('保留若干位小数（默认 0 位），五入。', 'Rounds to this many decimals (none by default), halves away from zero.'),
    args: [argument('数字', 'Number'), optional('小数位', 'Decimals')],
    examples: [{ args: [1.005, 2], gives: 1.01 }],
    run: (value, decimals) => (isAbsent(value) ? undefined : roundHalfUp(toNumber(value), isAbsent(decimals) ? 0 : toNumber(decimals))),
  },
  calculation('add', words('加', 'Add'), words('两数相加。', 'Adds two numbers.'), { args: [7, 3], gives: 10 }, (a, b) => a + b),
  calculation(
    'subtract',
    words('减', 'Subtract'),
    words('第一个数减第二个数。', 'The first minus the second.'),
    { args: [7, 3], gives: 4 },
    (a, b) => a - b,
  ),
  calculation(
    'multiply',
    words('乘', 'Multiply'),
    words('两数相乘。', 'Multiplies two numbers.'),
    { args: [7, 3], gives: 21 },
    (a, b) => a * b,
  ),
  calculation(
    'divide',
    words('除', 'Divide'),
    words('第一个数除以第二个数。', 'The first divided by the second.'),
    { args: [7, 2], gives: 3.5 },
    (a, b) => {
      if (b === 0) throw new RangeError('division by zero');
      return a / b;
    },
  ),
  {
    name: 'count',
    group: 'number',
    label: words('计数', 'Count'),
    help: words('列表的项数；缺失为 0。', 'Number of items of a list; 0 if absent.'),
    args: [argument('列表', 'List')],
    examples: [
      { args: [['a', 'b']], gives: 2 },
      { args: [null], gives: 0 },
    ],
    run: (list) => (isAbsent(list) ? 0 : Array.isArray(list) ? list.length : 1),
  },
];

function calculation(
  name: string,
  label: ValueFunction['label'],
  help: ValueFunction['help'],
  example: FunctionExample,
  operate: (a: number, b: number) => number,
): ValueFunction {
  return {
    name,
    group: 'number',
    label,
    help,
    args: [argument('数字一', 'First'), argument('数字二', 'Second')],
    examples: [example],
    run: (a, b) => (isAbsent(a) || isAbsent(b) ? undefined : operate(toNumber(a), toNumber(b))),
  };
}

/** Rounds the decimal text instead of the binary fraction, so that 1.005 with two decimals is 1.01. */
function roundHalfUp(value: number, decimals: number): number {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 15) throw new RangeError('0 to 15 decimals');
  const shifted = Math.round(Number(`${shiftable(Math.abs(value))}e${decimals}`));
  return Math.sign(value) * Number(`${shifted}e-${decimals}`);
}

function shiftable(value: number): number {
  if (value >= 1e21 || (value !== 0 && value < 1e-6)) throw new RangeError('out of range');
  return value;
}
