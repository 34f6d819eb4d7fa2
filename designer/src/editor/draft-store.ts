/** The history of an open flow in this browser (IndexedDB): a browser that is killed loses nothing, and undo still works afterwards. */
import { del, get, set } from 'idb-keyval';
import type { History } from '../model/flow-history.ts';
import { fromStored, toStored, type StoredHistory } from '../model/stored-history.ts';
import { draftDatabase } from './draft-database.ts';

interface StoredDraft {
  readonly history: StoredHistory;
  readonly isSaved: boolean;
}

export interface KeptDraft {
  readonly history: History;
  /** The server has this document. */
  readonly isSaved: boolean;
}

export interface DraftStore {
  read(): Promise<KeptDraft | undefined>;
  /** Written one after the other; what is overtaken by a newer one is left out. */
  write(draft: KeptDraft): void;
  remove(): Promise<void>;
}

/** One entry for each account and flow. */
export function openDraftStore(account: string, flowId: string): DraftStore {
  const [database, key] = [draftDatabase(), `${account} ${flowId}`];
  let next: KeptDraft | undefined;
  let isWriting = false;
  const writeAll = async () => {
    isWriting = true;
    for (let draft = next; draft !== undefined; draft = next) {
      next = undefined;
      await set(key, { history: toStored(draft.history), isSaved: draft.isSaved } satisfies StoredDraft, database);
    }
    isWriting = false;
  };
  return {
    async read() {
      const stored = await get<StoredDraft>(key, database);
      const history = stored === undefined ? undefined : fromStored(stored.history);
      return history === undefined || stored === undefined ? undefined : { history, isSaved: stored.isSaved };
    },
    write(draft) {
      next = draft;
      // A browser without room keeps working: the server's copy follows within a second.
      if (!isWriting) void writeAll().catch(() => (isWriting = false));
    },
    remove: () => del(key, database),
  };
}
