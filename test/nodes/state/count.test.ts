import assert from 'node:assert/strict';
import { test } from 'node:test';
import stateCount from '../../../nodes/state/count.node.ts';
import { showsContract } from '../shows-contract.ts';
import { emittedData, endsBeforeChange, openState, waitsForStore } from './use-state.ts';

showsContract(import.meta.url, {
  happy: 'counts each step once',
  slow: 'waits for a slow store',
  refusal: 'an entry that is no counter is refused',
  duplicate: 'counts each step once',
  cancel: 'a cancelled step counts nothing',
  '10 MB': 'a message of 10 MB is of no matter to it',
});

const config = { key: { value: 'k' } };

test('counts each step once', async () => {
  const state = await openState();
  const count = async (idempotencyKey: string, by?: number) =>
    (await emittedData(stateCount, { config: by === undefined ? config : { ...config, by }, idempotencyKey, state }))['count'];
  assert.deepEqual([await count('a'), await count('b'), await count('a'), await count('c', 10), await count('b')], [1, 2, 1, 12, 2]);
  assert.deepEqual([await count('d', 0), await count('e', -12)], [12, 0]);
});

test('an entry that is no counter is refused', async () => {
  const state = await openState();
  await state.put('default', 'k', 'text', { act: 'a', ttlMs: 60_000, mode: 'replace' });
  await assert.rejects(emittedData(stateCount, { config, state }), { code: 'STATE_VALUE' });
});

test('waits for a slow store', () => waitsForStore(stateCount, { config }));

test('a cancelled step counts nothing', () => endsBeforeChange(stateCount, { config }));

test('a message of 10 MB is of no matter to it', async () => {
  const { count } = await emittedData(stateCount, { config, data: 'x'.repeat(10_000_000), state: await openState() });
  assert.equal(count, 1);
});
