/** Limits the requests of one person: twenty open ones, and two hundred including those that have ended. */
import { createKeyTurns } from './create-key-turns.ts';
import { askedAlready, tooMany } from './request-errors.ts';
import { ENDED } from './request-pages.ts';
import type { RequestBody, RequestRecord, RequestStore } from './request-store.ts';

const MOST_OPEN = 20;
const MOST_KEPT = 200;

export interface RequestKeeper {
  /** REQUESTS_FULL (input). */
  requireRoom(by: string): Promise<void>;
  /**
   * REQUESTS_FULL and REQUEST_ASKED_ALREADY (input). Removes the oldest ended requests first: the audit trail still
   * has them all.
   */
  keep(record: RequestRecord, input: unknown): Promise<void>;
}

export function createRequestKeeper(requests: RequestStore): RequestKeeper {
  const { records } = requests;
  // Requests that one person sends at once are counted one after the other.
  const turns = createKeyTurns(MOST_OPEN);

  async function requireRoom(by: string, mostBefore = MOST_OPEN - 1): Promise<void> {
    if ((await records.count({ by, status: 'open' }, mostBefore + 1)) > mostBefore) throw tooMany(MOST_OPEN);
  }

  /** A request whose basis differs from its twin's is no duplicate: the twin has become outdated. */
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
    // Another process may have taken requests of the same person in the meantime.
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
