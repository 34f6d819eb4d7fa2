import { parseFieldPath, readSteps } from '../contract/flow/scope-path.ts';
import { argument, isAbsent, optional, toNumber, toText, words, type ValueFunction } from './value-function.ts';

const list = argument('列表', 'List');
const field = optional('字段', 'Field');
const MAX_ITEMS = 100_000;

/** Lists. A single value counts as a list with one item. Items are compared by one field or, without a field, whole. */
export const listFunctions: readonly ValueFunction[] = [
  {
    name: 'sort',
    group: 'list',
    label: words('排序', 'Sort'),
    help: words(
      '按字段（不填则按项本身）从小到大排序，相同的保持原来的先后；方向填 desc 则从大到小。数字按大小，其他按字符；缺失的排在最后。',
      'Sorts by a field (or by the items themselves), equal items keep their order; order desc begins with the greatest. Numbers by size, others by character; absent ones come last.',
    ),
    args: [list, field, optional('方向 asc 或 desc', 'Order: asc or desc')],
    examples: [
      { args: [['b', 'a', 'c']], gives: ['a', 'b', 'c'] },
      { args: [[{ no: 10 }, { no: 9 }], 'no'], gives: [{ no: 9 }, { no: 10 }] },
      { args: [[1, 3, 2], null, 'desc'], gives: [3, 2, 1] },
    ],
    run: onList((items, by, order) => {
      const isDescending = !isAbsent(order) && orderOf(order) === 'desc';
      const read = readerOf(by);
      const present = items.filter((item) => !isAbsent(read(item)));
      const absent = items.filter((item) => isAbsent(read(item)));
      const sorted = present.toSorted((a, b) => (isDescending ? compare(read(b), read(a)) : compare(read(a), read(b))));
      return [...sorted, ...absent];
    }),
  },
  {
    name: 'distinct',
    group: 'list',
    label: words('去重', 'Distinct'),
    help: words(
      '去掉重复的项，保留先出现的；可按字段判断是否重复。',
      'Leaves out items that came before; with a field, items with the same value of it.',
    ),
    args: [list, field],
    examples: [
      { args: [['GLU', 'K', 'GLU']], gives: ['GLU', 'K'] },
      {
        args: [
          [
            { id: 1, n: 'a' },
            { id: 1, n: 'b' },
          ],
          'id',
        ],
        gives: [{ id: 1, n: 'a' }],
      },
    ],
    run: onList((items, by) => {
      const read = readerOf(by);
      const seen = new Set<string>();
      return items.filter((item) => {
        const size = seen.size;
        return seen.add(keyOf(read(item))).size > size;
      });
    }),
  },
  {
    name: 'groupBy',
    group: 'list',
    label: words('分组', 'Group'),
    help: words(
      '按字段的值分组，得到 {key, items} 的列表，组和项都保持先后；缺失的归为 key 为 null 的一组。',
      'Groups by the value of a field: a list of {key, items} in order of appearance; items without the field form the group with key null.',
    ),
    args: [list, argument('字段', 'Field')],
    examples: [
      {
        args: [
          [
            { dept: '内科', no: 1 },
            { dept: '外科', no: 2 },
            { dept: '内科', no: 3 },
          ],
          'dept',
        ],
        gives: [
          {
            key: '内科',
            items: [
              { dept: '内科', no: 1 },
              { dept: '内科', no: 3 },
            ],
          },
          { key: '外科', items: [{ dept: '外科', no: 2 }] },
        ],
      },
    ],
    run: onList((items, by) => {
      const read = readerOf(by);
      const groups = new Map<string, { readonly key: unknown; readonly items: unknown[] }>();
      for (const item of items) {
        const key = read(item) ?? null;
        const group = groups.get(keyOf(key)) ?? { key, items: [] };
        group.items.push(item);
        groups.set(keyOf(key), group);
      }
      return [...groups.values()];
    }),
  },
  {
    name: 'pluck',
    group: 'list',
    label: words('取字段', 'Pluck'),
    help: words('取出每一项的某个字段，组成列表；缺失的略过。', 'The values of one field of all items; absent ones are left out.'),
    args: [list, argument('字段', 'Field')],
    examples: [{ args: [[{ code: 'GLU' }, { code: 'K' }, {}], 'code'], gives: ['GLU', 'K'] }],
    run: onList((items, by) => items.map(readerOf(by)).filter((value) => !isAbsent(value))),
  },
  {
    name: 'slice',
    group: 'list',
    label: words('截取列表', 'Slice'),
    help: words(
      '从第几项（从 0 起，负数从末尾数）起取若干项。',
      'Items from a position (starting at 0, negative: from the end), at most this many.',
    ),
    args: [list, argument('起点', 'Start'), optional('项数', 'Length')],
    examples: [{ args: [['a', 'b', 'c'], 1, 1], gives: ['b'] }],
    run: onList((items, start, length) => {
      const from = items.slice(toNumber(start));
      return isAbsent(length) ? from : from.slice(0, Math.max(0, toNumber(length)));
    }),
  },
  {
    name: 'reverse',
    group: 'list',
    label: words('倒序', 'Reverse'),
    help: words('把列表倒过来。', 'The items from last to first.'),
    args: [list],
    examples: [{ args: [['a', 'b']], gives: ['b', 'a'] }],
    run: onList((items) => items.toReversed()),
  },
];

function onList(change: (items: readonly unknown[], ...rest: readonly unknown[]) => unknown): ValueFunction['run'] {
  return (given, ...rest) => {
    if (isAbsent(given)) return undefined;
    const items = Array.isArray(given) ? (given as readonly unknown[]) : [given];
    if (items.length > MAX_ITEMS) throw new RangeError('too many items');
    return change(items, ...rest);
  };
}

function readerOf(by: unknown): (item: unknown) => unknown {
  if (isAbsent(by)) return (item) => item;
  const steps = parseFieldPath(toText(by));
  return (item) => readSteps(item, steps);
}

function orderOf(order: unknown): 'asc' | 'desc' {
  if (order === 'asc' || order === 'desc') return order;
  throw new RangeError('the order is asc or desc');
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [one, other] = [toText(a), toText(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Two values with the same key are the same: a text never equals a number. */
function keyOf(value: unknown): string {
  return JSON.stringify(value) ?? 'absent';
}
