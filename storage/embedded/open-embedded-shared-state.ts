import { Type } from 'typebox';
import type { Clock } from '../../engine/contract/clock.ts';
import { AppError } from '../../engine/contract/errors.ts';
import { createTimedId } from '../../engine/contract/ids.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { createMemorySharedState, type SharedStateJournal } from '../in-process/memory-shared-state.ts';

/** Claims of one moment, stored together. */
interface StoredClaims extends StoredDocument {
  readonly claims: readonly (readonly [key: string, expiresAt: number])[];
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
const TURNS_BETWEEN_ROWS = 4;

/**
 * The shared state of one process, whose claims (nonces) and fencing numbers survive its death: a claim is answered when it is stored.
 * Claims of one moment share a row, so that a claim costs a few microseconds of the store.
 */
export async function openEmbeddedSharedState(options: { readonly documents: Documents; readonly clock: Clock }): Promise<SharedState> {
  const { documents, clock } = options;
  const claims = await documents.open(claimsSpec);
  const fencing = await documents.open(fencingSpec);
  const journal: SharedStateJournal = {
    claims: (await readAll(claims)).flatMap((row) => row.claims).filter(([, expiresAt]) => expiresAt > clock.now()),
    fencing: (await readAll(fencing)).map((row) => [row._id, row.fencing]),
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

async function readAll<T extends StoredDocument>(collection: Collection<T>): Promise<readonly T[]> {
  const rows: T[] = [];
  for (let page: readonly T[] | undefined; page === undefined || page.length === PAGE;) {
    const last = page?.at(-1)?._id;
    page = await collection.find({}, { limit: PAGE, ...(last === undefined ? {} : { after: last }) });
    rows.push(...page);
  }
  return rows;
}

/**
 * What is claimed while one row is being written goes into the next, which waits some turns of the event loop: of an idle one they take
 * microseconds, of a busy one they bring more claims, and it is the row that costs.
 */
function createClaimWriter(claims: Collection<StoredClaims>, clock: Clock): SharedStateJournal['saveClaim'] {
  const waiting: { readonly claim: readonly [string, number]; readonly settle: (error?: AppError) => void }[] = [];
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

  return (key, expiresAt) =>
    new Promise((resolve, reject) => {
      waiting.push({ claim: [key, expiresAt], settle: (error) => (error ? reject(error) : resolve()) });
      if (!isWriting) void write();
    });
}

function sharedStateDown(cause: unknown): AppError {
  return new AppError('SHARED_STATE_DOWN', 'transient', 'The shared state could not be stored.', {
    fix: 'Look at the disk of the data folder; see the cause in the log.',
    retryAfterMs: 1000,
    cause,
  });
}
