import assert from 'node:assert/strict';
import { test } from 'node:test';
import statePut from '../../../nodes/state/put.node.ts';
import { showsContract } from '../shows-contract.ts';
import { emittedData, endsBeforeChange, openState, waitsForStore } from './use-state.ts';

showsContract(import.meta.url, {
  happy: 'keeps the first value of a key, or the newest',
  slow: 'waits for a slow store',
  refusal: 'a value that is too large is refused',
  duplicate: 'a step that is repeated is still the first',
  cancel: 'a cancelled step changes nothing',
  '10 MB': 'a value that is too large is refused',
});

const config = { key: { value: 'k' }, value: { path: 'data.v' } };

test('keeps the first value of a key, or the newest', async () => {
  const state = await openState();
  const put = async (v: unknown, idempotencyKey: string, mode = 'if-absent') => {
    const { stored, value } = await emittedData(statePut, { config: { ...config, mode }, data: { v }, idempotencyKey, state });
    return [stored, value];
  };
  assert.deepEqual(await put('first', 'a'), [true, 'first']);
  assert.deepEqual(await put('second', 'b'), [false, 'first']);
  assert.deepEqual(await put({ third: 3 }, 'c', 'replace'), [true, { third: 3 }]);
  assert.deepEqual(await put(undefined, 'd', 'replace'), [true, null]);
});

test('a step that is repeated is still the first', async () => {
  const state = await openState();
  for (const _repeated of [1, 2, 3]) {
    const { stored } = await emittedData(statePut, { config, data: { v: 1 }, idempotencyKey: 'a', state });
    assert.equal(stored, true);
  }
});

test('a value that is too large is refused', async () => {
  const state = await openState();
  await assert.rejects(emittedData(statePut, { config, data: { v: 'x'.repeat(10_000_000) }, state }), { code: 'STATE_VALUE' });
});

test('waits for a slow store', () => waitsForStore(statePut, { config, data: { v: 1 } }));

test('a cancelled step changes nothing', () => endsBeforeChange(statePut, { config, data: { v: 1 } }));
