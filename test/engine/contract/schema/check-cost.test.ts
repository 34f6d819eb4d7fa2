import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuickCheck } from '../../../../engine/contract/schema/check-cost.ts';
import { measurePlainSchema, measureSchema } from '../../../../engine/contract/schema/schema-bounds.ts';

const repeat = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const person = {
  type: 'object',
  required: ['id', 'name'],
  properties: {
    id: { type: 'string', pattern: '^\\d{17}[\\dXx]$' },
    name: { type: 'string', minLength: 1, maxLength: 50 },
    contacts: { type: 'array', items: { type: 'object', properties: { kind: { enum: ['phone', 'mail'] }, value: { type: 'string' } } } },
  },
};
const someone = (i: number) => ({ id: '310101199001011234', name: `患者${i}`, contacts: [{ kind: 'phone', value: '13800000000' }] });
const sizeOf = (schema: object) => ({ ...measureSchema(schema), reach: 64 });
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const throws = new Proxy([], { ownKeys: () => assert.fail('looked at'), get: () => assert.fail('looked at') });

test('an ordinary body is quick by its length alone: nothing looks at it', () => {
  assert.ok(isQuickCheck(sizeOf(person), throws, bytesOf(someone(1))));
  assert.ok(isQuickCheck(sizeOf({ items: person }), throws, 2000));
});

test('a larger body is quick by what it holds', () => {
  const list = repeat(200, someone);
  assert.ok(isQuickCheck(sizeOf({ items: person }), list, bytesOf(list)));
  assert.ok(isQuickCheck(sizeOf({ type: 'object' }), { file: 'x'.repeat(120_000) }, 120_100));
});

test('what multiplies is not cheap: branches with values, patterns with text and names, fields with empty objects', () => {
  const cheap = (schema: object, data: unknown) => isQuickCheck(sizeOf(schema), data, bytesOf(data));
  const choice = { items: { anyOf: repeat(500, (i) => ({ const: i })) } };
  assert.ok(
    cheap(
      choice,
      repeat(50, () => 1),
    ),
  );
  assert.ok(
    !cheap(
      choice,
      repeat(500, () => 1),
    ),
  );
  const pattern = { pattern: '(a|b|ab){1,200}$' };
  assert.ok(cheap(pattern, 'ab'.repeat(20)));
  assert.ok(!cheap(pattern, 'ab'.repeat(2000)));
  assert.ok(!cheap({ patternProperties: { '(a|b|ab){1,200}$': true } }, { ['ab'.repeat(2000)]: 1 }));
  const fields = { items: { properties: Object.fromEntries(repeat(150, (i) => [`f${i}`, {}])), required: repeat(2000, (i) => `g${i}`) } };
  assert.ok(
    !cheap(
      fields,
      repeat(3000, () => ({})),
    ),
  );
  const twins = { $defs: { a: { uniqueItems: true, items: { $ref: '#/$defs/a' } } }, $ref: '#/$defs/a' };
  assert.ok(
    !cheap(
      twins,
      repeat(1000, (i) => [[[[i]]]]),
    ),
  );
});

test('what a schema does not look into costs nothing, however large it is', () => {
  const quick = (schema: object, data: unknown) => isQuickCheck(measurePlainSchema(schema)!, data);
  const inner = new Proxy({}, { ownKeys: () => assert.fail('looked at'), get: () => assert.fail('looked at') });
  const large = repeat(100_000, () => ({}));
  assert.ok(quick({ type: ['object', 'array'] }, large));
  assert.ok(quick({ type: 'object', required: ['body'], properties: { body: { type: 'object' } } }, { body: inner }));
  assert.ok(quick({ properties: { body: { anyOf: [{ type: 'array' }, { type: 'string' }] } } }, { body: large }));
  assert.ok(!quick({ items: { type: 'object' } }, large));
  assert.ok(!quick({ additionalProperties: { anyOf: [{ items: { type: 'object' } }] } }, { body: large }));
  assert.ok(!quick({ minProperties: 1 }, Object.fromEntries(large.entries())), 'names of fields are counted');
});
