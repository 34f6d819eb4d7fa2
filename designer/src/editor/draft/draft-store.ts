/** Keeps an open flow in this browser (IndexedDB): if the browser is killed, nothing is lost and undo still works. */
import { get, set } from 'idb-keyval';
import type { KeptDraft } from '../../model/history/draft-recovery.ts';
import { draftDatabase } from './draft-database.ts';

export interface DraftStore {
  /** Not validated: `recoverDraft` validates it. */
  read(): Promise<unknown>;
  /** Writes one after the other; skips drafts that a newer one has overtaken. */
  write(draft: KeptDraft): void;
}

/** One entry for each account and flow. */
export function openDraftStore(account: string, flowId: string): DraftStore {
  const [database, key] = [draftDatabase(), `${account} ${flowId}`];
  let next: KeptDraft | undefined;
  let isWriting = false;
  const writeAll = async () => {
    isWriting = true;
    // Several writes in the same turn become one.
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
      // If the browser has no room, editing continues: the server gets the copy within a second.
      if (!isWriting) void writeAll().catch(() => (isWriting = false));
    },
  };
}
