/** Limits the requests of one person to 20 open ones, and to 200 including those that have ended. */
import { createKeyTurns } from './create-key-turns.ts';
import { askedAlready, tooMany } from './request-errors.ts';
import { ENDED } from './request-pages.ts';
import type { RequestBody, RequestRecord, RequestStore } from './request-store.ts';

const MOST_OPEN = 20;
const MOST_KEPT = 200;

export interface RequestKeeper {
  /** Rejects with REQUESTS_FULL (input) if the person has too many open requests. */
  requireRoom(by: string): Promise<void>;
  /**
   * Stores a request. Rejects with REQUESTS_FULL or REQUEST_ASKED_ALREADY (input). If there are too many requests,
   * removes the oldest ended ones; the audit trail still has them.
   */
  keep(record: RequestRecord, input: unknown): Promise<void>;
}

export function createRequestKeeper(requests: RequestStore): RequestKeeper {
  const { records } = requests;
  // Requests that one person sends at the same time are counted one after the other.
  const turns = createKeyTurns(MOST_OPEN);

  async function requireRoom(by: string, mostBefore = MOST_OPEN - 1): Promise<void> {
    if ((await records.count({ by, status: 'open' }, mostBefore + 1)) > mostBefore) throw tooMany(MOST_OPEN);
  }

  /**
   * Rejects with REQUEST_ASKED_ALREADY (input) if the person has an open request for the same change of the same state.
   * If the state has changed since an open request was made, that request is outdated, and the new one is not a
   * duplicate.
   */
  async function requireNew(record: RequestRecord): Promise<void> {
    const { wanted, digest } = requests.open(record, 'body') as RequestBody;
    const { by, action } = record;
    for (const open of await records.find({ by, action, status: 'open' }, { limit: MOST_OPEN })) {
      const body = requests.open(open, 'body') as RequestBody;
      if (body.wanted === wanted && body.digest === digest) throw askedAlready(open);
    }
  }

  async function dropOldest(by: string): Promise<void> {
    while ((await records.count({ by }, MOST_KEPT)) >= MOST_KEPT) {
      const [oldest] = await records.find({ by, status: { in: ENDED } }, { sort: ['at'], limit: 1 });
      if (oldest === undefined) throw tooMany(MOST_OPEN);
      await records.remove(oldest._id);
    }
  }

  async function keepInTurn(record: RequestRecord, input: unknown): Promise<void> {
    const { _id: requestId, by, expiresAt } = record;
    await requireRoom(by);
    await requireNew(record);
    await dropOldest(by);
    await requests.keepInput(requestId, input, expiresAt);
    await records.insert(record, { durability: 'full' });
    // Another process may have stored requests of the same person in the meantime.
    await requireRoom(by, MOST_OPEN).catch(async (error: unknown) => {
      await records.remove(requestId);
      await requests.dropInput(record);
      throw error;
    });
  }

  return {
    requireRoom: (by) => requireRoom(by),
    async keep(record, input) {
      const kept = turns.run(record.by, () => keepInTurn(record, input));
      if (kept === undefined) throw tooMany(MOST_OPEN);
      await kept;
    },
  };
}
