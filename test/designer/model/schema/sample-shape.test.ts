import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergeShapes, paths, shapeOf, shapeOfSamples, type Shape } from '../../../../designer/src/model/schema/sample-shape.ts';
import { createMessage } from '../../../../engine/contract/values/message.ts';
import { compileScopePath } from '../../../../engine/contract/flow/scope-path.ts';

const order = {
  id: 'R1',
  patient: { '姓 名': '虚构甲', age: 30 },
  items: [
    { code: 'CBC', n: 1 },
    { code: 'XR', urgent: true },
  ],
};

test('names every place of a sample by its path, with type and example', () => {
  const rows = paths(shapeOf(order)).map(({ path, shape }) => [path, shape.types.join('|'), shape.example]);
  assert.deepEqual(rows, [
    ['data', 'object', undefined],
    ['data.id', 'text', 'R1'],
    ['data.patient', 'object', undefined],
    ['data.patient.`姓 名`', 'text', '虚构甲'],
    ['data.patient.age', 'number', 30],
    ['data.items', 'list', undefined],
    ['data.items[0]', 'object', undefined],
    ['data.items[0].code', 'text', 'CBC'],
    ['data.items[0].n', 'number', 1],
    ['data.items[0].urgent', 'boolean', true],
  ]);
});

test('says how a place is read in a loop over its list, loops in loops included', () => {
  const shape = shapeOf({ visits: [{ orders: [{ code: 'X' }] }] });
  const code = paths(shape).find(({ path }) => path.endsWith('.code'));
  assert.deepEqual(code?.inLoop, { list: 'item.orders', path: 'item.code' });
  assert.deepEqual(paths(shape).find(({ name }) => name === 'orders')?.inLoop, { list: 'data.visits', path: 'item.orders' });
});

test('several samples make one shape: fields that some lack are optional, types are gathered', () => {
  const shape = shapeOfSamples([{ a: 1, b: 'x' }, { a: null, c: [1] }, { a: 2 }])!;
  assert.deepEqual(
    shape.fields?.map(({ name, isOptional, shape: { types } }) => [name, isOptional, types]),
    [
      ['a', false, ['number', 'null']],
      ['b', true, ['text']],
      ['c', true, ['list']],
    ],
  );
  assert.equal(shapeOfSamples([]), undefined);
});

test('is bounded: large and deep samples are cut, and say so', () => {
  const wide = shapeOf(Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`f${index}`, { a: 1, b: 2 }])));
  assert.ok(paths(wide).length <= 5001);
  assert.equal(wide.isCut, true);
  let deep: unknown = 1;
  for (let depth = 0; depth < 10_000; depth += 1) deep = { deep };
  assert.ok(paths(shapeOf(deep)).length < 30);
  assert.equal(shapeOf(Array.from({ length: 1000 }, () => 1)).isCut, true);
  assert.equal(shapeOf({ text: 'x'.repeat(1000) }).fields?.[0]?.shape.example, 'x'.repeat(80));
});

test('every path that is offered reads what the sample has there', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (data) => {
      const scope = { message: createMessage(data), nodes: {}, now: 0 };
      for (const { path, shape, isOptional } of paths(shapeOf(data))) {
        const value = compileScopePath(path)(scope);
        const isThere = value !== undefined || isOptional || path.includes('[0]');
        assert.ok(isThere, path);
        // Where some items of a list are lists themselves, a field named 4 of the others reads the fifth item of those.
        const mayBeIndex = /\[0\].*\.`?\d/.test(path);
        if (typeof value === 'number' && !mayBeIndex) assert.ok(shape.types.includes('number'), path);
      }
    }),
    { numRuns: 300 },
  );
});

test('merging is the same whichever way round, but for order and examples', () => {
  const bare = (shape: Shape): unknown => ({
    types: shape.types,
    fields: shape.fields && Object.fromEntries(shape.fields.map((field) => [`f ${field.name}`, [field.isOptional, bare(field.shape)]])),
    items: shape.items && bare(shape.items),
  });
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
      assert.deepEqual(bare(mergeShapes(shapeOf(a), shapeOf(b))), bare(mergeShapes(shapeOf(b), shapeOf(a))));
    }),
    { numRuns: 200 },
  );
});
