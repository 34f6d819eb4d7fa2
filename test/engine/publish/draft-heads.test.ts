import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SealPlace } from '../../../engine/contract/seal.ts';
import { contentHash } from '../../../engine/flow/content-hash.ts';
import { createDraftHeads } from '../../../engine/publish/draft-heads.ts';
import { openFlowStores, sealJson } from '../../../engine/publish/flow-stores.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { sampleFlow } from '../flow/sample-flow.ts';

test('a list opens a draft once for each save, and has all of them in order', async () => {
  let opened = 0;
  const seal = {
    seal: (_place: SealPlace, plain: Uint8Array | string) => String(plain),
    openText(_place: SealPlace, sealed: string) {
      opened += 1;
      return sealed;
    },
  };
  const stores = await openFlowStores(createMemoryDocuments({ clock: fakeClock() }), seal);
  const save = async (flowId: string, revision: number, en: string) => {
    const flow = sampleFlow({ in: 'interface.call', back: 'control.reply' }, ['in > back'], { flowId, name: { 'zh-CN': en, en } });
    const body = sealJson(seal, stores.drafts, flowId, flow);
    const record = { _id: flowId, revision, contentHash: contentHash(flow), body, updatedAt: revision, updatedBy: 'a' };
    await (revision === 1 ? stores.drafts.insert(record) : stores.drafts.replaceIf(record, { revision: revision - 1 }));
  };
  const ids = Array.from({ length: 120 }, (_, index) => `flw_${String(index).padStart(3, '0')}`);
  for (const flowId of ids) await save(flowId, 1, 'first');
  const read = createDraftHeads(stores);
  assert.deepEqual(
    (await read()).map(({ record }) => record._id),
    ids,
  );
  assert.equal(opened, 120);
  await read();
  assert.equal(opened, 120);
  await save('flw_007', 2, 'second');
  await stores.drafts.remove('flw_008');
  const heads = await read();
  assert.deepEqual([opened, heads.length, heads[7]?.flow.name.en, heads[8]?.record._id], [121, 119, 'second', 'flw_009']);
});
