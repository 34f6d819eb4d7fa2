import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Documents } from '../../../engine/contract/ports/documents.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { createStoredQuotas } from '../../../gateways/load/stored-quotas.ts';
import { openStorage } from '../../../storage/open-storage.ts';

const ENDS_AT = Date.now() + 86_400_000;

async function openDocuments(t: { after(stop: () => Promise<void>): void }): Promise<Documents> {
  const storage = await openStorage({ address: 'memory:', clock: systemClock, logger: silentLogger });
  t.after(() => storage.close());
  return storage.documents;
}

test('leases at the same time never exceed the quota, and use all of it', async (t) => {
  const documents = await openDocuments(t);
  const stores = [createStoredQuotas(() => documents), createStoredQuotas(() => documents)];
  const leases = await Promise.all(Array.from({ length: 60 }, (_, i) => stores[i % 2]!.lease('q', 7, 100, ENDS_AT)));
  assert.equal(
    leases.reduce((sum, { granted }) => sum + granted, 0),
    100,
  );
  assert.deepEqual(await stores[0]!.lease('q', 1, 100, ENDS_AT), { granted: 0, used: 100 });
  await stores[0]!.giveBack('q', 3);
  assert.deepEqual(await stores[1]!.lease('q', 5, 100, ENDS_AT), { granted: 3, used: 100 });
  assert.equal((await stores[1]!.lease('other', 5, 100, ENDS_AT)).granted, 5);
});

test('while the store is not open, a lease rejects; later it works without a restart', async (t) => {
  const documents = await openDocuments(t);
  let isOpen = false;
  const store = createStoredQuotas(() => {
    if (!isOpen) throw new AppError('STORE_DOWN', 'transient', 'down', { fix: '' });
    return documents;
  });
  await assert.rejects(store.lease('q', 1, 10, ENDS_AT), { code: 'STORE_DOWN' });
  isOpen = true;
  assert.equal((await store.lease('q', 1, 10, ENDS_AT)).granted, 1);
});
