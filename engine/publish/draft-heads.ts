import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FlowDocument } from '../contract/flow-document.ts';
import { bodyOf, type DraftRecord, type FlowStores } from './flow-stores.ts';

/** What lists tell of a draft. */
export interface DraftHead {
  readonly record: Omit<DraftRecord, 'body'>;
  readonly flow: Pick<FlowDocument, 'name' | 'domain' | 'sharedWith' | 'mode' | 'tags'>;
}

/** Drafts may have a megabyte each: few of them are in memory at once. */
const PAGE = 50;
const SLICE_MS = 5;
/** The end of a sealed text is another one for each save. */
const TAIL_CHARS = 64;

/**
 * Reads the heads of all drafts, in order of their ids. A draft is opened and parsed once for each save, a few milliseconds at a time: a
 * list is read with nearly every page and action, and hundreds of large drafts take seconds.
 */
export function createDraftHeads(stores: FlowStores): () => Promise<readonly DraftHead[]> {
  let known = new Map<string, { readonly save: string; readonly head: DraftHead }>();

  function headOf(draft: DraftRecord): DraftHead {
    const { body: _body, ...record } = draft;
    const { name, domain, sharedWith, mode, tags } = bodyOf(stores, draft)!;
    return { record, flow: { name, domain, ...(sharedWith === undefined ? {} : { sharedWith }), mode, tags } };
  }

  return async () => {
    const next: typeof known = new Map();
    let sliceEnds = performance.now() + SLICE_MS;
    for (let after: string | undefined; ;) {
      const page = await stores.drafts.find({}, { sort: ['_id'], limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const draft of page) {
        const save = [draft.revision, draft.contentHash, draft.updatedAt, draft.body.length, draft.body.slice(-TAIL_CHARS)].join();
        const before = known.get(draft._id);
        next.set(draft._id, before?.save === save ? before : { save, head: headOf(draft) });
        if (performance.now() < sliceEnds) continue;
        await nextTurn();
        sliceEnds = performance.now() + SLICE_MS;
      }
      after = page.at(-1)?._id;
      if (page.length < PAGE) break;
    }
    known = next;
    return [...next.values()].map(({ head }) => head);
  };
}
