/** Stores an open flow in this browser (IndexedDB). If the browser crashes, nothing is lost and undo still works. */
import { get, set } from 'idb-keyval';
import type { KeptDraft } from '../../model/history/draft-recovery.ts';
import { draftDatabase } from './draft-database.ts';

export interface DraftStore {
  /** Reads the stored draft. It is not validated; `recoverDraft` does that. */
  read(): Promise<unknown>;
  /**
   * Stores a draft. Writes run one after the other. Of the drafts that wait for a write, only the newest is written.
   */
  write(draft: KeptDraft): void;
}

/** Opens the stored draft of one flow. Each account has its own draft. */
export function openDraftStore(account: string, flowId: string): DraftStore {
  const [database, key] = [draftDatabase(), `${account} ${flowId}`];
  let next: KeptDraft | undefined;
  let isWriting = false;
  const writeAll = async () => {
    isWriting = true;
    // Wait until the running code has ended. Several calls of `write` in this code then cause a single write of the
    // newest draft.
    await Promise.resolve();
    for (let draft = next; draft !== undefined; draft = next) {
      next = undefined;
      try {
        await set(key, draft, database);
      } catch {
        // If the browser's storage is full, the error is ignored and the user continues to edit: the server gets the
        // draft within a second anyway.
      }
    }
    isWriting = false;
  };
  return {
    read: () => get<unknown>(key, database),
    write(draft) {
      next = draft;
      if (!isWriting) void writeAll();
    },
  };
}
