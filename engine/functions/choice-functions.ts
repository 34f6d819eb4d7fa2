import { argument, isAbsent, words, type ValueFunction } from './value-function.ts';

const isBlank = (value: unknown) => isAbsent(value) || value === '';

export const choiceFunctions: readonly ValueFunction[] = [
  {
    name: 'coalesce',
    group: 'choice',
    label: words('取首个有值', 'First present'),
    help: words('取第一个不缺失、不为空文本的值。', 'The first value that is not absent and not an empty text.'),
    args: [argument('值', 'Value')],
    examples: [{ args: [null, '', '13900000001'], gives: '13900000001' }],
    isVariadic: true,
    run: (...values) => values.find((value) => !isBlank(value)),
  },
  {
    name: 'default',
    group: 'choice',
    label: words('默认值', 'Default'),
    help: words('值缺失或为空文本时用默认值。', 'The default if the value is absent or an empty text.'),
    args: [argument('值', 'Value'), argument('默认值', 'Default')],
    examples: [{ args: ['', '不详'], gives: '不详' }],
    run: (value, otherwise) => (isBlank(value) ? otherwise : value),
  },
  {
    name: 'first',
    group: 'choice',
    label: words('第一项', 'First item'),
    help: words('列表的第一项；不是列表则为其本身。', 'The first item of a list; a value that is not a list is returned as it is.'),
    args: [argument('列表', 'List')],
    examples: [{ args: [['a', 'b']], gives: 'a' }],
    run: (list) => (Array.isArray(list) ? (list as unknown[])[0] : list),
  },
  {
    name: 'last',
    group: 'choice',
    label: words('最后一项', 'Last item'),
    help: words('列表的最后一项；不是列表则为其本身。', 'The last item of a list; a value that is not a list is returned as it is.'),
    args: [argument('列表', 'List')],
    examples: [{ args: [['a', 'b']], gives: 'b' }],
    run: (list) => (Array.isArray(list) ? (list as unknown[]).at(-1) : list),
  },
  {
    name: 'asList',
    group: 'choice',
    label: words('转为列表', 'As list'),
    help: words(
      '单个值变成一项的列表；缺失变成空列表。',
      'A single value becomes a list with one item; an absent value becomes an empty list.',
    ),
    args: [argument('值', 'Value')],
    examples: [
      { args: ['a'], gives: ['a'] },
      { args: [null], gives: [] },
    ],
    run: (value) => (isAbsent(value) ? [] : Array.isArray(value) ? (value as unknown[]) : [value]),
  },
];
