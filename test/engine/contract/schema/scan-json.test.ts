import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JSON_LIMITS, findJsonExcess, scanJson } from '../../../../engine/contract/schema/scan-json.ts';

const scan = (text: string) => scanJson(text, () => true);
const excessOf = (text: string) => findJsonExcess(scan(text), text);
const repeat = (count: number, part: string) => `[${Array.from({ length: count }, () => part).join(',')}]`;
const named = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')}}`;

function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + valuesIn(inner), 1);
}

test('counts the values of any JSON, however it is written', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.equal(scan(text).values, valuesIn(JSON.parse(text)));
    }),
  );
  for (const [text, values] of [
    ['[]', 1],
    ['{"true":"false,null:[1"}', 2],
    ['[true,false,null,-1.5e+3,"\\"1,2",{},[[]]]', 9],
  ] as const)
    assert.equal(scan(text).values, values, text);
});

test('a million values are no excess, and one more is; a longer text may have more', () => {
  const { values } = JSON_LIMITS;
  assert.equal(excessOf(repeat(values - 1, '1')), undefined);
  assert.deepEqual(excessOf(repeat(values, '1')), { of: 'values', found: values + 1, limit: values });
  assert.equal(excessOf(repeat(values + 100_000, '1234567890')), undefined);
});

test('different names are counted once each, wherever they stand', () => {
  const { names } = JSON_LIMITS;
  assert.equal(excessOf(named(names)), undefined);
  assert.deepEqual(excessOf(named(names + 1)), { of: 'names', found: names + 1, limit: names });
  assert.equal(excessOf(repeat(100_000, '{"a":1,"b":{"a":2}}')), undefined);
});

test('orders of names are counted as far as they differ; of an object with thousands of names only the beginning', () => {
  const { orders } = JSON_LIMITS;
  const pairs = (count: number) => `[${Array.from({ length: count }, (_, index) => `{"n${index % 5000}":1,"m${index}":1}`).join(',')}]`;
  assert.equal(excessOf(pairs(orders / 2)), undefined);
  assert.equal(excessOf(pairs(orders))?.of, 'orders');
  assert.equal(excessOf(repeat(20_000, '{"a":1,"b":{"c":2,"d":3}}')), undefined);
  assert.equal(excessOf(named(20_000)), undefined);
});

test('fields beyond the first thousand of each object are counted together, also where their names are the same', () => {
  const { wide } = JSON_LIMITS;
  const beyond = 40_000;
  assert.equal(excessOf(repeat(wide / beyond, named(beyond + 1_024))), undefined);
  assert.deepEqual(excessOf(repeat(3, named(beyond + 1_024))), { of: 'wide', found: wide + 1, limit: wide });
  assert.equal(excessOf(repeat(900, named(1_000))), undefined);
});

test('objects that are dictionaries because too many begin alike are counted as often as they come', () => {
  const firsts = (count: number, of: number) => `[${Array.from({ length: count }, (_, index) => `{"n${index % of}":1}`).join(',')}]`;
  assert.equal(excessOf(firsts(100_000, 1_500)), undefined);
  assert.equal(excessOf(firsts(100_000, 3_000))?.of, 'orders');
});

test('says as much of text that is no JSON', () => {
  const broken = '}'.repeat(20_000) + ':'.repeat(20_000);
  assert.doesNotThrow(() => findJsonExcess(scan(broken), broken));
});
