import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Collection } from '../../../engine/contract/ports/documents.ts';
import { openFlowStores, sealJson, type VersionRecord } from '../../../engine/publish/flow-stores.ts';
import { createVersionHeads } from '../../../engine/publish/version-heads.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { sampleFlow } from '../flow/sample-flow.ts';

const seal = { seal: (_place: unknown, plain: Uint8Array | string) => String(plain), openText: (_place: unknown, text: string) => text };

test('the versions of a flow are read one at a time, once for each change of its pointer, however many ask at once', async () => {
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
  const both = await Promise.all([headsOf('flw_sample', 2), headsOf('flw_sample', 2)]);
  assert.deepEqual(carried, [1, 1, 0]);
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
  await publish(3, 'ward');
  assert.deepEqual(
    (await headsOf('flw_sample', 3)).map(({ version, domain }) => [version, domain]),
    [
      [3, 'ward'],
      [2, 'lab'],
      [1, 'lab'],
    ],
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
  await assert.rejects(headsOf('flw_sample', 1), /down/);
  isDown = false;
  assert.deepEqual(await headsOf('flw_sample', 1), []);
});
