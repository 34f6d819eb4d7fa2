import assert from 'node:assert/strict';
import { test } from 'node:test';
import stateRemove from '../../../nodes/state/remove.node.ts';
import { showsContract } from '../shows-contract.ts';
import { emittedData, endsBeforeChange, openState, waitsForStore } from './use-state.ts';

showsContract(import.meta.url, {
  happy: 'removes what is kept, and says whether something was',
  slow: 'waits for a slow store',
  refusal: 'a key that is too long is refused',
  duplicate: 'a step that is repeated removes no newer entry',
  cancel: 'a cancelled step removes nothing',
  '10 MB': 'removes what is kept, and says whether something was',
});

const config = { key: { value: 'k' } };
const newest = (act: string) => ({ act, ttlMs: 60_000, mode: 'replace' as const });

test('removes what is kept, and says whether something was', async () => {
  const state = await openState();
  await state.put('default', 'k', 1, newest('a'));
  const data = 'x'.repeat(10_000_000);
  assert.deepEqual(await emittedData(stateRemove, { config, data, idempotencyKey: 'b', state }), { removed: true });
  assert.deepEqual(await emittedData(stateRemove, { config, idempotencyKey: 'c', state }), { removed: false });
});

test('a step that is repeated removes no newer entry', async () => {
  const state = await openState();
  await state.put('default', 'k', 1, newest('a'));
  await emittedData(stateRemove, { config, idempotencyKey: 'b', state });
  await state.put('default', 'k', 2, newest('c'));
  assert.deepEqual(await emittedData(stateRemove, { config, idempotencyKey: 'b', state }), { removed: true });
  assert.equal((await state.get('default', 'k'))?.value, 2);
});

test('a key that is too long is refused', async () => {
  const long = { key: { value: 'x'.repeat(501) } };
  await assert.rejects(emittedData(stateRemove, { config: long, state: await openState() }), { code: 'STATE_KEY' });
});

test('waits for a slow store', () => waitsForStore(stateRemove, { config }));

test('a cancelled step removes nothing', () => endsBeforeChange(stateRemove, { config }));
