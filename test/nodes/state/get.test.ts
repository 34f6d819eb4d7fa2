import assert from 'node:assert/strict';
import { test } from 'node:test';
import stateGet from '../../../nodes/state/get.node.ts';
import { showsContract } from '../shows-contract.ts';
import { emittedData, endsBeforeChange, openState, waitsForStore } from './use-state.ts';

showsContract(import.meta.url, {
  happy: 'finds what is kept, and says when nothing is',
  slow: 'waits for a slow store',
  refusal: 'a key that is neither text nor number is refused',
  duplicate: 'finds what is kept, and says when nothing is',
  cancel: 'a cancelled step reads nothing',
  '10 MB': 'a message of 10 MB is of no matter to it',
});

const config = { key: { path: 'data.id' } };

test('finds what is kept, and says when nothing is', async () => {
  const state = await openState();
  assert.deepEqual(await emittedData(stateGet, { config, data: { id: 'k' }, state }), { found: false });
  const { expiresAt } = await state.put('default', '7', { a: '张三' }, { act: 'a', ttlMs: 60_000, mode: 'replace' });
  const found = { found: true, value: { a: '张三' }, expiresAt: new Date(expiresAt).toISOString() };
  for (const id of ['7', 7, '7']) assert.deepEqual(await emittedData(stateGet, { config, data: { id }, state }), found);
});

test('a key that is neither text nor number is refused', async () => {
  const state = await openState();
  for (const id of [undefined, null, { a: 1 }, ['k'], true, '', Number.NaN])
    await assert.rejects(emittedData(stateGet, { config, data: { id }, state }), { code: 'STATE_KEY' });
});

test('waits for a slow store', () => waitsForStore(stateGet, { config, data: { id: 'k' } }));

test('a cancelled step reads nothing', () => endsBeforeChange(stateGet, { config, data: { id: 'k' } }));

test('a message of 10 MB is of no matter to it', async () => {
  const data = { id: 'k', text: 'x'.repeat(10_000_000) };
  assert.deepEqual(await emittedData(stateGet, { config, data, state: await openState() }), { found: false });
});
