/**
 * Moves everything from one store to another while it is in use. Nothing is lost and nothing runs twice, because at
 * most one of the two stores can be opened at any time. The new store is marked as receiving before its first document
 * is written. When both stores are equal and all writes have stopped, the old store is marked as moved. Only then is
 * the new store marked as ready. To continue an interrupted move, make the same call again.
 */
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import { createTimedId } from '../contract/values/ids.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { Documents } from '../contract/ports/documents.ts';
import type { KeptEntry, SharedState } from '../contract/ports/shared-state.ts';
import { freeCopiedLeases } from '../ownership/leases.ts';
import { carryShared, type CarriedShared } from './carry-shared.ts';
import { openCollectionList } from './collection-list.ts';
import { compareBlobs, copyBlobs, type BlobPair } from './copy-blobs.ts';
import {
  compareCollection,
  compareDocuments,
  copyCollection,
  copyDocuments,
  type Comparison,
  type Pair,
  type Walk,
} from './copy-collection.ts';
import type { Changes, ChangeTracker, Gate } from './gate.ts';
import { hasDocuments, storeNotEmpty } from './require-empty.ts';
import { digestText } from './set-digest.ts';
import { moveEnded, openStoreMarks, storeMarksSpec, storeMoved, type StoreMarks } from './store-mark.ts';

export interface MoveOptions {
  /** `documents` is the store itself, not the view through the gate. */
  readonly source: { readonly address: string; readonly documents: Documents; readonly blobs: Blobs; kept(): AsyncIterable<KeptEntry> };
  /** `sharedState` is absent if both stores use the same one. */
  readonly target: { readonly address: string; readonly documents: Documents; readonly blobs: Blobs; readonly sharedState?: SharedState };
  /** The traffic of this process on the source; absent if the source is not in use. */
  readonly traffic?: MoveTraffic;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: MoveProgress) => void;
}

export interface MoveTraffic {
  readonly gate: Gate;
  /** Takes no new work and waits for work in flight to settle. */
  drain(): Promise<void>;
  /** Refuses all writes, after `drain` and until the process uses the new store. */
  pause(): void;
}

/** The stages in their order; `copy` and `compare` report each collection. */
export type MoveStage = 'begin' | 'copy' | 'payloads' | 'catch-up' | 'compare' | 'drain' | 'last' | 'leave' | 'enter' | 'done';

export interface MoveProgress {
  readonly stage: MoveStage;
  readonly collection?: string;
  readonly documents?: number;
  readonly total?: number;
}

export interface MovedCollection {
  readonly collection: string;
  readonly documents: number;
  /** Digest of the collection's documents, independent of their order. It is equal in both stores. */
  readonly digest: string;
}

export interface MoveReport {
  readonly moveId: string;
  readonly from: string;
  readonly to: string;
  readonly collections: readonly MovedCollection[];
  readonly blobs: number;
  /**
   * Documents written while the stores were compared under traffic. They were compared again one by one, without
   * traffic.
   */
  readonly lastChanges: number;
  readonly shared: CarriedShared;
  /** How long no work was accepted before the new store was ready, in milliseconds. */
  readonly pausedMs: number;
}

/** If there are fewer documents than this, all are compared again without traffic, which takes a second or two. */
const COMPARE_ALL = 20_000;
/** Maximum number of changes that may be left to copy without traffic. */
const FEW_CHANGES = 200;
const MAX_ROUNDS = 20;
/**
 * Documents that expire within this time are left out of a comparison, because each store removes them at its own time.
 */
const EXPIRY_MARGIN_MS = 600_000;

/**
 * Moves the store. Rejects with STORE_NOT_EMPTY, STORE_MOVED or STORE_RECEIVING (input) if the state of a store does
 * not allow the move, and with STORE_COPY_DIFFERS (bug) if the stores are not equal at the end. After a rejection the
 * old store is unchanged and `traffic` may continue with it, unless the last reported stage was `enter`.
 */
