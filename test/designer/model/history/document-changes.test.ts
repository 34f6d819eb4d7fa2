import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges, findChanges } from '../../../../designer/src/model/history/document-changes.ts';
import { seededRandom } from '../../../support/simulated-process.ts';

/** Asserts that undo and redo give both documents back, and returns the changes between them. */
function changesOf(before: unknown, after: unknown) {
  const changes = findChanges(before, after);
  assert.deepEqual(applyChanges(before, changes, 'forward'), after);
  assert.deepEqual(applyChanges(after, changes, 'back'), before);
  return changes;
}

test('a changed, added or removed field is one change of that field alone', () => {
  const before = { name: 'a', config: { url: 'x', timeoutMs: 5 }, old: null };
  assert.deepEqual(changesOf(before, { name: 'a', config: { url: 'y', timeoutMs: 5, body: '' } }), [
    { path: ['config', 'url'], before: 'x', after: 'y' },
    { path: ['config', 'body'], after: '' },
    { path: ['old'], before: null },
  ]);
});

test('an undefined field counts as absent, and equal documents have no changes', () => {
  assert.deepEqual(findChanges({ a: 1, b: undefined }, { a: 1 }), []);
  assert.deepEqual(findChanges({ list: [{ id: 'x' }], n: 0 }, { n: 0, list: [{ id: 'x' }] }), []);
});

test('removing a node leaves the later ones untouched: they stay the same objects through undo', () => {
  const [a, b, c] = [{ id: 'a' }, { id: 'b', label: 'B' }, { id: 'c', config: {} }];
  const before = { nodes: [a, b, c] };
  const changes = changesOf(before, { nodes: [a, c] });
  assert.deepEqual(changes, [{ path: ['nodes'], removed: [[1, b]], inserted: [] }]);
  const after = applyChanges(before, changes, 'forward');
  assert.equal(after.nodes[1], c);
  assert.equal(applyChanges(after, changes, 'back').nodes[1], b);
});

test('a node that is edited while others come and go is found at its new place', () => {
  const before = [{ id: 'a' }, { id: 'b', n: 1 }, { id: 'c' }];
  const after = [{ id: 'new' }, { id: 'b', n: 2 }, { id: 'last' }];
  assert.deepEqual(changesOf(before, after).at(-1), { path: [1, 'n'], before: 1, after: 2 });
});

test('nodes that changed places, and lists without unique ids, are restored exactly too', () => {
  changesOf([{ id: 'a' }, { id: 'b' }], [{ id: 'b' }, { id: 'a' }]);
  changesOf([{ id: 'a' }, { id: 'a' }], [{ id: 'a' }]);
  changesOf([1, 2, 3, 4], [1, 9, 4]);
  changesOf([1, 2, 3], [1, 5, 3]);
  changesOf([[1], [2]], [[1], [2], [3]]);
  changesOf([], [null]);
});

test('where a value changes its kind the whole value is one change', () => {
  assert.deepEqual(changesOf({ a: [1] }, { a: { 0: 1 } }), [{ path: ['a'], before: [1], after: { 0: 1 } }]);
  assert.deepEqual(changesOf({ a: null }, { a: {} }), [{ path: ['a'], before: null, after: {} }]);
});

test('a field named __proto__, as a message may have, is a field like any other', () => {
  const after = JSON.parse('{"sample":{"__proto__":{"x":1},"constructor":2}}') as object;
  const changes = findChanges({ sample: {} }, after);
  const made = applyChanges<object>({ sample: {} }, changes, 'forward');
  assert.equal(JSON.stringify(made), JSON.stringify(after));
  assert.equal(JSON.stringify(applyChanges(after, changes, 'back')), '{"sample":{}}');
  assert.equal(({} as { x?: number }).x, undefined);
});

test('neither document is changed by applying, even when both are frozen', () => {
  const before = deepFrozen({ nodes: [{ id: 'a', config: { n: 1 } }], name: 'x' });
  const after = deepFrozen({ nodes: [{ id: 'b' }, { id: 'a', config: { n: 2 } }], name: 'y' });
  changesOf(before, after);
});

test('changes of another document are refused instead of damaging this one', () => {
  const changes = findChanges({ nodes: [{ id: 'a', n: 1 }] }, { nodes: [{ id: 'a', n: 2 }] });
  assert.throws(() => applyChanges({ nodes: [] }, changes, 'forward'), RangeError);
  assert.throws(() => applyChanges({ nodes: 'none' }, changes, 'forward'), RangeError);
  const removal = findChanges({ nodes: [{ id: 'a' }] }, { nodes: [] });
  assert.throws(() => applyChanges({ nodes: 3 }, removal, 'forward'), RangeError);
});

test('any two documents: undo and redo are exact, also after storage', () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = seededRandom(seed);
    const [before, after] = [randomValue(random, 0), randomValue(random, 0)];
    const stored = JSON.parse(JSON.stringify(findChanges(before, after))) as ReturnType<typeof findChanges>;
    assert.deepEqual(applyChanges(before, stored, 'forward'), after, `seed ${seed}`);
    assert.deepEqual(applyChanges(after, stored, 'back'), before, `seed ${seed}`);
  }
});

function randomValue(random: ReturnType<typeof seededRandom>, depth: number): unknown {
  const kind = depth === 0 ? 3 : random.below(depth > 3 ? 3 : 6);
  const many = () => Array.from({ length: random.below(5) });
  if (kind === 0) return random.below(3);
  if (kind === 1) return `text ${random.below(3)}`;
  if (kind === 2) return null;
  if (kind === 3)
    return Object.fromEntries(['a', 'b', 'c'].slice(0, random.below(4)).map((name) => [name, randomValue(random, depth + 1)]));
  if (kind === 4) return many().map(() => randomValue(random, depth + 1));
  return many().map(() => ({ id: `n${random.below(6)}`, value: randomValue(random, depth + 1) }));
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFrozen);
  return value;
}
