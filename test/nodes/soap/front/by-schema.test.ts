import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromXml, inOrder } from '../../../../nodes/soap/front/by-schema.ts';

const number = (text: string) => fromXml(text, { type: 'number' });

test('numbers, booleans and lists become what the schema says, and other text stays text', () => {
  for (const [text, value] of [
    ...([
      [' 12 ', 12],
      ['+1.50', 1.5],
      ['.5', 0.5],
      ['-2e3', -2000],
      ['007', 7],
    ] as const),
    ...(['1.', '1.2.3', '.', '', 'e5', '1x', '9007199254740993', '1e999'] as const).map((one) => [one, one] as const),
  ])
    assert.equal(number(text), value, text);
  assert.deepEqual(
    fromXml({ on: '1', n: '3' }, { properties: { on: { type: 'boolean' }, n: { type: 'array', items: { type: 'integer' } } } }),
    {
      on: true,
      n: [3],
    },
  );
});

test('a number of any length costs little: a long one stays text', () => {
  assert.equal(number(`${'0'.repeat(399)}1`), 1);
  for (const text of [`${'0'.repeat(400)}1`, `${'1'.repeat(2_000_000)}x`]) assert.ok(number(text) === text);
});

test('nil and null: read as null, written as nil where the schema allows null', () => {
  const nullable = { type: ['integer', 'null'] };
  const schema = {
    properties: {
      n: nullable,
      list: { type: 'array', items: nullable },
      plain: { type: 'string' },
      inner: { type: ['object', 'null'], properties: { n: nullable } },
    },
  };
  const nil = { '@nil': 'true' };
  assert.deepEqual(fromXml({ n: nil, list: ['1', nil], plain: nil, inner: { n: '2' } }, schema), {
    n: null,
    list: [1, null],
    plain: null,
    inner: { n: 2 },
  });
  const written = { '@xsi:nil': 'true' };
  assert.deepEqual(inOrder({ inner: null, plain: null, list: [null, 1], n: null }, schema), {
    n: written,
    list: [written, 1],
    inner: written,
  });
});