export async function moveStore(options: MoveOptions): Promise<MoveReport> {
  const { source, target, clock, traffic } = options;
  const marks = { source: await openStoreMarks(source.documents), target: await openStoreMarks(target.documents) };
  const moveId = await begin(options, marks);
  const tracker = traffic?.gate.track();
  try {
    const copy = new GrowingCopy(options, tracker);
    await copy.underTraffic();
    const pausedAt = clock.monotonic();
    if (traffic) {
      options.onProgress({ stage: 'drain' });
      await traffic.drain();
      traffic.pause();
      await traffic.gate.idle();
    }
    options.onProgress({ stage: 'last' });
    const last = await copy.last();
    const shared = target.sharedState ? await carryShared(source.kept(), target.sharedState, clock) : NOTHING;
    await freeCopiedLeases(target.documents);
    options.signal.throwIfAborted();
    options.onProgress({ stage: 'leave' });
    await marks.source.write({ state: 'moved', moveId, other: target.address, at: clock.now() });
    options.onProgress({ stage: 'enter' });
    await marks.target.write({ state: 'ready', moveId, other: source.address, at: clock.now() });
    options.onProgress({ stage: 'done' });
    const pausedMs = Math.round(clock.monotonic() - pausedAt);
    return { moveId, from: source.address, to: target.address, ...last, shared, pausedMs };
  } finally {
    tracker?.stop();
  }
}

const NOTHING: CarriedShared = { claims: 0, leases: 0 };

interface Marks {
  readonly source: StoreMarks;
  readonly target: StoreMarks;
}

/**
 * Starts the move and returns its id. If an earlier attempt at this move was interrupted, returns the id of that
 * attempt.
 */
async function begin({ source, target, traffic, clock, onProgress }: MoveOptions, marks: Marks): Promise<string> {
  onProgress({ stage: 'begin' });
  const [old, fresh] = [await marks.source.read(), await marks.target.read()];
  if (old?.state === 'moved' && (traffic || fresh?.moveId !== old.moveId)) throw storeMoved(old.other);
  if (old?.state === 'receiving') throw storeNotEmpty(old.other);
  if (fresh?.state === 'receiving' && (fresh.other === source.address || fresh.moveId === old?.moveId)) return fresh.moveId;
  // The move has already ended.
  if (fresh?.state === 'ready' && fresh.moveId === old?.moveId) throw moveEnded(target.address);
  if (fresh || (await hasDocuments(target.documents))) throw storeNotEmpty(target.address);
  const moveId = createTimedId('mov', clock.now());
  await marks.target.write({ state: 'receiving', moveId, other: source.address, at: clock.now() });
  return moveId;
}

/** Ids of documents, by collection. */
type Ids = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The copy during the move: which documents are not yet known to be equal in both stores, and the results of the
 * comparison.
 */
class GrowingCopy {
  readonly #options: MoveOptions;
  readonly #tracker: ChangeTracker | undefined;
  readonly #blobs: BlobPair;
  readonly #opened = new Map<string, Pair>();
  #compared = new Map<string, Comparison>();
  /** Documents that were written, or found different, since the comparison, and are not yet known to be equal. */
  #unequal: Ids = new Map();

  constructor(options: MoveOptions, tracker: ChangeTracker | undefined) {
    this.#options = options;
    this.#tracker = tracker;
    this.#blobs = { source: options.source.blobs, target: options.target.blobs };
  }

  async underTraffic(): Promise<void> {
    await this.#copyAll();
    await this.#catchUp();
    await this.#compareAll();
    await this.#catchUp();
  }

