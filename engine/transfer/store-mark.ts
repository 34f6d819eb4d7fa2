/** A store's mark, if it is not simply in use: it is being filled by a copy, or was left for another one. */
import { Type } from 'typebox';
import { AppError } from '../contract/values/errors.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';

/**
 * `receiving`: a copy into it has started and not ended. `moved`: everything went to `other`; writing here is no
 * longer allowed. `ready`: the copy has ended, and it is in use. No mark: an ordinary store.
 */
export interface StoreMark extends StoredDocument {
  readonly state: 'receiving' | 'moved' | 'ready';
  /** The same in both stores of one move. */
  readonly moveId: string;
  /** Address of the other store, or the name of the backup. */
  readonly other: string;
  readonly at: number;
}

const MARK_ID = 'store';

export const storeMarksSpec: CollectionSpec<StoreMark> = {
  name: 'store_marks',
  schema: Type.Object({ _id: Type.String(), state: Type.String(), moveId: Type.String(), other: Type.String(), at: Type.Integer() }),
  indexes: [],
};

export interface StoreMarks {
  read(): Promise<StoreMark | undefined>;
  /** Resolves when the mark would survive a power cut. */
  write(mark: Omit<StoreMark, '_id'>): Promise<void>;
}

export async function openStoreMarks(documents: Documents): Promise<StoreMarks> {
  const stored: Collection<StoreMark> = await documents.open(storeMarksSpec);
  return {
    read: () => stored.get(MARK_ID),
    async write(mark) {
      const document = { _id: MARK_ID, ...mark };
      const { inserted } = await stored.insert(document, { durability: 'full' });
      if (!inserted) await stored.replaceIf(document, {}, { durability: 'full' });
    },
  };
}

/** STORE_MOVED, STORE_RECEIVING (input): a store that was left, or is half filled, cannot be used. */
export function refuseMarked(mark: StoreMark | undefined): void {
  if (mark?.state === 'moved') throw storeMoved(mark.other);
  if (mark?.state === 'receiving') {
    throw new AppError('STORE_RECEIVING', 'input', `Copying from ${mark.other} into this store has not ended.`, {
      values: { from: mark.other },
      fix: 'Run the same move or restore again: it goes on where it stopped. Until then start on the old store.',
    });
  }
}

export function storeMoved(to: string): AppError {
  return new AppError('STORE_MOVED', 'input', `Everything in this store was moved to ${to}.`, {
    values: { to },
    fix: `Set KQ_STORE_ADDRESS to ${to}. If a move was broken off, run the same move again: it ends by itself.`,
  });
}

/** The same move was requested again after its end. */
export function moveEnded(to: string): AppError {
  return new AppError('STORE_MOVED', 'input', `This move has ended: everything in this store is at ${to}.`, {
    values: { to, problem: 'ended' },
    fix: `Nothing is left to be moved. Set KQ_STORE_ADDRESS to ${to} and start.`,
  });
}

/** Used while the last changes are carried over. As with a store that is down, callers try again. */
export function storeMoving(): AppError {
  return new AppError('STORE_MOVING', 'transient', 'The store is being exchanged; nothing was stored.', {
    fix: 'Send it again in a few seconds.',
    retryAfterMs: 5_000,
  });
}
