/**
 * Documents in memory, for tests and for the execution model. They are deterministic: every operation is one
 * synchronous step and resolves in a microtask. Returned documents are the stored objects, deeply frozen, so changing
 * one throws a TypeError.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type {
  Collection,
  CollectionSpec,
  Documents,
  Filter,
  FindOptions,
  InsertResult,
  Patch,
  PatchResult,
  StoredDocument,
  Without,
} from '../../engine/contract/ports/documents.ts';
import {
  applyPatch,
  compareDocuments,
  matchesFilter,
  readPath,
  uniqueKey,
  withoutFields,
} from '../../engine/contract/ports/document-semantics.ts';

export interface MemoryOperation {
  readonly kind: 'get' | 'insert' | 'replaceIf' | 'patchIf' | 'find' | 'count' | 'remove';
  readonly collection: string;
  /** The id of the document; absent for find and count. */
  readonly id: string | undefined;
  /** Called once before the operation takes effect and once before its result is returned. */
  readonly phase: 'before' | 'after';
}

export interface MemoryDocumentsOptions {
  readonly clock: Clock;
  /**
   * Lets a test delay an operation, or simulate a crash of the caller between effect and result by throwing an error.
   */
  readonly onOperation?: (operation: MemoryOperation) => Promise<void> | void;
}

const SWEEP_EVERY_MS = 10_000;

interface Counters {
  writes: number;
  reads: number;
}

export function createMemoryDocuments(options: MemoryDocumentsOptions): Documents {
  const { clock, onOperation } = options;
  const tables = new Map<string, Table>();
  const counters: Counters = { writes: 0, reads: 0 };
  let isClosed = false;
  let cancelSweep = clock.after(SWEEP_EVERY_MS, sweep);

  function sweep() {
    for (const table of tables.values()) table.removeExpired(clock.now());
    cancelSweep = clock.after(SWEEP_EVERY_MS, sweep);
  }

  async function operate<R>(kind: MemoryOperation['kind'], collection: string, id: string | undefined, action: () => R): Promise<R> {
    if (onOperation) await onOperation({ kind, collection, id, phase: 'before' });
    if (isClosed) throw closedError();
    if (kind === 'get' || kind === 'find' || kind === 'count') counters.reads++;
    else counters.writes++;
    const answer = action();
    if (onOperation) await onOperation({ kind, collection, id, phase: 'after' });
    return answer;
  }

  return {
    async open<T extends StoredDocument>(spec: CollectionSpec<T>): Promise<Collection<T>> {
      const known = tables.get(spec.name);
      if (known && known.layout !== layoutOf(spec)) throw mismatch(spec.name);
      const table = known ?? createTable(spec);
      tables.set(spec.name, table);
      const { name } = spec;
      return {
        name,
        get: (id) => operate('get', name, id, () => table.get(id) as T | undefined),
        insert: (document) => operate('insert', name, document._id, () => table.insert(document)),
        replaceIf: (document, match) =>
          operate('replaceIf', name, document._id, () => table.change(document._id, match, () => document) as PatchResult<T>),
        patchIf: (id, match, patch: Patch) =>
          operate('patchIf', name, id, () => table.change(id, match, (old) => applyPatch(old, patch)) as PatchResult<T>),
        find: <K extends string>(filter: Filter, find: FindOptions<K>) =>
          operate('find', name, undefined, () => table.find(filter, find) as readonly Without<T, K>[]),
        count: (filter, limit = 10_000) => operate('count', name, undefined, () => table.count(filter, limit)),
        remove: (id, match = {}) => operate('remove', name, id, () => table.remove(id, match)),
      };
    },
    isExclusive: true,
    counters,
    async ping() {
      if (isClosed) throw closedError();
    },
    async close() {
      isClosed = true;
      cancelSweep();
    },
  };
}

type Table = ReturnType<typeof createTable>;

