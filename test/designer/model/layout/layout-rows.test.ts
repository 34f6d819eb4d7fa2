import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breakIntoRows, columnsOf, type Part } from '../../../../designer/src/model/layout/layout-rows.ts';

const CARD = { width: 220, height: 64 };

/** `a b c` is a chain of wires; `!` before an end makes the wire one of errors. */
function part(...chains: readonly string[]): Part {
  const wires = chains.flatMap((chain) => {
    const ends = chain.split(' ');
    return ends
      .slice(1)
      .map((to, index) => ({ from: ends[index]!.replace('!', ''), to: to.replace('!', ''), isError: to.startsWith('!') }));
  });
  const ids = [...new Set(chains.flatMap((chain) => chain.replaceAll('!', '').split(' ')))];
  return { items: ids.map((id) => ({ id, ...CARD })), wires };
}

const rowsOf = (whole: Part) => breakIntoRows(whole).map(({ items }) => items.map(({ id }) => id).join(' '));

test('a flow that fits on a small screen stays in one row', () => {
  assert.deepEqual(rowsOf(part('a b c d e')), ['a b c d e']);
});

test('a longer chain becomes as few rows as possible, of similar length', () => {
  assert.deepEqual(rowsOf(part('a b c d e f')), ['a b c', 'd e f']);
  assert.deepEqual(
    rowsOf(part('a b c d e f g h i j k l')).map((row) => row.split(' ').length),
    [4, 4, 4],
  );
});

test('wide groups count with their width', () => {
  const chain = part('a b c d');
  const wide = { ...chain, items: chain.items.map((item) => (item.id === 'a' ? { ...item, width: 900 } : item)) };
  assert.deepEqual(rowsOf(wide), ['a', 'b c d']);
});

test('no row ends between branches: a row may be too long where it cannot be broken', () => {
  const branches = part('a b c d e f g', 'a h i j k l g');
  assert.equal(rowsOf(branches).length, 1);
  const behind = part('a b d', 'a c d', 'd e f g h');
  for (const row of rowsOf(behind)) assert.equal(row.includes('b'), row.includes('c'), row);
  assert.equal(rowsOf(behind).length, 2);
});

test('a wire of errors does not keep rows together', () => {
  assert.deepEqual(rowsOf(part('a b c d e f', 'a !f')), ['a b c', 'd e f']);
  assert.equal(rowsOf(part('a b c d e f', 'a f')).length, 1, 'an ordinary wire does');
});

test('every card stands in exactly one row, and wires between rows belong to none', () => {
  const whole = part('a b c d e f g h');
  const rows = breakIntoRows(whole);
  assert.deepEqual(
    rows.flatMap(({ items }) => items),
    whole.items,
  );
  assert.equal(rows.flatMap(({ wires }) => wires).length, whole.wires.length - (rows.length - 1));
});

test('a card stands behind all that lead to it, and one that begins a side branch directly before its successor', () => {
  const { items, wires } = part('a b c d', 'a d', 'x d');
  assert.deepEqual(Object.fromEntries(columnsOf(items, wires)), { a: 0, b: 1, c: 2, d: 3, x: 2 });
});

test('a card without wires stands in the first column', () => {
  assert.deepEqual([...columnsOf([{ id: 'only', ...CARD }], [])], [['only', 0]]);
});
