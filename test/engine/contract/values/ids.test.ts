import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createId, createTimedId } from '../../../../engine/contract/values/ids.ts';

const MANY = 5000;

test('makes ids of one form, each another', () => {
  const ids = Array.from({ length: MANY }, () => createId('flw'));
  assert.equal(new Set(ids).size, MANY);
  for (const id of ids) assert.match(id, /^flw_[A-Za-z0-9_-]{22}$/);
});

test('makes ids of one form that sort by their time, each another', () => {
  const ids = Array.from({ length: MANY }, (_, index) => createTimedId('exe', 1_767_600_000_000 + index * 7));
  assert.equal(new Set(ids).size, MANY);
  for (const id of ids) assert.match(id, /^exe_[0-9a-v]{9}[A-Za-z0-9_-]{14}$/);
  assert.deepEqual([...ids].sort(), ids);
});

test('draws each character of the random part from the whole alphabet', () => {
  const texts = Array.from({ length: MANY }, () => createTimedId('exe', 0).slice(-14));
  for (let at = 0; at < 14; at++) assert.equal(new Set(texts.map((text) => text[at])).size, 64);
});
