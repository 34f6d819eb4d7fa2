import { Type } from 'typebox';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createTimedId } from '../../engine/contract/values/ids.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { KeptEntry, SharedState } from '../../engine/contract/ports/shared-state.ts';
import { createClaims, type Claims } from '../in-process/claims.ts';
import { createMemorySharedState, type KeptClaim, type SharedStateJournal } from '../in-process/memory-shared-state.ts';

/** Claims that were made at the same time and are stored in one row. */
interface StoredClaims extends StoredDocument {
  readonly claims: readonly KeptClaim[];
  readonly expiresAt: number;
}

interface StoredFencing extends StoredDocument {
  readonly fencing: number;
}

const claimsSpec: CollectionSpec<StoredClaims> = {
  name: 'shared_claims',
  schema: Type.Object({ _id: Type.String(), claims: Type.Array(Type.Unknown()), expiresAt: Type.Number() }),
  indexes: [],
  expiresAt: 'expiresAt',
};

const fencingSpec: CollectionSpec<StoredFencing> = {
  name: 'shared_fencing',
  schema: Type.Object({ _id: Type.String(), fencing: Type.Integer() }),
  indexes: [],
};

const PAGE = 1000;
const MAX_CLAIMS_A_ROW = 1000;
/** The page size is small, because these rows are large. */
const CLAIMS_PAGE = 20;
const TURNS_BETWEEN_ROWS = 4;

export interface EmbeddedSharedStateOptions {
  readonly documents: Documents;
  readonly clock: Clock;
  /** Maximum number of claims. Only tests set it; the default is the limit in `storage/in-process/claims.ts`. */
  readonly maxClaims?: number;
}

/**
 * Opens the shared state of one process. Claims (nonces) and fencing numbers survive a restart: a claim resolves once
 * it is stored. Claims made at the same time share a row, so that storing a claim takes only a few microseconds.
 */
export async function openEmbeddedSharedState(options: EmbeddedSharedStateOptions): Promise<SharedState> {
  const { documents, clock, maxClaims } = options;
  const claims = await documents.open(claimsSpec);
  const fencing = await documents.open(fencingSpec);
  const journal: SharedStateJournal = {
    claims: await readClaims(claims, clock, maxClaims),
    fencing: await readFencing(fencing),
    saveClaim: createClaimWriter(claims, clock),
    async saveFencing(name, number) {
      try {
        const { outcome } = await fencing.patchIf(name, {}, { set: { fencing: number } }, { durability: 'full' });
        if (outcome === 'no-match') await fencing.insert({ _id: name, fencing: number }, { durability: 'full' });
      } catch (cause) {
        throw sharedStateDown(cause);
      }
    },
  };
  return createMemorySharedState({ clock, journal });
}

/** Yields the stored claims and fencing numbers. */
export async function* keptEntries(documents: Documents): AsyncGenerator<KeptEntry> {
  for await (const rows of readPages(await documents.open(claimsSpec), CLAIMS_PAGE)) {
    for (const [key, endsAt, share] of rows.flatMap((row) => row.claims))
      yield { kind: 'claim', key, endsAt, ...(share === undefined ? {} : { share }) };
  }
  for await (const rows of readPages(await documents.open(fencingSpec), PAGE)) {
    for (const { _id, fencing } of rows) yield { kind: 'lease', name: _id, fencing };
  }
}

/** Reads page by page, so that millions of keys are never in memory at the same time. */
async function readClaims(stored: Collection<StoredClaims>, clock: Clock, maxClaims?: number): Promise<Claims> {
  const claims = createClaims(clock, maxClaims);
  for await (const rows of readPages(stored, CLAIMS_PAGE)) {
    for (const [key, endsAt, share] of rows.flatMap((row) => row.claims)) if (endsAt > clock.now()) claims.claim(key, endsAt, share);
  }
  return claims;
}

async function readFencing(stored: Collection<StoredFencing>): Promise<[string, number][]> {
  const numbers: [string, number][] = [];
  for await (const rows of readPages(stored, PAGE)) numbers.push(...rows.map(({ _id, fencing }): [string, number] => [_id, fencing]));
  return numbers;
}

async function* readPages<T extends StoredDocument>(collection: Collection<T>, limit: number): AsyncIterable<readonly T[]> {
  for (let page: readonly T[] | undefined; page === undefined || page.length === limit;) {
    const last = page?.at(-1)?._id;
    page = await collection.find({}, { limit, ...(last === undefined ? {} : { after: last }) });
    yield page;
  }
}

/**
 * Writes claims in batches: claims that arrive while a row is being written go into the next row. Before the next row
 * it waits some turns of the event loop. On an idle loop this takes microseconds. On a busy loop more claims arrive
 * in this time, and one larger row costs less than several rows.
 */
function createClaimWriter(claims: Collection<StoredClaims>, clock: Clock): SharedStateJournal['saveClaim'] {
  const waiting: { readonly claim: KeptClaim; readonly settle: (error?: AppError) => void }[] = [];
  let isWriting = false;

  async function write() {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MAX_CLAIMS_A_ROW);
      const row = batch.map(({ claim }) => claim);
      const expiresAt = row.reduce((latest, [, at]) => Math.max(latest, at), 0);
      let error: AppError | undefined;
      await claims
        .insert({ _id: createTimedId('clm', clock.now()), claims: row, expiresAt })
        .catch((cause: unknown) => (error = sharedStateDown(cause)));
      for (const { settle } of batch) settle(error);
      for (let turn = 0; turn < TURNS_BETWEEN_ROWS; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    isWriting = false;
  }

  return (claim) =>
    new Promise((resolve, reject) => {
      waiting.push({ claim, settle: (error) => (error ? reject(error) : resolve()) });
      if (!isWriting) void write();
    });
}

function sharedStateDown(cause: unknown): AppError {
  return new AppError('SHARED_STATE_DOWN', 'transient', 'The shared state could not be stored.', {
    fix: 'Check the disk of the data folder; the log shows the cause.',
    retryAfterMs: 1000,
    cause,
  });
}
