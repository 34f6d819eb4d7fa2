import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseLocator, type JsonStep } from '../../../gateways/documents/object-locator.ts';
import { planJson } from '../../../gateways/objects/plan-json.ts';
import { walkJson } from '../../../gateways/objects/walk-json.ts';

const stepsOf = (locator: string): readonly JsonStep[] => {
  const parsed = parseLocator(`json:${locator}`);
  assert.ok(parsed?.carrier === 'json');
  return parsed.steps;
};
/** The values at each place, found in one pass; undefined for a fault. */
const allOf = (text: string, locators: readonly string[]) => {
  const walks = walkJson(text, planJson(locators.map(stepsOf)));
  return 'fault' in walks ? undefined : walks.map(({ leaves }) => leaves.map(({ value }) => value ?? null));
};
const valuesOf = (text: string, locator: string) => allOf(text, [locator])?.[0];

test('finds values by names, indexes, stars and pointers', () => {
  const text = '{"a":[{"id":"x","b":{"c d":7}},{"id":null},{}],"0":{"~/":"p"}}';
  assert.deepEqual(valuesOf(text, '$.a[*].id'), ['x', null, null]);
  assert.deepEqual(valuesOf(text, '$.a[0].id'), ['x']);
  assert.deepEqual(valuesOf(text, '$.a[5].id'), [null]);
  assert.deepEqual(valuesOf(text, "$.a[0].b['c d']"), ['7']);
  assert.deepEqual(valuesOf(text, '/a/0/id'), ['x']);
  assert.deepEqual(valuesOf(text, '/0/~0~1'), ['p']);
  assert.deepEqual(valuesOf('[]', '$[*].id'), []);
  assert.deepEqual(valuesOf('null', '$.id'), [null]);
});

test('has no opinion about text in which two readers could find different values', () => {
  for (const text of [
    '{"id":"a","id":"b"}',
    '{"id":"a","\\u0069d":"b"}',
    '{"id":"a","ID":"b"}',
    '{"id":"a","\u0131D":"b","\uff49d":"c"}',
    '{"id":"a","\\u0130d":"b"}',
    '{"id":"a","i\\u200bd":"b"}',
    '{"id":"a","id\\u0000x":"b"}',
    '{"id":["a"]}',
    '{"id":{}}',
    '{"id":true}',
    '{"id":1.0}',
    '{"id":1e3}',
    '{"id":-0}',
    '{"id":01}',
    '{"id":"a\\u0000b"}',
    '{"id":"\\ud800"}',
    '[{"id":"a"}]',
    '"id"',
    '{"id":"a",}',
    '{"id":"a"} {}',
    '{"x":"\\q","id":"a"}',
    '{"x":"\n","id":"a"}',
    `${'{"x":'.repeat(80)}1${'}'.repeat(80)}`,
    '',
  ])
    assert.equal(valuesOf(text, '$.id'), undefined, text);
});

/** Few names, so that paths hit. */
const name = fc.constantFrom('a', 'b', 'id');
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double(),
    fc.string(),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('any'), { maxLength: 4 }),
  object: fc.dictionary(name, tie('any'), { maxKeys: 3 }),
})).any;
const path = fc
  .array(fc.constantFrom('.a', '.b', '.id', '[*]', '[0]', '[1]'), { minLength: 1, maxLength: 4 })
  .map((steps) => `$${steps.join('')}`);

test('agrees with JSON.parse and a naive walk on generated values and paths', () => {
  fc.assert(
    fc.property(value, path, fc.constantFrom(undefined, 1), (json, locator, space) => {
      const text = JSON.stringify(json, undefined, space);
      const naive = naiveValues(JSON.parse(text), stepsOf(locator));
      const found = valuesOf(text, locator);
      if (naive === 'odd') assert.equal(found, undefined);
      else assert.deepEqual(found, naive);
    }),
    { numRuns: 2000 },
  );
});

test('finds the places of several locators as it finds those of each alone', () => {
  fc.assert(
    fc.property(value, fc.array(path, { minLength: 2, maxLength: 5 }), (json, locators) => {
      const text = JSON.stringify(json);
      const alone = locators.map((locator) => valuesOf(text, locator));
      assert.deepEqual(allOf(text, locators), alone.includes(undefined) ? undefined : alone);
    }),
    { numRuns: 3000 },
  );
});

test('names the locator that has several readings', () => {
  const faultOf = (text: string, ...locators: readonly string[]) => {
    const walks = walkJson(text, planJson(locators.map(stepsOf)));
    return 'fault' in walks ? walks.fault : 'none';
  };
  assert.equal(faultOf('{"a":1,"b":1,"B":2}', '$.a', '$.b'), 1);
  assert.equal(faultOf('{"a":{"b":1}}', '$.a.b', '$.a'), 1);
  assert.equal(faultOf('{"a":1}', '$.a', '$.a.b'), 1);
  assert.equal(faultOf('{"a":1}', '$.b', '$.A'), 1);
  assert.equal(faultOf('{"a":1,"A":1}', '$.a', '$.A'), 0);
  assert.equal(faultOf('{"a":1', '$.a'), undefined);
  assert.equal(faultOf('{"x":[{"__pro\\u0074o__":{"a":1}}],"a":1}', '$.a'), undefined);
});

test('never accepts what JSON.parse refuses', () => {
  const character = fc.constantFrom(...'{}[]:,"\\abid0-.e+ \n\u0001');
  fc.assert(
    fc.property(value, fc.nat(), fc.string({ unit: character, maxLength: 3 }), fc.nat(3), (json, at, inserted, cut) => {
      const text = JSON.stringify(json);
      const place = at % (text.length + 1);
      const broken = text.slice(0, place) + inserted + text.slice(place + cut);
      let isJson = true;
      try {
        JSON.parse(broken);
      } catch {
        isJson = false;
      }
      if (!isJson) assert.equal(valuesOf(broken, '$.a'), undefined, broken);
    }),
    { numRuns: 5000 },
  );
});

/** `odd`: a value that is no id, or an object where an array is expected, and the like. */
function naiveValues(json: unknown, steps: readonly JsonStep[]): (string | null)[] | 'odd' {
  const [step, ...rest] = steps;
  if (json === null) return [null];
  if (step === undefined) {
    if (typeof json === 'string')
      return json.length <= 1024 && ![...json].some((c) => /\p{Cc}/u.test(c)) && json.isWellFormed() ? [json] : 'odd';
    return typeof json === 'number' && Number.isInteger(json) && /^-?\d+$/.test(String(json)) && !Object.is(json, -0)
      ? [String(json)]
      : 'odd';
  }
  const isList = Array.isArray(json);
  if (typeof json !== 'object') return 'odd';
  if (step === 'all') {
    if (!isList) return 'odd';
    const all = json.map((item) => naiveValues(item, rest));
    return all.includes('odd') ? 'odd' : (all as (string | null)[][]).flat();
  }
  if (isList) return step.index === undefined ? 'odd' : step.index < json.length ? naiveValues(json[step.index], rest) : [null];
  if (step.name === undefined) return 'odd';
  return Object.hasOwn(json, step.name) ? naiveValues((json as Record<string, unknown>)[step.name], rest) : [null];
}
