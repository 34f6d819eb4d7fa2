import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createExpiringMap } from '../../../storage/in-process/expiring-map.ts';

it('refuses a new entry when it is full of live ones, and takes it when one has ended', () => {
  let now = 0;
  const map = createExpiringMap<number>(3, () => now);
  for (const [i, key] of ['long', 'longer', 'short'].entries()) map.set(key, i, i === 2 ? 1000 : 1_000_000);
  assert.throws(
    () => map.set('new', 3, 5000),
    (error) => error instanceof AppError && error.code === 'SHARED_STATE_FULL' && error.kind === 'transient',
  );
  map.set('long', 9, 1_000_000);
  now = 1500;
  map.set('new', 3, 5000);
  assert.deepEqual(
    ['long', 'longer', 'short', 'new'].map((key) => map.get(key)),
    [9, 1, undefined, 3],
  );
});
