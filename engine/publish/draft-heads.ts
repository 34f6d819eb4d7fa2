import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FlowDocument } from '../contract/flow/flow-document.ts';
import { bodyOf, type DraftRecord, type FlowStores } from './flow-stores.ts';

/** The part of a draft that lists show. */
export interface DraftHead {
  readonly record: Omit<DraftRecord, 'body'>;
  readonly flow: Pick<FlowDocument, 'name' | 'domain' | 'sharedWith' | 'mode' | 'tags'>;
}

/**
 * The page is small, because the store reads the bodies too, although they are omitted from the result. A body may have
 * a megabyte, and other reads wait meanwhile.
 */
const PAGE = 100;

/**
 * Reads the heads of all drafts, ordered by id. Nearly every page and action needs this list, and hundreds of large
 * drafts take seconds. So a draft is read, decrypted and parsed only when its content changed, one per turn of the
 * event loop.
 */
export function createDraftHeads(stores: FlowStores): () => Promise<readonly DraftHead[]> {
  const known = new Map<string, DraftHead>();

  /** Returns undefined if the draft was removed meanwhile. */
  async function headOf(record: DraftHead['record']): Promise<DraftHead | undefined> {
    const before = known.get(record._id);
    // The hash covers everything in a head that comes from the flow.
    if (before?.record.contentHash === record.contentHash) return { record, flow: before.flow };
    const draft = await stores.drafts.get(record._id);
    await nextTurn();
    return draft && openHead(stores, draft);
  }

  return async () => {
    const heads = new Map<string, DraftHead>();
    for (let after: string | undefined; ;) {
      const page = await stores.drafts.find({}, { sort: ['_id'], limit: PAGE, omit: ['body'], ...(after === undefined ? {} : { after }) });
      for (const record of page) {
        const head = await headOf(record);
        if (head === undefined) continue;
        heads.set(record._id, head);
        // Remember the head at once, so that another call in progress need not read this draft again.
        known.set(record._id, head);
      }
      after = page.at(-1)?._id;
      if (page.length < PAGE) break;
    }
    for (const flowId of known.keys()) if (!heads.has(flowId)) known.delete(flowId);
    return [...heads.values()];
  };
}

function openHead(stores: FlowStores, draft: DraftRecord): DraftHead {
  const { body: _body, ...record } = draft;
  const { name, domain, sharedWith, mode, tags } = bodyOf(stores, draft)!;
  return { record, flow: { name, domain, ...(sharedWith === undefined ? {} : { sharedWith }), mode, tags } };
}