function createTable(spec: CollectionSpec<StoredDocument>) {
  const rows = new Map<string, StoredDocument>();
  const unique = spec.indexes.filter((index) => index.unique).map((index) => ({ ...index, owners: new Map<string, string>() }));

  function clash(document: StoredDocument): string | undefined {
    return unique.find(({ fields, owners }) => {
      const key = uniqueKey(document, fields);
      const owner = key === undefined ? undefined : owners.get(key);
      return owner !== undefined && owner !== document._id;
    })?.name;
  }

  function store(document: StoredDocument | undefined, old: StoredDocument | undefined) {
    for (const { fields, owners } of unique) {
      const before = old && uniqueKey(old, fields);
      if (before !== undefined) owners.delete(before);
      const now = document && uniqueKey(document, fields);
      if (now !== undefined) owners.set(now, document!._id);
    }
    if (document) rows.set(document._id, document);
    else rows.delete(old!._id);
  }

  return {
    layout: layoutOf(spec),
    get: (id: string) => rows.get(id),
    insert(input: StoredDocument): InsertResult {
      const document = stored(input);
      if (rows.has(document._id)) return { inserted: false, duplicateOf: 'id' };
      const index = clash(document);
      if (index !== undefined) return { inserted: false, duplicateOf: 'unique', index };
      store(document, undefined);
      return { inserted: true };
    },
    change(id: string, match: Filter, next: (old: StoredDocument) => StoredDocument): PatchResult<StoredDocument> {
      const old = rows.get(id);
      if (!old || !matchesFilter(old, match)) return { outcome: 'no-match' };
      const document = stored(next(old));
      const index = clash(document);
      if (index !== undefined) return { outcome: 'duplicate-key', index };
      store(document, old);
      return { outcome: 'patched', document };
    },
    find(filter: Filter, { sort = [], limit, after, omit }: FindOptions<string>): readonly StoredDocument[] {
      const order = compareDocuments(sort);
      const found = [...rows.values()].filter((row) => matchesFilter(row, filter)).sort(order);
      const start = after === undefined ? undefined : (rows.get(after) ?? (sort.length === 0 ? { _id: after } : undefined));
      if (after !== undefined && !start) throw cursorGone();
      const page = (start ? found.filter((row) => order(row, start) > 0) : found).slice(0, limit);
      return omit === undefined ? page : page.map((row) => Object.freeze(withoutFields(row, omit)) as StoredDocument);
    },
    count(filter: Filter, limit: number): number {
      let count = 0;
      for (const row of rows.values()) {
        if (count >= limit) break;
        if (matchesFilter(row, filter)) count++;
      }
      return count;
    },
    remove(id: string, match: Filter): boolean {
      const old = rows.get(id);
      if (!old || !matchesFilter(old, match)) return false;
      store(undefined, old);
      return true;
    },
    removeExpired(now: number) {
      const path = spec.expiresAt;
      if (path === undefined) return;
      for (const row of [...rows.values()]) {
        const at = readPath(row, path);
        if (typeof at === 'number' && at <= now) store(undefined, row);
      }
    },
  };
}

/** Returns the document as JSON would store it (without undefined fields), frozen. */
function stored(document: StoredDocument): StoredDocument {
  return deepFreeze(JSON.parse(JSON.stringify(document)) as StoredDocument);
}

function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}

function layoutOf(spec: CollectionSpec<StoredDocument>): string {
  return JSON.stringify({ indexes: spec.indexes, expiresAt: spec.expiresAt });
}

function mismatch(collection: string): AppError {
  return new AppError('STORE_SCHEMA_MISMATCH', 'bug', `Collection "${collection}" was opened before with different indexes.`, {
    values: { collection },
    fix: 'Open a collection always with the same specification.',
  });
}

function cursorGone(): AppError {
  return new AppError('STORE_CURSOR_GONE', 'input', 'The document after which the list should continue was removed in the meantime.', {
    fix: 'Read the list again from its first page.',
  });
}

function closedError(): AppError {
  return new AppError('STORE_DOWN', 'transient', 'The store is closed.', { fix: 'Open it again; operations after close() are refused.' });
}
