import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turnOf } from '../../../../designer/src/model/layout/wire-route.ts';

const card = (x: number, y: number) => ({ x, y, width: 220, height: 64 });
const from = { x: 220, y: 32 };

test('wires of one card to its neighbours turn apart, so that none crosses another', () => {
  const turns = [0, 1, 2].map((index) => {
    const port = { x: 220, y: 20 + index * 20 };
    return turnOf({ from: port, to: { x: 260, y: 200 + index * 100 }, index, count: 3 }, []).x!;
  });
  assert.ok(turns[0]! > turns[1]! && turns[1]! > turns[2]!);
  assert.ok(turns.every((x) => x > 220 && x < 260));
});

test('a long wire turns where no card is in its way', () => {
  const cards = [card(0, 0), card(260, 0), card(520, 200)];
  const to = { x: 520, y: 232 };
  assert.equal(turnOf({ from, to, index: 0, count: 1 }, cards).x, 240);
  assert.equal(turnOf({ from, to, index: 0, count: 1 }, [card(0, 0), card(260, 200), card(520, 200)]).x, 500);
});

test('to the next row, or past cards on both ways, it runs between the cards', () => {
  const next = turnOf({ from: { x: 740, y: 32 }, to: { x: 0, y: 192 }, index: 0, count: 1 }, [card(520, 0), card(0, 160), card(260, 160)]);
  assert.equal(next.y, 112);
  const past = turnOf({ from, to: { x: 520, y: 32 }, index: 0, count: 1 }, [card(0, 0), card(260, 0), card(520, 0), card(260, 112)]);
  assert.ok(past.y! > 64 ? past.y! < 112 : past.y! < 0);
});
