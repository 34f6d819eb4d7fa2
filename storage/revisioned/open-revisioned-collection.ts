import { randomInt } from 'node:crypto';
import { sleep, type Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type {
  Collection,
  Filter,
  FindOptions,
  InsertResult,
  PatchResult,
  StoredDocument,
  Without,
} from '../../engine/contract/ports/documents.ts';
import { applyPatch, matchesFilter, withoutFields } from '../../engine/contract/ports/document-semantics.ts';
import { Patched } from '../../engine/contract/ports/patched.ts';
import { fateOf, type Fate } from './fate-of-write.ts';
import { frozenRow, WrittenRow, type RevisionCache } from './revision-cache.ts';
import {
  LostAnswer,
  PAST_REVISIONS,
  type Durability,
  type NextRow,
  type ReplaceAnswer,
  type RevisionedTable,
  type Row,
} from './revisioned-table.ts';
import { isStoreDown, storeDown } from './store-down.ts';
import { createWriteOrder } from './write-order.ts';

export interface CollectionParts {
  readonly name: string;
  readonly table: RevisionedTable;
  readonly cache: RevisionCache;
  readonly clock: Clock;
  readonly counters: { writes: number; reads: number };
}

const REVISIONS = 2 ** 48 - 1;
/**
 * Each conflict means that another process succeeded, and will need fewer round trips for its next write: the slower
 * one retries until it succeeds.
 */
const CONTEND_FOR_MS = 10_000;
/** How long to check for a write whose response was lost before the caller gets an error. */
const LOOK_FOR_MS = 10_000;
const LOOK_EVERY_MS = 250;

/**
 * A collection whose conditional updates use revisions. What to write is decided on the copy that this process saw
 * last, and stored in one round trip if that is still the stored one; otherwise it is decided again on the stored
 * one.
 */
export function openRevisionedCollection<T extends StoredDocument>(parts: CollectionParts): Collection<T> {
  const { name, table, cache, clock, counters } = parts;
  const order = createWriteOrder();

  async function read(id: string): Promise<Row | undefined> {
    counters.reads++;
    const row = await table.read(id);
    if (row) cache.put(name, id, frozenRow(row));
    else cache.drop(name, id);
    return row;
  }

  async function insert(document: T, durability: Durability): Promise<InsertResult> {
    const { _id } = document;
    const next = nextRow(document, undefined);
    const send = () => {
      counters.writes++;
      return table.insert(next, durability);
    };
    const look = async () => afterLook(fateOf(await read(_id), next.rev, undefined), 'taken' as const);
    const answer = await certain(send, look, clock);
    if (answer === 'taken') return { inserted: false, duplicateOf: 'id' };
    if (answer !== 'done') return { inserted: false, duplicateOf: 'unique', index: answer.duplicateKey };
    cache.put(name, _id, new WrittenRow(next));
    return { inserted: true };
  }

  /** Decides on the cached copy; if that does not match, or the write is refused, decides on the stored document. */
  async function change(
    id: string,
    match: Filter,
    decide: (old: StoredDocument) => StoredDocument,
    durability: Durability,
  ): Promise<PatchResult<T>> {
    let old = cache.get(name, id);
    let isFresh = false;
    for (const endAt = clock.monotonic() + CONTEND_FOR_MS; clock.monotonic() <= endAt;) {
      if (!old) {
        old = await read(id);
        isFresh = true;
      }
      const next = decideOn(old, isFresh, match, decide);
      if (next) {
        const answer = await replaceAt(old!, next, durability);
        if (answer === 'done') {
          const row = new WrittenRow(next);
          cache.put(name, id, row);
          return new Patched(() => row.document as T);
        }
        if (answer !== 'moved') return { outcome: 'duplicate-key', index: answer.duplicateKey };
      } else if (isFresh) {
        return { outcome: 'no-match' };
      }
      old = undefined;
    }
    throw contended(name);
  }

  function replaceAt(old: Row, next: NextRow, durability: Durability): Promise<ReplaceAnswer> {
    const send = () => {
      counters.writes++;
      return table.replaceAt(old, next, durability);
    };
    const look = async () => afterLook(fateOf(await read(next.document._id), next.rev, old.rev), 'moved' as const);
    return certain(send, look, clock);
  }

  async function remove(id: string, match: Filter): Promise<boolean> {
    const isMatched = Object.keys(match).length > 0;
    for (const endAt = clock.monotonic() + CONTEND_FOR_MS; clock.monotonic() <= endAt;) {
      const old = isMatched ? await read(id) : undefined;
      if (isMatched && (!old || !matchesFilter(old.document, match))) return false;
      const send = () => {
        counters.writes++;
        return table.remove(id, old?.rev);
      };
      const isRemoved = await certain(send, async () => ((await read(id)) ? undefined : true), clock);
      cache.drop(name, id);
      if (isRemoved || !isMatched) return isRemoved;
    }
    throw contended(name);
  }

  async function find<K extends string>(
    filter: Filter,
    { sort = [], limit, after, omit }: FindOptions<K>,
  ): Promise<readonly Without<T, K>[]> {
    const start = after === undefined ? undefined : await startAt(after, sort);
    const since = cache.moment;
    counters.reads++;
    const rows = await table.find(filter, { sort, limit, ...(start ? { after: start } : {}), ...(omit ? { omit } : {}) });
    // No decision is possible on a document with missing parts, so do not cache it.
    if (omit === undefined) for (const row of rows) cache.putListed(name, frozenRow(row), since);
    return rows.map((row) => withoutFields(row.document as T, omit));
  }

  /** The document after which a page starts. When sorted by id alone it need not exist any more. */
  async function startAt(after: string, sort: readonly string[]): Promise<StoredDocument> {
    if (sort.length === 0) return { _id: after };
    const row = await read(after);
    if (row) return row.document;
    throw new AppError('STORE_CURSOR_GONE', 'input', 'The document after which the list should go on was removed meanwhile.', {
      fix: 'Read the list again from its first page.',
    });
  }

  return {
    name,
    get: (id) => order.onId(id, async () => (await read(id))?.document as T | undefined),
    insert: (document, { durability = 'light' } = {}) => order.writeOnId(document._id, () => insert(document, durability)),
    replaceIf: (document, match, { durability = 'light' } = {}) =>
      order.writeOnId(document._id, () => change(document._id, match, () => document, durability)),
    patchIf: (id, match, patch, { durability = 'light' } = {}) =>
      order.writeOnId(id, () => change(id, match, (old) => applyPatch(old, patch), durability)),
    find: (filter, options) => order.afterWrites(() => find(filter, options)),
    count: (filter, limit = 10_000) =>
      order.afterWrites(() => {
        counters.reads++;
        return table.count(filter, limit);
      }),
    remove: (id, match = {}) => order.writeOnId(id, () => remove(id, match)),
  };
}

/** What to store, or undefined when the document does not match. A stale copy must not cause an error either. */
function decideOn(
  old: Row | undefined,
  isFresh: boolean,
  match: Filter,
  decide: (old: StoredDocument) => StoredDocument,
): NextRow | undefined {
  if (!old || !matchesFilter(old.document, match)) return undefined;
  try {
    return nextRow(decide(old.document), old);
  } catch (error) {
    if (isFresh) throw error;
    return undefined;
  }
}

function nextRow(document: StoredDocument, old: Row | undefined): NextRow {
  const past = old ? [old.rev, ...old.past].slice(0, PAST_REVISIONS) : [];
  return { document, json: JSON.stringify(document), rev: randomInt(REVISIONS) + 1, past };
}

/**
 * Sends a write. If its response is lost, checks whether it was done, and sends it again if not. A write names the
 * revision it replaces and the one it makes: sent twice it is done once, and can be recognised (`fateOf`).
 */
async function certain<R>(send: () => Promise<R>, look: () => Promise<R | undefined>, clock: Clock): Promise<R> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof LostAnswer)) throw error;
  }
  const endAt = clock.monotonic() + LOOK_FOR_MS;
  for (;;) {
    try {
      const known = await look();
      if (known !== undefined) return known;
      const answer = await send();
      if (answer === 'done' || answer === true) return answer;
      // The first write may have taken effect between the check and the second one.
      return (await look()) ?? answer;
    } catch (error) {
      if (error instanceof OverwrittenMeanwhile) throw outcomeUnknown(error);
      if (!(error instanceof LostAnswer) && !isStoreDown(error)) throw error;
      if (clock.monotonic() >= endAt) throw outcomeUnknown(error);
    }
    await sleep(clock, LOOK_EVERY_MS);
  }
}

/** What the stored row says about the write: undefined when it must be sent again. */
function afterLook<R>(fate: Fate, refusal: R): 'done' | R | undefined {
  if (fate === 'unknown') throw new OverwrittenMeanwhile();
  if (fate === 'not-done') return undefined;
  return fate === 'done' ? fate : refusal;
}

/** Others wrote on top so often that the row no longer shows what became of our write; or removed it. */
class OverwrittenMeanwhile extends Error {
  override readonly name = 'OverwrittenMeanwhile';
}

/**
 * Transient all the same: every caller tolerates a write that was done although it was reported as failed, by unique
 * keys and epochs.
 */
function outcomeUnknown(cause: unknown): AppError {
  return storeDown('the connection broke, and whether the last write was done is not known', cause);
}

function contended(collection: string): AppError {
  return new AppError('STORE_BUSY', 'transient', `Other processes change the same document of "${collection}" all the time.`, {
    values: { collection },
    fix: 'Try again in a moment.',
    retryAfterMs: 1000,
  });
}
