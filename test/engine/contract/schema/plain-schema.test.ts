import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlainSchema } from '../../../../engine/contract/schema/plain-schema.ts';
import { measurePattern } from '../../../../engine/contract/schema/pattern-bounds.ts';
import { measurePlainSchema, measureSchema } from '../../../../engine/contract/schema/schema-bounds.ts';

const repeat = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));

test('what people write for a form is plain', () => {
  const booking = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://a.test/booking',
    type: 'object',
    required: ['patient', 'date'],
    additionalProperties: false,
    properties: {
      patient: {
        type: 'object',
        properties: { idNumber: { type: 'string', pattern: '^\\d{17}[\\dXx]$' }, name: { type: 'string', maxLength: 50 } },
      },
      date: { type: 'string', format: 'date' },
      sex: { enum: ['1', '2', '9'] },
      note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      items: { type: 'array', maxItems: 20, items: { type: 'integer', minimum: 1 } },
    },
  };
  assert.equal(isPlainSchema(booking), true);
  assert.ok(measurePlainSchema(booking));
  assert.equal(isPlainSchema(true), true);
});

test('what compiles or checks for seconds, or means something else to each validator, is not plain', () => {
  const names = repeat(1500, (index) => `p${index}`);
  const dear: Record<string, unknown> = {
    async: { $async: true, type: 'object' },
    reference: { items: { allOf: [{ $ref: '#' }, { $ref: '#' }] } },
    anchor: { $anchor: 'a' },
    'boolean branches': { items: { not: { anyOf: repeat(5000, () => false) } } },
    'many branches': { anyOf: repeat(200, () => ({ type: 'string' })) },
    'dependent names': { dependentRequired: { a: names } },
    dependencies: { dependencies: { a: names } },
    'required names': { required: names },
    'unique items': { uniqueItems: true },
    folding: { pattern: `(?i)${'[-a-\u{fffff}]'.repeat(40)}` },
    'quoted nothing': { pattern: `(?:${'ab'.repeat(50)})\\Q\\E{1000}` },
    'draft-07': { $schema: 'http://json-schema.org/draft-07/schema#' },
    'name of the language': JSON.parse('{"__proto__":{"type":"string"}}') as unknown,
    constructor: { constructor: {} },
    unknown: { nobodyKnows: 1 },
    'large choice': { enum: repeat(2500, String) },
    'annotation that is walked through': { examples: { a: { $id: 'x' } } },
    'class that ends in two ways': { pattern: '[^](((a{90}){90}){90})]' },
    'choice of objects': { enum: [{ a: 1 }] },
  };
  for (const [name, schema] of Object.entries(dear)) assert.equal(isPlainSchema(schema), false, name);
  assert.equal(measureSchema({ $async: true }).excess?.bound, 'resource');
});

const fields = (count: number, make: (index: number) => unknown) => ({
  properties: Object.fromEntries(repeat(count, (index) => [`f${index}`, make(index)])),
});

test('what becomes code is counted over the whole schema, and so are names, choices and patterns', () => {
  const limits: Readonly<Record<string, readonly [most: number, schema: (count: number) => unknown]>> = {
    fields: [115, (count) => fields(count, () => ({ type: 'string' }))],
    'nothing in fields': [221, (count) => fields(count, () => ({}))],
    'bounds of fields': [44, (count) => fields(count, () => ({ type: 'string', minLength: 1, maxLength: 9, format: 'date' }))],
    types: [239, (count) => ({ type: repeat(count, () => 'string') })],
    choices: [10, (count) => fields(count, () => ({ enum: repeat(199, String) }))],
    names: [10, (count) => fields(count, () => ({ required: repeat(100, String) }))],
    patterns: [57, (count) => fields(count, () => ({ pattern: '^a' }))],
    'instructions of patterns': [10, (count) => fields(count, () => ({ pattern: 'a{100}' }))],
    branches: [10, (count) => ({ anyOf: repeat(count, () => ({})) })],
    'levels of long names': [
      29,
      (count) =>
        repeat(count, () => 'n'.repeat(80)).reduce<unknown>((inner, name) => ({ properties: { [name]: inner } }), { type: 'string' }),
    ],
  };
  for (const [name, [most, make]] of Object.entries(limits)) {
    const largest = repeat(400, (index) => index + 1).findLast((count) => isPlainSchema(make(count)));
    assert.equal(largest, most, name);
  }
});

test('patterns that never close cost the measure no more than their length', () => {
  const properties = Object.fromEntries(repeat(100, (index) => [`f${index}`, { pattern: '['.repeat(1999 - index) }]));
  assert.equal(measureSchema({ properties }).excess?.bound, 'pattern-length');
});

test('a name that never ends is looked for in a pattern once, not from each place', () => {
  const size = measurePattern(String.raw`\p{`.repeat(666));
  assert.ok('program' in size && size.program >= 666);
});

test('a reference to a schema that is only true or false is no fault', () => {
  assert.equal(measureSchema({ $defs: { Any: true }, properties: { a: { $ref: '#/$defs/Any' } } }).excess, undefined);
});
