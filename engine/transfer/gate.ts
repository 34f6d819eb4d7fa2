/**
 * The gate between a process and its store. While a store in use is copied, the copy must know which documents the
 * process changes, and must be able to pause the process for a moment. When no copy runs, the gate costs one comparison
 * per operation.
 */
import { AppError } from '../contract/values/errors.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { openCollectionList, type CollectionList } from './collection-list.ts';

export interface Gate {
  /** The documents, read and written through the gate. All parts of this process must use these. */
  readonly documents: Documents;
  /** Every collection ever opened in this store, by any version of the product. */
  readonly collections: CollectionList;
  /**
   * Starts recording which documents are written. Only one tracker can run at a time. Throws STORE_COPYING (input) if
   * another one runs.
   */
  track(): ChangeTracker;
  /**
   * Refuses writes with the error that `error` returns: either all writes, or only inserts into some collections (new
   * work). Reads continue.
   */
  refuse(what: 'everything' | { readonly insertsInto: readonly string[] }, error: () => AppError): void;
  /**
   * Redirects one collection to another store while the other collections are refused, because the records of a move
   * must go to the new store.
   */
  redirect(name: string, to: Documents): Promise<void>;
  /**
   * Pauses all operations, including reads, so that they see the writes made before the pause. Returns a function that
   * resumes them.
   */
  hold(): () => void;
  /** Ends `refuse` and lets all writes through. */
  reopen(): void;
  /** Resolves when no write is in flight. */
  idle(): Promise<void>;
}

/**
 * By collection, the ids of documents that were written. Undefined if there were too many to record; then everything
 * must be compared.
 */
export type Changes = ReadonlyMap<string, ReadonlySet<string>> | undefined;

export interface ChangeTracker {
  /** Returns the documents that were written since the last call, including writes in flight. */
  take(): Changes;
  stop(): void;
}

/** Maximum number of recorded ids. They take about 100 MB. */
const MAX_CHANGES = 1_000_000;

interface GateState {
  tracker: ReturnType<typeof createTracker> | undefined;
  refused: { readonly what: Parameters<Gate['refuse']>[0]; readonly error: () => AppError } | undefined;
  held: Promise<void> | undefined;
  readonly redirected: Map<string, Collection<StoredDocument>>;
  pending: number;
  onIdle: (() => void)[];
}

/** Opens the gate. `known` are collections in the store that its list may not name. */
export async function openGate(documents: Documents, known: readonly CollectionSpec<StoredDocument>[] = []): Promise<Gate> {
  const collections = await openCollectionList(documents);
  for (const spec of known) await collections.add(spec);
  const state: GateState = { tracker: undefined, refused: undefined, held: undefined, redirected: new Map(), pending: 0, onIdle: [] };
  let isQuiet = true;
  const update = () => void (isQuiet = !state.tracker && !state.refused && !state.held);

  const guarded: Documents = {
    async open<T extends StoredDocument>(spec: CollectionSpec<T>): Promise<Collection<T>> {
      const collection = await documents.open(spec);
      await collections.add(spec);
      return guardCollection(collection, state, () => isQuiet);
    },
    isExclusive: documents.isExclusive,
    counters: documents.counters,
    ping: () => documents.ping(),
    close: () => documents.close(),
  };

  return {
    documents: guarded,
    collections,
    track() {
      if (state.tracker)
        throw new AppError('STORE_COPYING', 'input', 'This store is already being copied.', { fix: 'Wait until the copy has ended.' });
      const tracker = (state.tracker = createTracker());
      update();
      return {
        take: () => tracker.take(),
        stop() {
          if (state.tracker === tracker) state.tracker = undefined;
          update();
        },
      };
    },
    refuse(what, error) {
      state.refused = { what, error };
      update();
    },
    reopen() {
      state.refused = undefined;
      update();
    },
    async redirect(name, to) {
      const spec = collections.all().find((known) => known.name === name);
      if (spec) state.redirected.set(name, await to.open(spec));
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      state.held = promise;
      update();
      return () => {
        if (state.held === promise) state.held = undefined;
        update();
        resolve();
      };
    },
    idle: () => (state.pending === 0 ? Promise.resolve() : new Promise((resolve) => state.onIdle.push(resolve))),
  };
}

function guardCollection<T extends StoredDocument>(inner: Collection<T>, state: GateState, isQuiet: () => boolean): Collection<T> {
  const { name } = inner;

  async function write<R>(id: string, isInsert: boolean, action: (collection: Collection<T>) => Promise<R>): Promise<R> {
    if (state.held) await state.held;
    const { refused, tracker } = state;
    const other = state.redirected.get(name) as Collection<T> | undefined;
    if (other) return action(other);
    if (refused && (refused.what === 'everything' || (isInsert && refused.what.insertsInto.includes(name)))) throw refused.error();
    state.pending++;
    // Record the id before the write, which may take effect at any time from now on. Record it again after the write,
    // because a copy taken in between may contain the old version.
    tracker?.add(name, id);
    try {
      return await action(inner);
    } finally {
      tracker?.add(name, id);
      if (--state.pending === 0) for (const resolve of state.onIdle.splice(0)) resolve();
    }
  }

  async function read<R>(action: (collection: Collection<T>) => Promise<R>): Promise<R> {
    if (state.held) await state.held;
    return action((state.redirected.get(name) as Collection<T> | undefined) ?? inner);
  }

  return {
    name,
    get: (id) => (isQuiet() ? inner.get(id) : read((to) => to.get(id))),
    find: (filter, options) => (isQuiet() ? inner.find(filter, options) : read((to) => to.find(filter, options))),
    count: (filter, limit) => (isQuiet() ? inner.count(filter, limit) : read((to) => to.count(filter, limit))),
    insert: (document, options) =>
      isQuiet() ? inner.insert(document, options) : write(document._id, true, (to) => to.insert(document, options)),
    replaceIf: (document, match, options) =>
      isQuiet() ? inner.replaceIf(document, match, options) : write(document._id, false, (to) => to.replaceIf(document, match, options)),
    patchIf: (id, match, patch, options) =>
      isQuiet() ? inner.patchIf(id, match, patch, options) : write(id, false, (to) => to.patchIf(id, match, patch, options)),
    remove: (id, match) => (isQuiet() ? inner.remove(id, match) : write(id, false, (to) => to.remove(id, match))),
  };
}

function createTracker() {
  let changes = new Map<string, Set<string>>();
  let size = 0;
  return {
    add(collection: string, id: string) {
      if (size > MAX_CHANGES) return;
      let ids = changes.get(collection);
      if (!ids) changes.set(collection, (ids = new Set()));
      const before = ids.size;
      ids.add(id);
      size += ids.size - before;
      if (size > MAX_CHANGES) changes.clear();
    },
    take(): Changes {
      const taken = size > MAX_CHANGES ? undefined : changes;
      changes = new Map();
      size = 0;
      return taken;
    },
  };
}
