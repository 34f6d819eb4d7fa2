import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDifference } from '../../../gateways/load/find-difference.ts';

const of = (value: unknown, status = 200) => ({ status, body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)) });

test('names the first place with another type or name, and no value', () => {
  for (const [own, other, where] of [
    [{ a: 1 }, { a: 2 }, undefined],
    [{ a: { b: [1, { c: 'x' }] } }, { a: { b: [1, { d: 'x' }] } }, '/a/b/1/c'],
    [{ 'a/b~': 1 }, { 'a/b~': '1' }, '/a~1b~0'],
    [[], {}, '/'],
    [{ a: null }, { a: { b: 1 } }, undefined],
    [{ a: [] }, { a: [1] }, undefined],
    ['no json', 'other text', undefined],
    ['no json', { a: 1 }, '/'],
  ] as const)
    assert.equal(findDifference(of(own), of(other)), where, JSON.stringify([own, other]));
  assert.equal(findDifference(of({}, 200), of({}, 404)), 'status 200 404');
});

test('large and deep bodies are compared within bounds', () => {
  let deep: unknown = 1;
  let other: unknown = 'x';
  for (let i = 0; i < 1_000; i++) [deep, other] = [{ a: deep }, { a: other }];
  assert.equal(findDifference(of(deep), of(other)), undefined);
  const large = { a: 'x'.repeat(70_000) };
  assert.equal(findDifference(of(large), of({})), undefined);
});
