import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { createMarker, MARK_FIELD, type Marker } from './create-marker.ts';
import { createIntegrityState, type IntegrityState } from './integrity-state.ts';
import { MARKED_COLLECTIONS } from './marked-collections.ts';
import { openMarkedDocuments } from './marked-documents.ts';
import { createRevisions, type Revisions } from './revisions.ts';

/** What is stored about the marks of a store. */
interface StoredState extends StoredDocument {
  /** Distinguishes the stores of one installation: each has its own head of the audit trail. */
  readonly storeId: string;
  /**
   * The time when marks were enforced: from then on, documents without a valid mark are not used. Absent while
   * processes of the previous version may run.
   */
  readonly enforcedAt?: number;
  readonly mac: string;
}

/** Why no process may start work (see `hold`): the problem found and the affected audit lines, for people to read. */
export type Held = Readonly<Record<string, string | number>>;

interface StoredHold extends StoredDocument {
  readonly storeId: string;
  readonly problem: Held;
  readonly mac: string;
}

export const integritySpec: CollectionSpec<StoredState> = {
  name: 'integrity',
  schema: Type.Object({ _id: Type.String(), storeId: Type.String(), mac: Type.String() }, { additionalProperties: true }),
  indexes: [],
};

/** A store has at most one hold. It is stored in the same collection as `StoredState`. */
const holdsSpec: CollectionSpec<StoredHold> = { name: integritySpec.name, schema: integritySpec.schema, indexes: [] };

export interface Integrity {
  readonly storeId: string;
  /**
   * True if the store had no state about its marks. Then the store is new or from the previous version, or the state
   * was removed.
   */
  readonly isNewState: boolean;
  readonly marker: Marker;
  readonly state: IntegrityState;
  readonly revisions: Revisions;
  /** The documents with their marks. All code outside this folder must use these. */
  readonly documents: Documents;
  /** Returns a time: payloads stored after it must be bound to their place. Returns undefined if none need to be. */
  boundSince(): number | undefined;
  /**
   * Makes all processes start no work until `release`. Called when the audit trail was tampered with; `problem` says
   * how.
   */
  hold(problem: Held): Promise<void>;
  release(): Promise<void>;
  held(): Promise<Held | undefined>;
  /**
   * Enforces marks: from now on no process uses documents without a valid mark. Other processes notice this within a
   * minute.
   */
  commit(enforcedAt?: number): Promise<void>;
  stop(): void;
}

export interface IntegrityDeps {
  /** The documents as the storage returns them; each is stored with its mark. */
  readonly documents: Documents;
  /** Every collection of the store. */
  readonly collections: () => readonly CollectionSpec<StoredDocument>[];
  readonly kek: Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
  /** True if nothing was ever sealed in this store, so that no earlier version has used it. */
  readonly isNew: boolean;
  /** Prevents processes of the previous version from using the store, before marks are enforced. */
  refuseOlder(): Promise<void>;
}

const ID = 'store';
const HOLD = 'hold';
const LOOK_EVERY_MS = 60_000;

export async function openIntegrity(deps: IntegrityDeps): Promise<Integrity> {
  const { clock, logger } = deps;
  const marker = createMarker(deps.kek);
  const state = createIntegrityState({ now: () => clock.now(), logger });
  const revisions = createRevisions(clock);
  const stored = await deps.documents.open(integritySpec);
  const found = await readOrMake(stored, marker, deps);
  let known = found.state;

  function apply(next: StoredState): void {
    known = next;
    if (!isGenuine(marker, next)) state.report(integritySpec.name, ID, 'changed');
    else if (next.enforcedAt === undefined) return;
    state.enforce();
  }

  async function look(): Promise<void> {
    const next = await stored.get(ID);
    if (next !== undefined) apply(next);
  }

  async function commit(enforcedAt = clock.now()): Promise<void> {
    await deps.refuseOlder();
    const next = withMac(marker, { _id: ID, storeId: known.storeId, enforcedAt });
    const { inserted } = await stored.insert(next, { durability: 'full' });
    if (inserted) return apply(next);
    await stored.replaceIf(next, { enforcedAt: { exists: false } }, { durability: 'full' });
    await look();
    state.enforce();
  }

  // The store has documents with marks, but no state. So this version has used the store before, and the state was
  // removed.
  if (found.isWordLost) state.report(integritySpec.name, ID, 'removed');
  apply(known);
  if (deps.isNew && !state.isEnforced()) await commit();
  else if (state.isEnforced()) await deps.refuseOlder();
  const stop = state.isEnforced() ? () => {} : lookEveryMinute(look, () => state.isEnforced(), deps);
  return {
    storeId: known.storeId,
    isNewState: found.isNew,
    marker,
    state,
    revisions,
    documents: openMarkedDocuments(deps.documents, { marker, state, revisions }),
    ...holds(await deps.documents.open(holdsSpec), known.storeId, marker, state),
    boundSince: () => (state.isEnforced() ? (known.enforcedAt ?? 0) : undefined),
    commit,
    stop,
  };
}