  /** Finishes the copy. Call it when all writes have stopped. */
  async last(): Promise<Pick<MoveReport, 'collections' | 'blobs' | 'lastChanges'>> {
    const lastChanges = await this.#carry();
    const copied = await copyBlobs(this.#blobs, this.#options.signal);
    if (sumOf(this.#compared) <= COMPARE_ALL) await this.#compareAll();
    for (const [name, ids] of this.#unequal) if (ids.size > 0) throw differs(name);
    const [missing] = await compareBlobs(this.#blobs);
    if (missing !== undefined) throw differs(missing);
    return { collections: [...this.#compared.values()].map(toMoved), blobs: copied.blobs, lastChanges };
  }

  async #copyAll(): Promise<void> {
    const { signal, onProgress } = this.#options;
    for (const pair of await this.#pairs()) await copyCollection(pair, await this.#walk('copy', pair, 0));
    onProgress({ stage: 'payloads' });
    await copyBlobs(this.#blobs, signal, (documents) => onProgress({ stage: 'payloads', documents }));
  }

  async #compareAll(): Promise<void> {
    this.#compared = new Map();
    for (const pair of await this.#pairs()) {
      const comparison = await compareCollection(pair, await this.#walk('compare', pair, EXPIRY_MARGIN_MS));
      this.#compared.set(pair.spec.name, comparison);
    }
    this.#unequal = new Map([...this.#compared].map(([name, { different }]) => [name, new Set(different)]));
  }

  async #catchUp(): Promise<void> {
    const { signal, onProgress } = this.#options;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      signal.throwIfAborted();
      const documents = await this.#carry();
      onProgress({ stage: 'catch-up', documents });
      if (documents < FEW_CHANGES) return;
    }
  }

  /** Copies the documents that were written meanwhile, and compares them again. Returns how many there were. */
  async #carry(): Promise<number> {
    const changes = this.#tracker ? this.#tracker.take() : NO_CHANGES;
    // There were too many changes to record, so copy and compare everything again.
    if (!changes) {
      await this.#copyAll();
      await this.#compareAll();
      return Number.POSITIVE_INFINITY;
    }
    let count = 0;
    const still = new Map<string, ReadonlySet<string>>();
    for (const pair of await this.#pairs()) {
      const { name } = pair.spec;
      const ids = new Set([...(this.#unequal.get(name) ?? []), ...(changes.get(name) ?? [])]);
      count += await copyDocuments(pair, ids);
      still.set(name, new Set(await compareDocuments(pair, ids, this.#options.clock.now() + EXPIRY_MARGIN_MS)));
    }
    this.#unequal = still;
    return count;
  }

  /** Returns all collections, including those opened meanwhile. */
  async #pairs(): Promise<readonly Pair[]> {
    const { source, target } = this.#options;
    for (const spec of (await openCollectionList(source.documents)).all()) {
      if (spec.name === storeMarksSpec.name || this.#opened.has(spec.name)) continue;
      this.#opened.set(spec.name, { spec, source: await source.documents.open(spec), target: await target.documents.open(spec) });
    }
    return [...this.#opened.values()];
  }

  async #walk(stage: MoveStage, { spec, source }: Pair, marginMs: number): Promise<Walk> {
    const { clock, signal, onProgress } = this.#options;
    const total = await source.count({}, COUNT_LIMIT);
    const tell = (documents: number) => onProgress({ stage, collection: spec.name, documents, total });
    return { expiredAt: clock.now() + marginMs, signal, onProgress: tell };
  }
}

function sumOf(compared: ReadonlyMap<string, Comparison>): number {
  return [...compared.values()].reduce((sum, { source: { documents } }) => sum + documents, 0);
}

const COUNT_LIMIT = 2_000_000_000;
const NO_CHANGES: Changes = new Map();

function toMoved({ collection, target }: Comparison): MovedCollection {
  return { collection, documents: target.documents, digest: digestText(target) };
}

function differs(what: string): AppError {
  return new AppError('STORE_COPY_DIFFERS', 'bug', `"${what}" is not the same in both stores.`, {
    values: { what },
    fix: 'Empty the new store and move again; report it with the log. The old store is untouched.',
  });
}
