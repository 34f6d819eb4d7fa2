import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { CollectionSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { createDocumentCache } from './document-cache.ts';
import { openTableWriter, type TableWriter } from './open-table-writer.ts';
import { layoutTable } from './table-layout.ts';
import type { ThreadSettings, WriteAnswer, WriteOp } from './thread-messages.ts';
import { translateSqliteError } from './translate-sqlite-error.ts';

export interface Writer {
  /**
   * Runs the operations in one transaction. Each operation has its own result. An unexpected error, such as a disk
   * error, fails all of them.
   */
  run(ops: readonly WriteOp[]): readonly WriteAnswer[];
  close(): void;
}

const PAGE_BYTES = 4096;
/**
 * Size of the page cache of SQLite. When index pages split, SQLite searches the whole cache at the commit. So a larger
 * cache would cost more time than it saves.
 */
const CACHE_KB = 8 * 1024;
/** After a burst of writes, the write-ahead log is truncated to this size. */
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;
/**
 * Number of pages in the log at which the writer itself makes a checkpoint. By then the checkpoint thread has copied
 * all but the last pages, so this is quick.
 */
const WAL_PAGES = 8000;
/**
 * Maximum number of rows that one sweep removes. With this limit and `VACUUM_PAGES`, a sweep takes a few milliseconds.
 */
const SWEEP_ROWS = 100;
const VACUUM_PAGES = 64;
const MIN_FREE_PAGES = 1024;

/** Opens the writing side of the store: collections, group commit and expiry. */
export function openWriter(database: DatabaseSync, { limitBytes }: ThreadSettings): Writer {
  database.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES}; PRAGMA cache_size = -${CACHE_KB}; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = ${WAL_PAGES};
    CREATE TABLE IF NOT EXISTS ":collections" (name TEXT PRIMARY KEY NOT NULL, layout TEXT NOT NULL) WITHOUT ROWID`);
  if (limitBytes !== undefined) database.exec(`PRAGMA max_page_count = ${Math.floor(limitBytes / PAGE_BYTES)}`);
  const cache = createDocumentCache();
  const tables = new Map<string, TableWriter>();
  const setSynchronous = createSynchronousSwitch(database);

  function runOne([kind, collection, id, body, match]: WriteOp): WriteAnswer {
    if (kind === 'open') return openTable(JSON.parse(body) as CollectionSpec<StoredDocument>);
    if (kind === 'sweep') return sweep(Number(id));
    const table = tables.get(collection) as TableWriter;
    switch (kind) {
      case 'insert':
        return table.insert(id, body);
      case 'replace':
        return table.replace(id, body, match);
      case 'patch':
        return table.patch(id, body, match);
      case 'remove':
        return table.remove(id, match);
    }
  }

  function openTable(spec: CollectionSpec<StoredDocument>): WriteAnswer {
    const layout = JSON.stringify({ indexes: spec.indexes, expiresAt: spec.expiresAt });
    const table = layoutTable(spec);
    const known = database.prepare('SELECT layout FROM ":collections" WHERE name = ?').get(spec.name) as { layout: string } | undefined;
    if (known && known.layout !== layout) throw schemaMismatch(spec.name);
    if (!known) {
      for (const statement of table.ddl) database.exec(statement);
      database.prepare('INSERT INTO ":collections" VALUES (?, ?)').run(spec.name, layout);
    }
    tables.set(spec.name, tables.get(spec.name) ?? openTableWriter(database, table, cache));
    return ['done', ''];
  }

  /**
   * Removes a limited number of expired rows, so that no write waits long. The result `more` asks the caller to sweep
   * again at once.
   */
  function sweep(nowMs: number): WriteAnswer {
    let rows = SWEEP_ROWS;
    for (const table of tables.values()) if (rows > 0) rows -= table.removeExpired(nowMs, rows);
    const isShrinking = shrink(database);
    return [rows <= 0 || isShrinking ? 'more' : 'done', ''];
  }

  function run(ops: readonly WriteOp[]): readonly WriteAnswer[] {
    try {
      setSynchronous(ops.some((op) => op[5]));
      database.exec('BEGIN IMMEDIATE');
      const answers = ops.map((op) => {
        try {
          return runOne(op);
        } catch (error) {
          // An AppError concerns only this operation. Any other error may have ended the transaction, so it fails all
          // operations.
          if (error instanceof AppError) return translateSqliteError(error);
          throw error;
        }
      });
      database.exec('COMMIT');
      return answers;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      cache.clear();
      for (const name of [...tables.keys()]) if (!isStored(name)) tables.delete(name);
      const failure = translateSqliteError(error);
      return ops.map(() => failure);
    }
  }

  function isStored(name: string): boolean {
    return database.prepare('SELECT 1 FROM ":collections" WHERE name = ?').get(name) !== undefined;
  }

  return { run, close: () => database.close() };
}

/**
 * Returns the function that switches between FULL, which flushes the log at each commit, and NORMAL, which does not.
 * Without the flush, commits survive a crash of the process, but not a power failure.
 */
function createSynchronousSwitch(database: DatabaseSync): (isFull: boolean) => void {
  let isNowFull = false;
  return (isFull) => {
    if (isFull === isNowFull) return;
    database.exec(`PRAGMA synchronous = ${isFull ? 'FULL' : 'NORMAL'}`);
    isNowFull = isFull;
  };
}

/**
 * Frees some pages if more than half of the file is empty. A smaller empty part is kept, because new documents soon
 * fill it.
 */
function shrink(database: DatabaseSync): boolean {
  const free = pragma(database, 'freelist_count');
  if (free < MIN_FREE_PAGES || free * 2 < pragma(database, 'page_count')) return false;
  database.prepare(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`).all();
  return true;
}

function pragma(database: DatabaseSync, name: string): number {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[0] ?? 0;
}

function schemaMismatch(collection: string): AppError {
  return new AppError(
    'STORE_SCHEMA_MISMATCH',
    'input',
    `The stored collection "${collection}" has different indexes from this version of the program.`,
    {
      values: { collection },
      fix: 'Start the version that created this data folder, or export from it and import into an empty one.',
    },
  );
}