function holds(
  stored: Collection<StoredHold>,
  storeId: string,
  marker: Marker,
  state: IntegrityState,
): Pick<Integrity, 'hold' | 'release' | 'held'> {
  const macOf = (hold: Omit<StoredHold, 'mac'>) => marker.macOf(`${integritySpec.name} ${HOLD}`, hold);
  return {
    async hold(problem) {
      const hold = { _id: HOLD, storeId, problem };
      const signed: StoredHold = { ...hold, mac: macOf(hold) };
      const { inserted } = await stored.insert(signed, { durability: 'full' });
      if (!inserted) await stored.replaceIf(signed, {}, { durability: 'full' });
    },
    release: async () => void (await stored.remove(HOLD)),
    async held() {
      const found = await stored.get(HOLD);
      if (found === undefined) return undefined;
      const { mac, ...hold } = found;
      if (macOf(hold) === mac) return hold.problem;
      // A hold without a valid MAC is ignored. Otherwise anybody who can write to the store could stop all work with a
      // forged hold.
      state.report(integritySpec.name, HOLD, 'changed');
      return undefined;
    },
  };
}

async function readOrMake(
  stored: Collection<StoredState>,
  marker: Marker,
  { documents, collections, clock }: IntegrityDeps,
): Promise<{ readonly state: StoredState; readonly isNew: boolean; readonly isWordLost?: boolean }> {
  const known = await stored.get(ID);
  if (known !== undefined) return { state: known, isNew: false };
  const isWordLost = await hasMarks(documents, collections());
  const own = { _id: ID, storeId: `store_${clock.now()}_${randomUUID()}` };
  const made = withMac(marker, isWordLost ? { ...own, enforcedAt: clock.now() } : own);
  if ((await stored.insert(made, { durability: 'full' })).inserted) return { state: made, isNew: true, isWordLost };
  return { state: (await stored.get(ID)) ?? made, isNew: false };
}

async function hasMarks(documents: Documents, collections: readonly CollectionSpec<StoredDocument>[]): Promise<boolean> {
  for (const spec of collections) {
    if (!MARKED_COLLECTIONS.has(spec.name)) continue;
    const [marked] = await (await documents.open(spec)).find({ [MARK_FIELD]: { exists: true } }, { limit: 1 });
    if (marked !== undefined) return true;
  }
  return false;
}

function withMac(marker: Marker, state: Omit<StoredState, 'mac'>): StoredState {
  return { ...state, mac: marker.macOf(integritySpec.name, state) };
}

function isGenuine(marker: Marker, { mac, ...state }: StoredState): boolean {
  return marker.macOf(integritySpec.name, state) === mac;
}

/** Reads the state every minute, because another process may enforce marks. */
function lookEveryMinute(look: () => Promise<void>, isDone: () => boolean, { clock, logger }: IntegrityDeps): () => void {
  let isStopped = false;
  let cancel = clock.after(LOOK_EVERY_MS, again);
  function again(): void {
    look()
      .catch((error: unknown) => logger.debug('integrity.level-unknown', { code: toErrorRecord(error).code }))
      .finally(() => {
        if (!isStopped && !isDone()) cancel = clock.after(LOOK_EVERY_MS, again);
      });
  }
  return () => {
    isStopped = true;
    cancel();
  };
}
