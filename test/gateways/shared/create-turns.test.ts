import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from '../../../gateways/shared/create-turns.ts';

test('gives each turn of the loop to one, so that others are served between, and every party its turn', async () => {
  let turn = 0;
  const count = () => {
    turn++;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const turns = createTurns<string>(1);
  const begun: { readonly of: string; readonly turn: number }[] = [];
  const begin = async (of: string) => {
    await turns.take(of);
    begun.push({ of, turn });
  };
  const all = [...Array.from({ length: 50 }, () => begin('flood')), begin('other'), begin('third')];
  await Promise.all(all);
  clearImmediate(counting);
  assert.equal(new Set(begun.slice(1).map((one) => one.turn)).size, 51, 'no two in one turn');
  assert.deepEqual(
    begun.slice(0, 5).map(({ of }) => of),
    ['flood', 'flood', 'other', 'third', 'flood'],
  );
});

test('a free turn is taken at once', async () => {
  const turns = createTurns<string>(1);
  assert.equal(turns.take('a'), undefined);
  assert.ok(turns.take('a') instanceof Promise);
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
  assert.equal(turns.take('b'), undefined);
});
