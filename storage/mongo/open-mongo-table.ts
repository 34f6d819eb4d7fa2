import type { Collection, Filter as MongoFilter, WriteConcernSettings } from 'mongodb';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Durability, RevisionedTable } from '../revisioned/revisioned-table.ts';
import { COLUMNS, RowFinder, toRead } from './find-rows.ts';
import { encodeText, toRow, type MongoRow, type RowLayout } from './row-layout.ts';
import { isDuplicateKey, isNotSent, translateMongoError, translateWriteError } from './translate-mongo-error.ts';

/**
 * Every write waits for a majority of the servers, so that the failure of one server loses no confirmed write. `full`
 * also waits until they have flushed it to disk.
 */
const WRITE_CONCERNS: Readonly<Record<Durability, WriteConcernSettings>> = {
  full: { w: 'majority', journal: true },
  light: { w: 'majority', journal: false },
};
/**
 * Maximum number of attempts if another row has the same unique key. When the other row is looked up, it may already be
 * removed; then the write is tried again.
 */
const MAX_KEY_ATTEMPTS = 5;
const MAX_SENDS = 3;

/** Opens one collection of MongoDB. It uses only operations on single documents. */
export function openMongoTable(rows: Collection<MongoRow>, layout: RowLayout): RevisionedTable {
  /**
   * Finds out why a unique index rejected `row`. Returns `taken` if the id exists, `mine` if exactly this row is
   * already stored, or the index whose key another row has. Returns undefined if no row has the key any more. Not every
   * server names the index in its error, so the rows are read.
   */
  async function clash(row: MongoRow, isNew: boolean): Promise<'taken' | { readonly duplicateKey: string } | 'mine' | undefined> {
    const keys = layout.uniqueIndexes.flatMap(({ name }, i) => (row[`u${i}`] === undefined ? [] : [{ name, field: `u${i}` as const }]));
    const holders = await rows
      .find({ $or: [{ _id: row._id }, ...keys.map(({ field }) => ({ [field]: row[field] }))] } as MongoFilter<MongoRow>, {
        projection: { r: 1, ...Object.fromEntries(keys.map(({ field }) => [field, 1])) },
      })
      .toArray();
    const own = holders.find(({ _id }) => _id === row._id);
    if (isNew && own) return own.r === row.r ? 'mine' : 'taken';
    const key = keys.find(({ field }) => holders.some((holder) => holder._id !== row._id && holder[field] === row[field]));
    return key && { duplicateKey: key.name };
  }

  /** Writes a row. If a unique index rejects it, returns the result of `clash`. */
  async function write<R>(row: MongoRow, isNew: boolean, action: () => Promise<R>) {
    for (let attempt = 0; attempt < MAX_KEY_ATTEMPTS; attempt++) {
      try {
        return await send(action);
      } catch (error) {
        if (!isDuplicateKey(error)) throw translateWriteError(error);
      }
      const refusal = await clash(row, isNew).catch(rethrow);
      if (refusal) return refusal;
    }
    throw contended(layout.name);
  }

  const finder = new RowFinder(rows, layout);
  return {
    async read(id) {
      const row = await rows.findOne({ _id: encodeText(id) }, { projection: COLUMNS }).catch(rethrow);
      return row ? toRead(row) : undefined;
    },
    async insert(next, durability) {
      const row = toRow(layout, next);
      const answer = await write(row, true, async () => {
        await rows.insertOne(row, { writeConcern: WRITE_CONCERNS[durability] });
        return 'done' as const;
      });
      return answer === 'mine' ? 'done' : answer;
    },
    async replaceAt(old, next, durability) {
      const row = toRow(layout, next);
      const { _id, ...fields } = row;
      const answer = await write(row, false, async () => {
        const { matchedCount } = await rows.replaceOne({ _id, r: old.rev }, fields, { writeConcern: WRITE_CONCERNS[durability] });
        return matchedCount === 1 ? ('done' as const) : ('moved' as const);
      });
      return answer as Exclude<typeof answer, 'mine' | 'taken'>;
    },
    async remove(id, rev) {
      const filter = { _id: encodeText(id), ...(rev === undefined ? {} : { r: rev }) };
      const { deletedCount } = await send(() => rows.deleteOne(filter, { writeConcern: WRITE_CONCERNS.light })).catch(rethrowWrite);
      return deletedCount === 1;
    },
    find: (filter, options) => finder.find(filter, options).catch(rethrow),
    count: (filter, limit) => finder.count(filter, limit).catch(rethrow),
    async removeExpired(nowMs, most) {
      if (layout.expiryField === undefined) return 0;
      const isOver = { [layout.expiryField]: { $lte: nowMs } };
      try {
        const over = await rows.find(isOver as MongoFilter<MongoRow>, { projection: { _id: 1 }, limit: most }).toArray();
        if (over.length === 0) return 0;
        // Repeat the condition, so that a document is kept if its expiry was extended in the meantime.
        await rows.deleteMany({ _id: { $in: over.map(({ _id }) => _id) }, ...isOver } as MongoFilter<MongoRow>);
        return over.length;
      } catch (error) {
        return rethrow(error);
      }
    },
  };
}

/**
 * Sends an operation, and sends it again if the driver had no connection for it. In the second attempt the driver waits
 * for the server, or reports that the server is unreachable.
 */
async function send<R>(action: () => Promise<R>): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === MAX_SENDS || !isNotSent(error)) throw error;
    }
  }
}

function rethrow(error: unknown): never {
  throw translateMongoError(error);
}

function rethrowWrite(error: unknown): never {
  throw translateWriteError(error);
}

function contended(collection: string): AppError {
  return new AppError('STORE_BUSY', 'transient', `A unique key of "${collection}" is constantly being taken and freed.`, {
    values: { collection },
    fix: 'Try again in a moment.',
    retryAfterMs: 1000,
  });
}
