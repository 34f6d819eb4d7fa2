/** Stores an open flow in this browser (IndexedDB). If the browser crashes, nothing is lost and undo still works. */
import { get, set } from 'idb-keyval';
import type { KeptDraft } from '../../model/history/draft-recovery.ts';
import { draftDatabase } from './draft-database.ts';

export interface DraftStore {
  /** Reads the stored draft. It is not validated; `recoverDraft` does that. */
  read(): Promise<unknown>;
  /** Stores a draft. Writes run one after the other; a draft is skipped if a newer one is waiting. */
  write(draft: KeptDraft): void;
}

/** Opens the entry of one account and flow. */
export function openDraftStore(account: string, flowId: string): DraftStore {
  const [database, key] = [draftDatabase(), `${account} ${flowId}`];
  let next: KeptDraft | undefined;
  let isWriting = false;
  const writeAll = async () => {
    isWriting = true;
    // Waiting here combines several writes of the same turn into one.
    await Promise.resolve();
    for (let draft = next; draft !== undefined; draft = next) {
      next = undefined;
      await set(key, draft, database);
    }
    isWriting = false;
  };
  return {
    read: () => get<unknown>(key, database),
    write(draft) {
      next = draft;
      // If the browser has no room, the user continues to edit: the server gets the draft within a second anyway.
      if (!isWriting) void writeAll().catch(() => (isWriting = false));
    },
  };
}
