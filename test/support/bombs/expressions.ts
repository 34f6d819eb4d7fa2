/** JSONata expressions and mappings. */
import type { Tricks } from './bomb.ts';
import { filled, nested, repeat } from './random.ts';

export const EXPRESSION_TRICKS: Tricks<string> = {
  brackets: (random) => nested(random.int(100, 20_000), '1', (inner) => `(${inner})`),
  lists: (random) => nested(random.int(100, 5000), '1', (inner) => `[${inner}]`),
  sums: (random) => repeat(random.int(500, 30_000), String).join('+'),
  'a range without measure': (random) => `$sum([1..${random.int(1_000_000, 9_999_999)}].$power($, 2))`,
  recursion: (random) => `($f := function($n) { $f($n + ${random.int(1, 9)}) }; $f(0))`,
  'two ways of recursion': (random) => `($f := function($n) { $n < 1 ? 1 : $f($n - 1) + $f($n - 1) }; $f(${random.int(25, 60)}))`,
  'a pattern that goes back': (random) => `$contains('${filled('a', random.int(30, 60))}!', /^(a+)+$/)`,
  'patterns of patterns': (random) =>
    `$match('${filled('ab', 200)}', /${nested(random.int(2, 5), 'ab', (inner) => `(${inner}|${inner}?){1,30}`)}$/)`,
  'a path without an end': (random) => `data${'.a'.repeat(random.int(1000, 40_000))}`,
  descendants: (random) => `data${'.**'.repeat(random.int(3, 30))}`,
  questions: (random) => nested(random.int(50, 4000), '1', (inner, level) => `data.x = ${level} ? ${inner} : 0`),
  'a long text': (random) => `'${filled('x', random.int(10_000, 700_000))}'`,
  'texts that double': (random) => `($d := function($s, $n) { $n = 0 ? $s : $d($s & $s, $n - 1) }; $d('xxxxxxxx', ${random.int(20, 60)}))`,
  objects: (random) => nested(random.int(50, 2000), '1', (inner) => `{"a": ${inner}}`),
  blocks: (random) => `(${repeat(random.int(100, 9000), (i) => `$v${i} := ${i}`).join('; ')})`,
  functions: (random) => nested(random.int(50, 2000), '1', (inner) => `$map([1, 2], function($v) { ${inner} })`),
  comments: (random) => `/* ${filled('x', random.int(1000, 300_000))} */ 1`,
  broken: (random) => random.pick(['((', '{', '$', '/a', '"', 'a.[', '|a|', '^(', '$f(?', '`', '%.%.%', '1 ~> 2', '@$x']),
  unknown: (random) => repeat(random.int(10, 3000), (i) => `$nothing${i}(nodes.n_none.x${i})`).join(' & '),
  sorting: (random) => `[1..${random.int(10_000, 99_999)}]^(>$, <$string($))[0]`,
};

type Mapping = Readonly<Record<string, unknown>>;
const rule = (to: string, from: unknown) => ({ to, from });

export const MAPPING_TRICKS: Tricks<Mapping> = {
  rules: (random) => ({ rules: repeat(random.int(2000, 20_000), (i) => rule(`a.b${i}`, { path: 'data.x' })) }),
  'one place again and again': (random) => ({ rules: repeat(random.int(500, 5000), () => rule('a.b.c', { value: 1 })) }),
  'deep functions': (random) => ({
    rules: [
      rule(
        'a',
        nested<unknown>(random.int(20, 2000), { value: 'x' }, (inner) => ({ fn: 'concat', args: [inner, { value: 'y' }] })),
      ),
    ],
  }),
  'far places': (random) => ({
    rules: [rule(`a[${random.int(1_000_000, 2 ** 31)}].b`, { value: 1 }), rule(`a${'.b'.repeat(random.int(50, 9000))}`, { value: 1 })],
  }),
  'names of the language': () => ({
    rules: [rule('__proto__.polluted', { value: 1 }), rule('constructor.prototype.x', { path: '__proto__' })],
  }),
  'each of each': (random) => ({
    rules: nested<readonly unknown[]>(random.int(3, 60), [rule('x', { path: 'item' })], (inner) => [
      rule('a', { each: { path: 'data.list' }, rules: inner }),
    ]),
  }),
  'long arguments': (random) => ({ rules: [rule('a', { fn: 'concat', args: repeat(random.int(1000, 50_000), (value) => ({ value })) })] }),
  pictures: (random) => ({
    rules: repeat(random.int(10, 300), () => rule('a', { fn: 'formatDate', args: [{ value: 0 }, { value: filled('YMDHms', 2000) }] })),
  }),
  'no mapping': (random) =>
    random.pick<Mapping>([
      { rules: {} },
      { rules: [[], null, 7] },
      { rules: [{ to: 7 }] },
      { rules: [{ to: '', from: { fn: 'nothing' } }] },
    ]),
  'long names': (random) => ({ rules: [rule(filled('甲', random.int(1000, 400_000)), { path: filled('a.', random.int(1000, 400_000)) })] }),
};
