/** What this browser keeps of an open flow (IndexedDB): a browser that is killed loses nothing, and undo still works afterwards. */
import { get, set } from 'idb-keyval';
import type { KeptDraft } from '../../model/history/draft-recovery.ts';
import { draftDatabase } from './draft-database.ts';

export interface DraftStore {
  /** Unchecked: `recoverDraft` reads it. */
  read(): Promise<unknown>;
  /** Written one after the other; what is overtaken by a newer one is left out. */
  write(draft: KeptDraft): void;
}

/** One entry for each account and flow. */
export function openDraftStore(account: string, flowId: string): DraftStore {
  const [database, key] = [draftDatabase(), `${account} ${flowId}`];
  let next: KeptDraft | undefined;
  let isWriting = false;
  const writeAll = async () => {
    isWriting = true;
    // What is written again in the same turn is written once.
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
      // A browser without room keeps working: the server's copy follows within a second.
      if (!isWriting) void writeAll().catch(() => (isWriting = false));
    },
  };
}
