import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLight } from '../../../engine/examine/is-light.ts';

const checksBy = (count: number, schema: unknown) => ({
  nodes: Array.from({ length: count }, (_, index) => ({ id: `n_${index}`, type: 'check.json-schema@1', config: { schema } })),
});

test('a document of few small plain schemas is light; one of many, or of another kind, is not', () => {
  assert.equal(isLight(checksBy(10, {})), true);
  assert.equal(isLight(checksBy(3, { type: 'object', required: ['a'] })), true);
  assert.equal(isLight(checksBy(11, {})), false);
  assert.equal(isLight(checksBy(1, { $ref: '#' })), false);
  assert.equal(isLight(checksBy(1, { enum: Array.from({ length: 100 }, String) })), false);
});
