/** The mark of a store that is not simply in use: a copy is filling it, or everything was moved to another store. */
import { Type } from 'typebox';
import { AppError } from '../contract/values/errors.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';

/**
 * `receiving`: a copy into this store has started and not ended. `moved`: everything was moved to `other`, and this
 * store must no longer be written. `ready`: the copy has ended, and this store is in use. An ordinary store has no
 * mark.
 */
export interface StoreMark extends StoredDocument {
  readonly state: 'receiving' | 'moved' | 'ready';
  /** Equal in the two stores of one move. */
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
  /** Resolves when the mark is stored so that it survives a power cut. */
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

/**
 * Throws STORE_MOVED (input) if everything was moved to another store, and STORE_RECEIVING (input) if a copy into the
 * store has not ended.
 */
export function refuseMarked(mark: StoreMark | undefined): void {
  if (mark?.state === 'moved') throw storeMoved(mark.other);
  if (mark?.state === 'receiving') {
    throw new AppError('STORE_RECEIVING', 'input', `Copying from ${mark.other} into this store has not ended.`, {
      values: { from: mark.other },
      fix: 'Run the same move or restore again: it continues where it stopped. Until then, start with the old store.',
    });
  }
}

export function storeMoved(to: string): AppError {
  return new AppError('STORE_MOVED', 'input', `Everything in this store was moved to ${to}.`, {
    values: { to },
    fix: `Set KQ_STORE_ADDRESS to ${to}. If a move was interrupted, run the same move again: it then completes.`,
  });
}

/** Returns the error for a move that is requested again after its end. */
export function moveEnded(to: string): AppError {
  return new AppError('STORE_MOVED', 'input', `This move is complete: everything in this store is now in ${to}.`, {
    values: { to, problem: 'ended' },
    fix: `There is nothing left to move. Set KQ_STORE_ADDRESS to ${to} and start.`,
  });
}

/** Returns the error for writes while the last changes are copied. Callers try again, as with a store that is down. */
export function storeMoving(): AppError {
  return new AppError('STORE_MOVING', 'transient', 'The store is being moved; nothing was stored.', {
    fix: 'Send it again in a few seconds.',
    retryAfterMs: 5_000,
  });
}
