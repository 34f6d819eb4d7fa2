import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../storage/memory/memory-documents.ts';
import { enterStoreLevel } from '../../storage/store-level.ts';

const opened = () => createMemoryDocuments({ clock: fakeClock() });

test('two builds of an upgrade work on one store, in any order, and the newer one may be rolled back', async () => {
  const documents = opened();
  for (const build of [
    { level: 1, beside: 1 },
    { level: 2, beside: 1 },
    { level: 1, beside: 1 },
    { level: 2, beside: 1 },
  ])
    await enterStoreLevel(documents, build);
});

test('a build is refused once one has used the store beside which it would do harm', async () => {
  const documents = opened();
  await enterStoreLevel(documents, { level: 1, beside: 1 });
  await enterStoreLevel(documents, { level: 3, beside: 2 });
  await assert.rejects(enterStoreLevel(documents, { level: 1, beside: 1 }), (error: Error & { code?: string; fix?: string }) => {
    assert.equal(error.code, 'STORE_INCOMPATIBLE');
    assert.match(error.message, /newer version of Kangqiao.*level 2.*this one has 1/);
    return /newer program/.test(error.fix ?? '');
  });
  await enterStoreLevel(documents, { level: 2, beside: 1 });
  await assert.rejects(enterStoreLevel(documents, { level: 1, beside: 1 }), { code: 'STORE_INCOMPATIBLE' }, 'what was raised stays');
});

test('builds that start at once leave the highest level', async () => {
  const documents = opened();
  await Promise.allSettled([2, 4, 3, 1].map((level) => enterStoreLevel(documents, { level, beside: level })));
  await assert.rejects(enterStoreLevel(documents, { level: 3, beside: 3 }), { code: 'STORE_INCOMPATIBLE' });
  await enterStoreLevel(documents, { level: 4, beside: 4 });
});
