/**
 * Reads and writes marked documents with their marks. Every store of the product opens its collections through this
 * module, so no store needs to handle marks. A document with an invalid mark is treated as absent and is logged once.
 * All other documents stay usable.
 */
import { AppError } from '../contract/values/errors.ts';
import { applyPatch, matchesFilter, withoutFields } from '../contract/ports/document-semantics.ts';
import type {
  Collection,
  CollectionSpec,
  Documents,
  Filter,
  FindOptions,
  PatchResult,
  Scalar,
  StoredDocument,
  Without,
  WriteOptions,
} from '../contract/ports/documents.ts';
import { MARK_FIELD, markOf, withoutMark, type Marker } from './create-marker.ts';
import type { IntegrityState } from './integrity-state.ts';
import { noteChange } from './mark-changes.ts';
import { MARKED_COLLECTIONS } from './marked-collections.ts';
import type { Revisions } from './revisions.ts';

export interface MarkedDeps {
  readonly marker: Marker;
  readonly state: IntegrityState;
  readonly revisions: Revisions;
}

export function openMarkedDocuments(documents: Documents, deps: MarkedDeps): Documents {
  return {
    async open<T extends StoredDocument>(spec: CollectionSpec<T>): Promise<Collection<T>> {
      const collection = await documents.open(spec);
      return MARKED_COLLECTIONS.has(spec.name) ? markCollection(collection, deps) : collection;
    },
    isExclusive: documents.isExclusive,
    counters: documents.counters,
    ping: () => documents.ping(),
    close: () => documents.close(),
  };
}

/**
 * Maximum number of retries. Each retry means that another writer changed the document first. That does not happen so
 * many times in a row by chance.
 */
const ROUNDS = 100;

function markCollection<T extends StoredDocument>(inner: Collection<T>, { marker, state, revisions }: MarkedDeps): Collection<T> {
  const { name } = inner;

  /** Returns the document without its mark; undefined if it must not be used. */
  function open(stored: T | undefined): T | undefined {
    return stored !== undefined && isUsable(stored) ? withoutMark(stored) : undefined;
  }

  function isUsable(stored: T): boolean {
    if (!state.isEnforced()) return true;
    const { _id: id } = stored;
    const checked = marker.check(name, stored);
    if (checked !== 'valid') {
      state.report(name, id, checked);
      return false;
    }
    const { revision } = markOf(stored)!;
    revisions.raise(revision);
    if (!state.isDistrusted(name, id, revision)) return true;
    state.report(name, id, 'old');
    return false;
  }

  function markNext(document: T, before: T | undefined): T {
    return marker.mark(name, document, revisions.next(before && markOf(before)?.revision));
  }

  function noteWritten(stored: T): void {
    const { revision, mac } = markOf(stored)!;
    noteChange({ collection: name, id: stored._id, revision, mac });
  }

  /**
   * Reads the document, computes the change, and writes it only if the stored document is still the one that was read.
   */
  async function replace(id: string, match: Filter, change: (before: T) => T, options: WriteOptions | undefined): Promise<PatchResult<T>> {
    for (let round = 0; round < ROUNDS; round++) {
      const stored = await inner.get(id);
      const before = open(stored);
      if (stored === undefined || before === undefined || !matchesFilter(before, match)) return { outcome: 'no-match' };
      const next = markNext(change(before), stored);
      const result = await inner.replaceIf(next, unchanged(stored, state.isEnforced()), options);
      if (result.outcome === 'no-match') continue;
      if (result.outcome === 'duplicate-key') return result;
      noteWritten(next);
      return { outcome: 'patched', document: withoutMark(result.document) };
    }
    throw busy(name);
  }

  return {
    name,
    get: async (id) => open(await inner.get(id)),
    async insert(document, options) {
      const next = markNext(document, undefined);
      const result = await inner.insert(next, options);
      if (result.inserted) noteWritten(next);
      return result;
    },
    replaceIf: (document, match, options) => replace(document._id, match, () => document, options),
    patchIf: (id, match, patch, options) => replace(id, match, (before) => applyPatch(before, patch), options),
    find: <K extends string>(filter: Filter, { omit, ...options }: FindOptions<K>) => findUsable(inner, filter, options, open, omit),
    count: (filter, limit) => inner.count(filter, limit),
    async remove(id, match = {}) {
      for (let round = 0; round < ROUNDS; round++) {
        const stored = await inner.get(id);
        if (stored === undefined || !matchesFilter(withoutMark(stored), match)) return false;
        if (!(await inner.remove(id, unchanged(stored, state.isEnforced())))) continue;
        // An invalid mark may contain any number as revision, so its revision is not used.
        const revision = marker.check(name, stored) === 'valid' ? markOf(stored)!.revision : revisions.next();
        noteChange({ collection: name, id, revision });
        state.settle(name, id);
        return true;
      }
      throw busy(name);
    },
  };
}

/**
 * Returns a full page of usable documents, if there are enough. A page must not be shorter for another reason, because
 * callers take a shorter page for the last one. A mark covers the whole document, so fields are omitted (`omit`) only
 * after the check.
 */
async function findUsable<T extends StoredDocument, K extends string>(
  inner: Collection<T>,
  filter: Filter,
  options: FindOptions,
  open: (stored: T) => T | undefined,
  omit: readonly K[] | undefined,
): Promise<readonly Without<T, K>[]> {
  const usable: Without<T, K>[] = [];
  for (let { after } = options; ;) {
    const limit = options.limit - usable.length;
    const page = await inner.find(filter, { ...options, limit, ...(after === undefined ? {} : { after }) });
    for (const stored of page) {
      const document = open(stored);
      // Marks do not protect the indexes. So a changed index could return a document that does not match the filter;
      // check this.
      if (document !== undefined && matchesFilter(document, filter)) usable.push(withoutFields(document, omit));
    }
    if (page.length < limit || usable.length === options.limit) return usable;
    after = page.at(-1)!._id;
  }
}

/**
 * Returns a filter that matches only the document that was read. Its mark changes with every write, but a process of
 * the previous version leaves the mark unchanged. While such processes may run, the plain fields must match too,
 * because each of their writes changes at least one.
 */
function unchanged(stored: StoredDocument, isEnforced: boolean): Filter {
  const mark = markOf(stored);
  const own: Filter = mark === undefined ? { [MARK_FIELD]: { exists: false } } : { [`${MARK_FIELD}.mac`]: mark.mac };
  return isEnforced ? own : { ...own, ...plainFields(withoutMark(stored), '', 0) };
}

const PLAIN_DEPTH = 2;

function plainFields(value: object, path: string, depth: number): Record<string, Scalar> {
  const fields: Record<string, Scalar> = {};
  for (const [field, inner] of Object.entries(value)) {
    const at = `${path}${field}`;
    if (typeof inner === 'string' || typeof inner === 'number' || typeof inner === 'boolean') fields[at] = inner;
    else if (typeof inner === 'object' && inner !== null && !Array.isArray(inner) && depth + 1 < PLAIN_DEPTH)
      Object.assign(fields, plainFields(inner as object, `${at}.`, depth + 1));
  }
  delete fields['_id'];
  return fields;
}

function busy(collection: string): AppError {
  return new AppError('STORE_BUSY', 'transient', `Other processes keep changing the same document of "${collection}".`, {
    values: { collection },
    fix: 'Try again in a moment.',
    retryAfterMs: 1000,
  });
}
