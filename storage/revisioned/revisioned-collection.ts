import { randomInt } from 'node:crypto';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type {
  Collection,
  Filter,
  FindOptions,
  InsertResult,
  Patch,
  PatchResult,
  StoredDocument,
  Without,
  WriteOptions,
} from '../../engine/contract/ports/documents.ts';
import { applyPatch, matchesFilter, withoutFields } from '../../engine/contract/ports/document-semantics.ts';
import { Patched } from '../../engine/contract/ports/patched.ts';
import { answerSeen, sendUntilCertain } from './fate-of-write.ts';
import { frozenRow, WrittenRow, type RevisionCache } from './revision-cache.ts';
import { PAST_REVISIONS, type Durability, type NextRow, type ReplaceAnswer, type RevisionedTable, type Row } from './revisioned-table.ts';
import type { WriteOrder } from './write-order.ts';

export interface CollectionParts {
  readonly name: string;
  readonly table: RevisionedTable;
  readonly cache: RevisionCache;
  /** The write order of this collection, shared by all objects of this process that open it. */
  readonly order: WriteOrder;
  readonly clock: Clock;
  readonly counters: { writes: number; reads: number };
}

const REVISIONS = 2 ** 48 - 1;
/**
 * Maximum time for retrying a write after conflicts. Each conflict means that another process succeeded. That process
 * has the current row and is done sooner, so the slower one succeeds after some retries.
 */
const CONTEND_FOR_MS = 10_000;

/**
 * A collection whose conditional updates use revisions. A change is first decided on the cached copy in this process.
 * If the stored row still has the revision of this copy, the change needs only one round trip. Otherwise it is decided
 * again on the stored document.
 */
export class RevisionedCollection<T extends StoredDocument> implements Collection<T> {
  readonly name: string;
  readonly #table: RevisionedTable;
  readonly #cache: RevisionCache;
  readonly #order: WriteOrder;
  readonly #clock: Clock;
  readonly #counters: { writes: number; reads: number };

  constructor({ name, table, cache, order, clock, counters }: CollectionParts) {
    this.name = name;
    this.#table = table;
    this.#cache = cache;
    this.#order = order;
    this.#clock = clock;
    this.#counters = counters;
  }

  get(id: string): Promise<T | undefined> {
    return this.#order.onId(id, async () => (await this.#read(id))?.document as T | undefined);
  }

  insert(document: T, { durability = 'light' }: WriteOptions = {}): Promise<InsertResult> {
    return this.#order.writeOnId(document._id, () => this.#insert(document, durability));
  }

  replaceIf(document: T, match: Filter, { durability = 'light' }: WriteOptions = {}): Promise<PatchResult<T>> {
    return this.#order.writeOnId(document._id, () => this.#change(document._id, match, () => document, durability));
  }

  patchIf(id: string, match: Filter, patch: Patch, { durability = 'light' }: WriteOptions = {}): Promise<PatchResult<T>> {
    return this.#order.writeOnId(id, () => this.#change(id, match, (old) => applyPatch(old, patch), durability));
  }

  find<K extends string>(filter: Filter, options: FindOptions<K>): Promise<readonly Without<T, K>[]> {
    return this.#order.afterWrites(() => this.#find(filter, options));
  }

