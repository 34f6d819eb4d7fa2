import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCheapCheck, isQuickCheck } from '../../../engine/contract/check-cost.ts';
import { measureSchema } from '../../../engine/contract/schema-bounds.ts';

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
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const throws = new Proxy([], { ownKeys: () => assert.fail('looked at'), get: () => assert.fail('looked at') });

test('an ordinary body is quick by its length alone: nothing looks at it', () => {
  assert.ok(isQuickCheck(measureSchema(person), throws, bytesOf(someone(1))));
  assert.ok(isQuickCheck(measureSchema({ items: person }), throws, 2000));
});

test('a larger body is quick by what it holds', () => {
  const list = repeat(200, someone);
  assert.ok(isQuickCheck(measureSchema({ items: person }), list, bytesOf(list)));
  assert.ok(isQuickCheck(measureSchema({ type: 'object' }), { file: 'x'.repeat(120_000) }, 120_100));
});

test('what multiplies is not cheap: branches with values, patterns with text and names, fields with empty objects', () => {
  const cheap = (schema: object, data: unknown) => isCheapCheck(measureSchema(schema), data, bytesOf(data));
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

test('a large schema is not compiled for one value, nor is one beyond its bounds', () => {
  const large = measureSchema({ properties: Object.fromEntries(repeat(250, (i) => [`f${i}`, { type: 'string' }])) });
  assert.ok(!isQuickCheck(large, {}, 2));
  assert.ok(isCheapCheck(large, {}, 2));
  assert.ok(!isCheapCheck(measureSchema({ $ref: '#' }), {}, 2));
});
