/** JSON Schemas, and patterns in them. */
import type { Tricks } from './bomb.ts';
import { filled, nested, repeat, type Random } from './random.ts';

type Schema = Readonly<Record<string, unknown>>;

const byName = (count: number, make: (index: number) => unknown) =>
  Object.fromEntries(repeat(count, (index) => [`d${index}`, make(index)]));
/** Each definition asks for the one before it twice. */
const doubling = (levels: number, wrap: (twice: Schema) => Schema): Schema => ({
  $defs: byName(levels, (index) =>
    index === 0 ? { type: 'string' } : wrap({ anyOf: repeat(2, () => ({ $ref: `#/$defs/d${index - 1}` })) }),
  ),
  $ref: `#/$defs/d${levels - 1}`,
});
const fields = (random: Random, groups: number, each: number): Schema => ({
  properties: byName(groups, () => ({
    type: 'object',
    additionalProperties: false,
    properties: byName(each, (field) => ({ type: 'string', minLength: 1, maxLength: random.int(1, 9999) + field })),
  })),
});

export const SCHEMA_TRICKS: Tricks<Schema> = {
  branches: (random) =>
    nested<Schema>(random.int(1, 30), { anyOf: repeat(random.int(100, 9000), (i) => ({ const: i })) }, (inner) => ({ anyOf: [inner, {}] })),
  doubling: (random) => doubling(random.int(10, 60), (twice) => twice),
  growing: (random) => doubling(random.int(10, 60), (twice) => ({ properties: { a: twice }, items: twice })),
  'many fields': (random) => fields(random, random.int(50, 140), random.int(10, 20)),
  'more fields than anybody has': (random) => fields(random, random.int(200, 2000), 20),
  deep: (random) => nested<Schema>(random.int(50, 1500), {}, (inner) => ({ not: inner })),
  circle: (random) => ({
    $defs: byName(random.int(2, 500), (i) => ({ allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: '#/$defs/d0' }] })),
    $ref: '#/$defs/d0',
  }),
  dynamic: (random) => ({ $dynamicAnchor: 'n', allOf: repeat(random.int(1, 300), () => ({ items: { $dynamicRef: '#n' } })) }),
  choices: (random) => ({
    enum: repeat(random.int(1000, 20_000), (i) => ({ a: i, b: [i, { c: `v${i}` }] })),
  }),
  unevaluated: (random) =>
    nested<Schema>(random.int(5, 25), { properties: { a: true } }, (inner, level) => ({
      anyOf: [inner, { properties: { [`p${level}`]: true } }],
      unevaluatedProperties: false,
    })),
  'one of many': (random) => ({
    oneOf: repeat(random.int(200, 3000), (i) => ({ required: [`f${i}`], properties: { [`f${i}`]: { $ref: '#' } } })),
  }),
  dependent: (random) => ({
    dependentSchemas: byName(random.int(100, 1500), (i) => ({ properties: byName(3, () => ({ type: ['string', 'null'], minLength: i })) })),
  }),
  'far away': (random) => ({ allOf: repeat(random.int(1, 800), (i) => ({ $ref: `http://127.0.0.1:9/${i}.json#/x` })) }),
  'names of the language': () => ({
    properties: JSON.parse('{"__proto__":{"type":"string"},"constructor":{"$ref":"#"},"toString":{"not":{}}}') as Schema,
    $ref: '#/properties/__proto__',
  }),
  'long words': (random) => ({ description: filled('长', random.int(1000, 900_000)), title: filled('\u0000', 1000) }),
  'no schema': (random) => ({ type: random.int(0, 9), properties: [], anyOf: {}, $ref: [], pattern: 7, enum: 'x' }) as never,
  'anchors in anchors': (random) =>
    nested<Schema>(random.int(10, 30), {}, (inner, level) => ({ $dynamicAnchor: `a${level}`, properties: { x: inner } })),
  'twice every few levels': (random) =>
    nested<Schema>(random.int(1, 9), { allOf: [{ $ref: '#' }, { $ref: '#' }] }, (inner) => ({ items: inner })),
  'spelled otherwise': (random) => {
    const $ref = random.pick(['#/', '#%61', 'x/..', '.', 'HTTP://H', '?q', 'https://json-schema.org/draft/2020-12/schema']);
    return { $id: 'http://h', $anchor: 'a', items: { allOf: [{ $ref }, { $ref }] } };
  },
  'one name for many': (random) => ({
    $defs: byName(random.int(100, 2900), (i) => ({ $id: `h${i}/x`, $anchor: 'a', ...(i < 1000 ? { $ref: 'x#a' } : {}) })),
  }),
  identified: (random) => ({
    $id: 'a',
    $defs: byName(random.int(10, 900), (i) => ({ $id: `a/${i}`, $anchor: 'x', $ref: `a/${i + 1}#x` })),
    $ref: 'a/0#x',
  }),
};

const inSchema = (pattern: string): Schema => ({ properties: { a: { type: 'string', pattern } } });

export const PATTERN_TRICKS: Tricks<Schema> = {
  'repeats of repeats': (random) => inSchema(nested(random.int(2, 6), 'a', (inner) => `(${inner}{1,${random.int(2, 40)}})`)),
  backtracking: (random) => inSchema(`^${'(a+)+'.repeat(random.int(1, 40))}$`),
  alternatives: (random) => inSchema(`(${repeat(random.int(10, 400), (i) => `a${i}`).join('|')}){1,${random.int(2, 100)}}$`),
  long: (random) => inSchema(filled('a?', random.int(1000, 60_000))),
  groups: (random) => inSchema(nested(random.int(100, 900), 'a', (inner) => `(${inner})*`)),
  classes: (random) => inSchema(`[\\p{L}\\p{N}]{${random.int(100, 999)}}`.repeat(random.int(1, 5))),
  'look-around': (random) => inSchema(`(?=${'(?!x)'.repeat(random.int(1, 99))})\\1`),
  'of either case': (random) => inSchema(`(?i)${random.pick(['[a-\u{fffff}]', '\\pL', '[^\\x{61}-\\x{fffff}]'])}{${random.int(2, 330)}}`),
  broken: (random) => inSchema(random.pick(['(', '[', '*', 'a{2,1}', '\\', '(?<n>', '[z-a]', 'a{99999}', '(?P<n>a)(?P<n>b)'])),
  'names of fields': (random) => ({
    patternProperties: Object.fromEntries(repeat(random.int(10, 800), (i) => [`^(a|b${i}){1,${random.int(2, 60)}}$`, { type: 'string' }])),
  }),
};