  count(filter: Filter, limit = 10_000): Promise<number> {
    return this.#order.afterWrites(() => {
      this.#counters.reads++;
      return this.#table.count(filter, limit);
    });
  }

  remove(id: string, match: Filter = {}): Promise<boolean> {
    return this.#order.writeOnId(id, () => this.#remove(id, match));
  }

  async #read(id: string): Promise<Row | undefined> {
    this.#counters.reads++;
    const row = await this.#table.read(id);
    if (row) this.#cache.put(this.name, id, frozenRow(row));
    else this.#cache.drop(this.name, id);
    return row;
  }

  async #insert(document: T, durability: Durability): Promise<InsertResult> {
    const { _id } = document;
    const next = nextRow(document, undefined);
    const send = () => {
      this.#counters.writes++;
      return this.#table.insert(next, durability);
    };
    const look = async () => answerSeen(await this.#read(_id), next.rev, undefined, 'taken' as const);
    const answer = await sendUntilCertain(send, look, this.#clock);
    if (answer === 'taken') return { inserted: false, duplicateOf: 'id' };
    if (answer !== 'done') return { inserted: false, duplicateOf: 'unique', index: answer.duplicateKey };
    this.#cache.put(this.name, _id, new WrittenRow(next));
    return { inserted: true };
  }

  /**
   * Changes a document. The change is decided on the cached copy first. If the copy does not match the filter, or the
   * write is refused, the change is decided again on the stored document.
   */
  async #change(
    id: string,
    match: Filter,
    decide: (old: StoredDocument) => StoredDocument,
    durability: Durability,
  ): Promise<PatchResult<T>> {
    let old = this.#cache.get(this.name, id);
    let isFresh = false;
    for (const endAt = this.#clock.monotonic() + CONTEND_FOR_MS; this.#clock.monotonic() <= endAt;) {
      if (!old) {
        old = await this.#read(id);
        isFresh = true;
      }
      const next = decideOn(old, isFresh, match, decide);
      if (next) {
        const answer = await this.#replaceAt(old!, next, durability);
        if (answer === 'done') {
          const row = new WrittenRow(next);
          this.#cache.put(this.name, id, row);
          return new Patched(() => row.document as T);
        }
        if (answer !== 'moved') return { outcome: 'duplicate-key', index: answer.duplicateKey };
      } else if (isFresh) {
        return { outcome: 'no-match' };
      }
      old = undefined;
    }
    throw contended(this.name);
  }

  #replaceAt(old: Row, next: NextRow, durability: Durability): Promise<ReplaceAnswer> {
    const send = () => {
      this.#counters.writes++;
      return this.#table.replaceAt(old, next, durability);
    };
    const look = async () => answerSeen(await this.#read(next.document._id), next.rev, old.rev, 'moved' as const);
    return sendUntilCertain(send, look, this.#clock);
  }

  async #remove(id: string, match: Filter): Promise<boolean> {
    const isMatched = Object.keys(match).length > 0;
    for (const endAt = this.#clock.monotonic() + CONTEND_FOR_MS; this.#clock.monotonic() <= endAt;) {
      const old = isMatched ? await this.#read(id) : undefined;
      if (isMatched && (!old || !matchesFilter(old.document, match))) return false;
      const send = () => {
        this.#counters.writes++;
        return this.#table.remove(id, old?.rev);
      };
      const isRemoved = await sendUntilCertain(send, async () => ((await this.#read(id)) ? undefined : true), this.#clock);
      this.#cache.drop(this.name, id);
      if (isRemoved || !isMatched) return isRemoved;
    }
    throw contended(this.name);
  }

  async #find<K extends string>(filter: Filter, { sort = [], limit, after, omit }: FindOptions<K>): Promise<readonly Without<T, K>[]> {
    const start = after === undefined ? undefined : await this.#startAt(after, sort);
    const since = this.#cache.moment;
    this.#counters.reads++;
    const rows = await this.#table.find(filter, { sort, limit, ...(start ? { after: start } : {}), ...(omit ? { omit } : {}) });
    // Changes cannot be decided on a document with missing fields, so it is not cached.
    if (omit === undefined) for (const row of rows) this.#cache.putListed(this.name, frozenRow(row), since);
    return rows.map((row) => withoutFields(row.document as T, omit));
  }

  /**
   * Returns the document after which a page starts. Throws STORE_CURSOR_GONE (input) if it was removed. If the list is
   * sorted by id alone, the document is not read, because its id is enough.
   */
  async #startAt(after: string, sort: readonly string[]): Promise<StoredDocument> {
    if (sort.length === 0) return { _id: after };
    const row = await this.#read(after);
    if (row) return row.document;
    throw new AppError('STORE_CURSOR_GONE', 'input', 'The document after which the list should continue was removed in the meantime.', {
      fix: 'Read the list again from its first page.',
    });
  }
}

/**
 * Returns what to store, or undefined if the document does not match. An error on a cached copy is ignored, because
 * the copy may be out of date.
 */
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

function contended(collection: string): AppError {
  return new AppError('STORE_BUSY', 'transient', `Other processes keep changing the same document of "${collection}".`, {
    values: { collection },
    fix: 'Try again in a moment.',
    retryAfterMs: 1000,
  });
}
