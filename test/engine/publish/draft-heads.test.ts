import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import type { Collection } from '../../../engine/contract/ports/documents.ts';
import type { SealPlace } from '../../../engine/contract/values/seal.ts';
import { contentHash } from '../../../engine/flow/content-hash.ts';
import { createDraftHeads } from '../../../engine/publish/draft-heads.ts';
import { openFlowStores, sealJson, type DraftRecord } from '../../../engine/publish/flow-stores.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { sampleFlow } from '../flow/sample-flow.ts';

const LAYOUT: FlowDocument['layout'] = { nodes: {}, groups: [], notes: [] };

test('a list reads the body of a draft once for each change of its content, and has all of them in order', async () => {
  const sealed = { openText: 0, bodies: 0 };
  const seal = {
    seal: (_place: SealPlace, plain: Uint8Array | string) => String(plain),
    openText(_place: SealPlace, text: string) {
      sealed.openText += 1;
      return text;
    },
  };
  const stores = await openFlowStores(createMemoryDocuments({ clock: fakeClock() }), seal);
  const count = <T extends object>(documents: readonly T[]) => {
    sealed.bodies += documents.filter((document) => 'body' in document).length;
    return documents;
  };
  const drafts: Collection<DraftRecord> = {
    ...stores.drafts,
    get: async (id) => count([(await stores.drafts.get(id))!])[0],
    find: async (filter, options) => count(await stores.drafts.find(filter, options)),
  };
  const save = async (flowId: string, revision: number, en: string, layout = LAYOUT) => {
    const flow = sampleFlow({ in: 'interface.call', back: 'control.reply' }, ['in > back'], { flowId, name: { 'zh-CN': en, en }, layout });
    const body = sealJson(seal, drafts, flowId, flow);
    const record = { _id: flowId, revision, contentHash: contentHash(flow), body, updatedAt: revision, updatedBy: `by ${revision}` };
    await (revision === 1 ? drafts.insert(record) : drafts.replaceIf(record, { revision: revision - 1 }));
  };
  const ids = Array.from({ length: 120 }, (_, index) => `flw_${String(index).padStart(3, '0')}`);
  for (const flowId of ids) await save(flowId, 1, 'first');
  const read = createDraftHeads({ ...stores, drafts });
  assert.deepEqual(
    (await read()).map(({ record }) => record._id),
    ids,
  );
  assert.deepEqual(sealed, { openText: 120, bodies: 120 });
  await read();
  await save('flw_007', 2, 'second');
  await drafts.remove('flw_008');
  await drafts.remove('flw_009');
  await save('flw_009', 1, 'made again');
  await save('flw_010', 2, 'first', { ...LAYOUT, nodes: { n_in: [1, 2] } });
  const heads = await read();
  assert.deepEqual(sealed, { openText: 122, bodies: 122 });
  assert.deepEqual(
    heads.slice(7, 10).map(({ record, flow }) => [record._id, record.updatedBy, flow.name.en]),
    [
      ['flw_007', 'by 2', 'second'],
      ['flw_009', 'by 1', 'made again'],
      ['flw_010', 'by 2', 'first'],
    ],
  );
  assert.equal(heads.length, 119);
});
