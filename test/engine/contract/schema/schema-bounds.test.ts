import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RE2JS } from 're2js';
import { hasTwins } from '../../../../engine/contract/values/has-twins.ts';
import { findPatternExcess, patternProgram } from '../../../../engine/contract/schema/pattern-bounds.ts';
import { measureSchema } from '../../../../engine/contract/schema/schema-bounds.ts';
import { schemaExcessText } from '../../../../engine/contract/schema/schema-excess-texts.ts';

const repeat = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const byName = (count: number, make: (index: number) => unknown) =>
  Object.fromEntries(repeat(count, (index) => [`d${index}`, make(index)]));
const nest = (levels: number, wrap: (inner: object) => object): object =>
  repeat(levels, () => wrap).reduce<object>((inner, step) => step(inner), { type: 'string' });
/** Each definition asks for the one before it twice. */
const doubling = (levels: number, wrap: (twice: object) => object) => ({
  $defs: byName(levels, (index) =>
    index === 0 ? { type: 'string' } : wrap({ anyOf: [{ $ref: `#/$defs/d${index - 1}` }, { $ref: `#/$defs/d${index - 1}` }] }),
  ),
  $ref: `#/$defs/d${levels - 1}`,
});
const boundOf = (schema: unknown) => measureSchema(schema).excess?.bound;

test('what a schema of few bytes makes of itself is told from its text: branches, growth with the data, circles, patterns', () => {
  assert.equal(boundOf(doubling(30, (twice) => twice)), 'branches');
  assert.equal(boundOf(doubling(30, (twice) => ({ properties: { a: twice } }))), 'growth');
  assert.equal(boundOf({ properties: { a: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } } }), 'growth');
  assert.equal(boundOf({ $ref: '#' }), 'loop');
  assert.equal(boundOf({ $defs: { a: { not: { $ref: '#/$defs/b' } }, b: { allOf: [{ $ref: '#/$defs/a' }] } } }), 'loop');
  assert.equal(boundOf({ patternProperties: { '(a{100}b{10}){100}': true } }), 'pattern');
  assert.equal(boundOf({ properties: { pattern: { pattern: 'a'.repeat(2001) } } }), 'pattern-length');
});

test('a schema that is large in itself is told too: bytes, depth, subschemas, references', () => {
  assert.equal(boundOf({ description: '长'.repeat(600_000) }), 'bytes');
  assert.equal(boundOf(nest(80, (inner) => ({ not: inner }))), 'depth');
  assert.equal(boundOf({ properties: byName(3000, () => ({ type: 'string' })) }), 'subschemas');
  assert.equal(boundOf({ properties: byName(1001, () => ({ $ref: '#/$defs/x' })), $defs: { x: {} } }), 'references');
  assert.equal(boundOf({ anyOf: repeat(1001, () => ({ type: 'null' })) }), 'branches');
  const hidden = { anyOf: repeat(1001, () => ({ type: 'null' })) };
  for (const name of ['default', 'const', 'enum', 'unknown']) assert.equal(boundOf({ properties: { [name]: hidden } }), 'branches', name);
});

test('a reference is followed as the compiler follows it: to the root, by anchors, through escaped names', () => {
  const many = { anyOf: repeat(40, () => ({ type: 'null' })) };
  assert.equal(boundOf({ $id: 'http://x/outer', $defs: { q: many }, allOf: repeat(30, () => ({ $ref: '#/$defs/q' })) }), 'branches');
  assert.equal(boundOf({ $defs: { a: { ...many, $anchor: 'many' } }, allOf: repeat(30, () => ({ $ref: '#many' })) }), 'branches');
  assert.equal(boundOf({ $defs: { 'a/b~c d': many }, allOf: repeat(30, () => ({ $ref: '#/$defs/a~1b~0c%20d' })) }), 'branches');
});

test('references on which validators do not agree, or whose meaning depends on where they are met, are refused', () => {
  const twice = (part: object) => ({ items: { allOf: [part, structuredClone(part)] } });
  for (const $ref of ['#/', '#%61', 'x/..', '.', '?q', 'HTTP://H', 'https://json-schema.org/draft/2020-12/schema', '#/$defs/none', '#none'])
    assert.equal(boundOf({ $id: 'http://h', $defs: { a: { $anchor: 'a' } }, ...twice({ $ref }) }), 'reference', $ref);
  for (const name of ['$dynamicRef', '$recursiveRef']) assert.equal(boundOf(twice({ [name]: '#' })), 'resource', name);
  assert.equal(boundOf({ $recursiveAnchor: true }), 'resource');
  assert.equal(boundOf(nest(17, (inner) => ({ $dynamicAnchor: 'a', properties: { x: inner } }))), 'resource');
  for (const $id of ['', '#', 'r']) assert.equal(boundOf({ default: { $id, x: { $ref: '#' } } }), 'resource', $id);
  assert.equal(boundOf({ $id: 'http://h/#a' }), 'resource');
  assert.equal(boundOf({ anyOf: [{ $anchor: 'x' }, { $anchor: 'x' }] }), 'resource');
  assert.equal(boundOf({ properties: { $id: { type: 'string' }, $ref: { type: 'string' }, $dynamicRef: {} } }), undefined);
});

