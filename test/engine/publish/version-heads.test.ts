import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Collection } from '../../../engine/contract/ports/documents.ts';
import { openFlowStores, sealJson, type PointerRecord, type VersionRecord } from '../../../engine/publish/flow-stores.ts';
import { createVersionHeads } from '../../../engine/publish/version-heads.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { sampleFlow } from '../flow/sample-flow.ts';

const seal = { seal: (_place: unknown, plain: Uint8Array | string) => String(plain), openText: (_place: unknown, text: string) => text };

const pointer = (revision: number, rest: Partial<PointerRecord> = {}): PointerRecord => ({
  ...{ _id: 'flw_sample', revision, version: null, contentHash: '', changedAt: 0, changedBy: 'ann' },
  ...rest,
});

test('each version of a flow is read once, one at a time, when it is published, however many ask at once', async () => {
  const stores = await openFlowStores(createMemoryDocuments({ clock: fakeClock() }), seal);
  const carried: number[] = [];
  const versions: Collection<VersionRecord> = {
    ...stores.versions,
    async find(filter, options) {
      const page = await stores.versions.find(filter, options);
      carried.push(page.length);
      return page;
    },
  };
  const publish = (version: number, domain: string) => {
    const _id = `flw_sample@${version}`;
    const document = sampleFlow({ in: { type: 'mllp.listen@1', adapter: `adp_${version}` } }, [], { domain });
    const record = { _id, flowId: 'flw_sample', version, contentHash: `hash ${version}`, publishedAt: version, publishedBy: 'ann' };
    return versions.insert({
      ...record,
      body: sealJson(seal, versions, _id, document),
      note: sealJson(seal, versions, _id, `note ${version}`),
    });
  };
  for (const version of [1, 2]) await publish(version, 'lab');
  const headsOf = createVersionHeads({ ...stores, versions });
  const both = await Promise.all([headsOf(pointer(2, { newest: 2 })), headsOf(pointer(2, { newest: 2 }))]);
  assert.deepEqual(carried.splice(0), [1, 1]);
  assert.equal(both[0], both[1]);
  assert.deepEqual(both[0], [
    {
      ...{ version: 2, contentHash: 'hash 2', publishedAt: 2, publishedBy: 'ann' },
      ...{ note: 'note 2', domain: 'lab', adapters: new Set(['adp_2']) },
    },
    {
      ...{ version: 1, contentHash: 'hash 1', publishedAt: 1, publishedBy: 'ann' },
      ...{ note: 'note 1', domain: 'lab', adapters: new Set(['adp_1']) },
    },
  ]);
  for (const version of [3, 4]) await publish(version, 'ward');
  const shown = async (of: PointerRecord) => (await headsOf(of)).map(({ version, domain }) => [version, domain]);
  const two = [
    [2, 'lab'],
    [1, 'lab'],
  ];
  assert.deepEqual(await shown(pointer(3, { newest: 2 })), two, 'stored, not yet published');
  assert.deepEqual(carried.splice(0), [], 'a rollback or an unpublication makes no version');
  const published = pointer(4, { newest: 4, skipped: [3] });
  assert.deepEqual(await shown(published), [[4, 'ward'], ...two]);
  assert.deepEqual(carried.splice(0), [1, 1]);
  assert.deepEqual(await shown(pointer(2, { newest: 2 })), [[4, 'ward'], ...two], 'an older reading of the pointer takes nothing away');
  assert.deepEqual(await shown({ ...published, revision: 5 }), [[4, 'ward'], ...two]);
  assert.deepEqual(carried, []);
});

test('under a pointer that tells of no newest version all that are stored were published', async () => {
  const stores = await openFlowStores(createMemoryDocuments({ clock: fakeClock() }), seal);
  const document = sampleFlow({ in: 'interface.call' }, []);
  for (const version of [1, 2]) {
    const _id = `flw_sample@${version}`;
    const record = { _id, flowId: 'flw_sample', version, contentHash: '', publishedAt: version, publishedBy: 'ann' };
    await stores.versions.insert({ ...record, body: sealJson(seal, stores.versions, _id, document) });
  }
  const heads = await createVersionHeads(stores)(pointer(2));
  assert.deepEqual(
    heads.map(({ version }) => version),
    [2, 1],
  );
});

test('a reading that failed is tried again by the next who asks', async () => {
  const stores = await openFlowStores(createMemoryDocuments({ clock: fakeClock() }), seal);
  let isDown = true;
  const versions: Collection<VersionRecord> = {
    ...stores.versions,
    find: (filter, options) => (isDown ? Promise.reject(new Error('down')) : stores.versions.find(filter, options)),
  };
  const headsOf = createVersionHeads({ ...stores, versions });
  await assert.rejects(headsOf(pointer(1)), /down/);
  isDown = false;
  assert.deepEqual(await headsOf(pointer(1)), []);
});