test('a schema for a field named __proto__, which the compiler passes over, is refused with its place', () => {
  for (const keyword of ['properties', 'patternProperties', 'dependencies']) {
    const { excess } = measureSchema(JSON.parse(`{"items":{"${keyword}":{"__proto__":{"type":"string"}}}}`));
    assert.deepEqual([excess?.bound, excess?.path], ['name', `/items/${keyword}/__proto__`]);
  }
  for (const keyword of ['dependentRequired', 'dependentSchemas'])
    assert.equal(boundOf(JSON.parse(`{"${keyword}":{"__proto__":[]}}`)), undefined);
  assert.equal(boundOf({ properties: { constructor: {}, prototype: {} }, required: ['__proto__'] }), undefined);
});

test('what multiplies with every few levels of the data is refused, what adds up is not', () => {
  for (let levels = 1; levels <= 20; levels++) {
    const round = (inner: object) => ({ items: inner });
    const back = repeat(levels, () => round).reduce<object>((inner, wrap) => wrap(inner), { allOf: [{ $ref: '#' }, { $ref: '#' }] });
    assert.match(boundOf(back) ?? '', /^(growth|multiple)$/, `every ${levels} levels`);
    const once = repeat(levels, () => round).reduce<object>((inner, wrap) => wrap(inner), { allOf: [{ $ref: '#' }, { type: 'array' }] });
    assert.equal(boundOf(once), undefined, `once every ${levels} levels`);
  }
});

test('schemas that people write are within the bounds', () => {
  const person = {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string', pattern: '^\\d{17}[\\dXx]$' }, name: { type: 'string' } },
  };
  const tree = { type: 'object', properties: { left: { $ref: '#' }, right: { $ref: '#' }, kids: { items: { $ref: '#' } } } };
  const message = {
    oneOf: repeat(20, (kind) => ({ properties: { kind: { const: kind }, ...byName(30, () => ({ $ref: '#/$defs/person' })) } })),
  };
  const codes = { enum: repeat(20_000, (code) => `A${code}`) };
  for (const schema of [person, tree, codes, { $defs: { person }, ...message }, true, {}]) {
    const { excess, weight } = measureSchema(schema);
    assert.equal(excess, undefined);
    assert.ok(weight < 2000);
  }
});

test('each bound has words in both languages that say what to do', () => {
  const { excess } = measureSchema({ properties: { a: { pattern: '(a{100}b{10}){100}' } } });
  assert.deepEqual(schemaExcessText(excess!), {
    'zh-CN': '正则表达式展开后过大：11200，上限 5000（/properties/a）。请减小其中的重复次数',
    en: 'A pattern is too large when its repetitions are expanded: 11200, at most 5000 at /properties/a. Use fewer repetitions',
  });
});

test('the size of a pattern is that of its program, but for a few instructions in each group', () => {
  const patterns = [
    'a{1000}',
    '(a{30}){30}',
    '[\\p{L}]{1000}',
    '(?i)[^\\]x]{200}',
    '(a?){1000}(a){1000}',
    '(x{100}|y{100}){5}',
    '^\\d{17}[\\dXx]$',
  ];
  for (const pattern of patterns) {
    const program = RE2JS.compile(pattern).programSize();
    assert.ok(Math.abs(patternProgram(pattern) - program) <= 20, `${pattern}: ${patternProgram(pattern)} for ${program}`);
  }
  assert.ok(patternProgram('((a{10}){10}){10}|(b{0,100}c){9}') > 2000);
  assert.equal(findPatternExcess('^[A-Z]{3}-\\d{6}$'), undefined);
  assert.equal(findPatternExcess('(?i)^[a-z\u4e00-\u9fff]{2,20}$'), undefined);
  // Each code point is looked up for its other cases: a second for one of these, which is a few kilobytes.
  for (const dear of ['[a-\u{fffff}]', '[^\\x{61}-\\x{fffff}]', '\\pL', '[\\p{L}\\p{N}]'])
    assert.equal(findPatternExcess(`(?i)${dear.repeat(100)}`)?.bound, 'pattern', dear);
});

test('twins in a list are found by what they hold, whatever the order of their fields', () => {
  assert.equal(hasTwins([{ a: 1, b: [1, { c: 2 }] }, 1, '1', { b: [1, { c: 2 }], a: 1 }]), true);
  assert.equal(hasTwins([1, '1', true, 'true', null, 'null', [], {}, '{}', '[]', [1], ['1'], { a: 1 }, { a: '1' }]), false);
  // Each compared with each other: 20 billion comparisons.
  assert.equal(hasTwins(repeat(200_000, (id) => ({ id }))), false);
});
