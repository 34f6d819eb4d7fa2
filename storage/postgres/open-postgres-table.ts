import type { Filter } from '../../engine/contract/ports/documents.ts';
import { compareDocuments, matchesFilter } from '../../engine/contract/ports/document-semantics.ts';
import {
  LostAnswer,
  type Durability,
  type FindRows,
  type InsertAnswer,
  type NextRow,
  type ReplaceAnswer,
  type RevisionedTable,
  type Row,
} from '../revisioned/revisioned-table.ts';
import type { ServerTraits } from './check-server.ts';
import { compileFilter, compileOmission, compilePosition, compileSort, createBinder } from './compile-query.ts';
import type { QueryPool } from './open-query-pool.ts';
import type { RowWrite, WriteLane } from './open-write-lane.ts';
import { createRowReader, toRow, type StoredRow } from './read-rows.ts';
import { rowStatements } from './row-statements.ts';
import { encodeId, indexValues, type TableLayout } from './table-layout.ts';
import { translatePostgresError, violatedIndex } from './translate-postgres-error.ts';

const INSERT_TRIES = 10;
/** Rows read at once when the documents must be checked. */
const SCAN_ROWS = 500;
const FIND_MS = 30_000;

export function openPostgresTable(layout: TableLayout, lane: WriteLane, pool: QueryPool, traits: ServerTraits): RevisionedTable {
  const { table } = layout;
  const statements = rowStatements(layout, traits.hasOnConflict);
  const read = createRowReader(layout, pool);

  async function insert(next: NextRow, durability: Durability): Promise<InsertAnswer> {
    const id = encodeId(next.document._id);
    const values = [id, next.rev, next.past, next.json, ...indexValues(layout, next.document)];
    for (let attempt = 0; attempt < INSERT_TRIES; attempt++) {
      if (await writeNew({ statements: statements.insert, id, values, isFull: durability === 'full' })) return 'done';
      const found = await findTaken(id, values);
      if (found !== undefined) return found;
    }
    throw new Error(`what refuses a row of ${table} goes away each time`);
  }

  function writeNew(write: RowWrite): Promise<boolean> {
    return lane.write(write).catch((error: unknown) => {
      if (violatedIndex(error) === undefined) throw error;
      return false;
    });
  }

  /** What rejected an insert; undefined when it is gone in the meantime. */
  async function findTaken(id: string, values: readonly unknown[]): Promise<InsertAnswer | undefined> {
    const { bind, values: bound } = createBinder();
    const choices = [`id = ${bind(id)}`];
    const keys: { readonly name: string; readonly column: string; readonly value: string }[] = [];
    for (const [name, column] of Object.entries(layout.uniqueColumns)) {
      const value = values[layout.columns.indexOf(column)] as string | null;
      if (value === null || value === '') continue;
      keys.push({ name, column, value });
      choices.push(`(${column} = ${bind(value)} AND ${column} <> '')`);
    }
    const columns = ['id', ...new Set(keys.map(({ column }) => column))];
    const rows = await pool.query<Record<string, string>>(
      `SELECT ${columns.join(', ')} FROM ${table} WHERE ${choices.join(' OR ')}`,
      bound,
    );
    if (rows.some((row) => row['id'] === id)) return 'taken';
    const duplicate = keys.find(({ column, value }) => rows.some((row) => row[column] === value));
    return duplicate && { duplicateKey: duplicate.name };
  }

  async function replaceAt(old: Row, next: NextRow, durability: Durability): Promise<ReplaceAnswer> {
    const id = encodeId(next.document._id);
    const values = [id, old.rev, next.rev, next.past, next.json, ...indexValues(layout, next.document)];
    try {
      const isWritten = await lane.write({ statements: statements.replace, id, values, isFull: durability === 'full' });
      return isWritten ? 'done' : 'moved';
    } catch (error) {
      const index = violatedIndex(error);
      const duplicateKey = layout.indexes.find(({ name }) => name === index)?.specName;
      if (duplicateKey !== undefined) return { duplicateKey };
      throw error instanceof LostAnswer ? error : translatePostgresError(error);
    }
  }

  async function remove(id: string, rev: number | undefined): Promise<boolean> {
    const own = encodeId(id);
    const isFull = false;
    return rev === undefined
      ? lane.write({ statements: statements.remove, id: own, values: [own], isFull })
      : lane.write({ statements: statements.removeAt, id: own, values: [own, rev], isFull });
  }

  async function select(filter: Filter, { sort, limit, after, omit = [] }: FindRows): Promise<readonly Row[]> {
    const compiled = compileFilter(layout, filter);
    const { bind, values } = createBinder();
    const picked = compiled.picked(bind);
    const where = [...compiled.where(bind), ...(after ? [compilePosition(layout, sort, after)(bind)] : [])];
    // OFFSET 0 keeps the planner from merging the inner query: it would rather walk the order of the outer one, past
    // millions of rows.
    const source = picked.length === 0 ? table : `(SELECT * FROM ${table} WHERE ${picked.join(' AND ')} OFFSET 0) AS picked`;
    const isCut = traits.cutsJson && omit.length > 0;
    // A computed text is unpacked once; a stored one of a megabyte would be unpacked by each function that reads it.
    const found = `SELECT id, rev, past, ${isCut ? "doc || '' AS doc" : 'doc'} FROM ${source} WHERE ${where.join(' AND ') || 'true'} ORDER BY ${compileSort(layout, sort)!} LIMIT ${Math.trunc(limit)}`;
    const text = isCut ? `SELECT id, rev, past, ${compileOmission(omit, bind)} FROM (${found}) AS found` : found;
    return (await pool.query<StoredRow>(text, values, FIND_MS)).map(toRow);
  }

  async function find(filter: Filter, options: FindRows): Promise<readonly Row[]> {
    const { sort, limit, after } = options;
    const { rest } = compileFilter(layout, filter);
    const isSorted = compileSort(layout, sort) !== undefined;
    if (!rest && isSorted) return select(filter, options);
    const found: Row[] = [];
    const order = compareDocuments(sort);
    const scan = isSorted ? { sort, ...(after ? { after } : {}) } : { sort: [] };
    for await (const row of scanned(filter, scan)) {
      if (!isSorted && after && order(row.document, after) <= 0) continue;
      found.push(row);
      if (isSorted && found.length === limit) break;
      if (!isSorted && found.length >= limit * 2 + SCAN_ROWS) keepFirst(found, order, limit);
    }
    if (!isSorted) keepFirst(found, order, limit);
    return found;
  }

  /** Reads rows page by page, and checks on the document what no column decides. */
  async function* scanned(filter: Filter, options: Omit<FindRows, 'limit'>): AsyncGenerator<Row> {
    const { rest } = compileFilter(layout, filter);
    for (let after = options.after; ;) {
      const page = await select(filter, { sort: options.sort, limit: SCAN_ROWS, ...(after ? { after } : {}) });
      for (const row of page) if (!rest || matchesFilter(row.document, rest)) yield row;
      if (page.length < SCAN_ROWS) return;
      after = page.at(-1)!.document;
    }
  }

  async function count(filter: Filter, limit: number): Promise<number> {
    const compiled = compileFilter(layout, filter);
    if (compiled.rest) {
      let counted = 0;
      for await (const _row of scanned(filter, { sort: [] })) if (++counted >= limit) break;
      return counted;
    }
    const { bind, values } = createBinder();
    const where = [...compiled.picked(bind), ...compiled.where(bind)].join(' AND ') || 'true';
    const text = `SELECT count(*) AS counted FROM (SELECT 1 FROM ${table} WHERE ${where} LIMIT ${bind(limit)}) AS found`;
    const [row] = await pool.query<{ counted: string }>(text, values, FIND_MS);
    return Number(row!.counted);
  }

  async function removeExpired(nowMs: number, most: number): Promise<number> {
    const column = layout.expiryColumn;
    if (column === undefined) return 0;
    const { bind, values } = createBinder();
    const ended = compileFilter(layout, { [layout.paths[Number(column.slice(1))]!]: { lte: nowMs } }).where(bind);
    const text = `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${ended.join(' AND ')} ORDER BY ${column} LIMIT ${bind(most)}) RETURNING id`;
    return (await pool.query(text, values)).length;
  }

  return {
    read,
    insert: (next, durability) => insert(next, durability).catch(rethrow),
    replaceAt,
    remove: (id, rev) => remove(id, rev).catch(rethrow),
    find,
    count,
    removeExpired,
  };
}

function keepFirst(rows: Row[], order: ReturnType<typeof compareDocuments>, limit: number): void {
  rows.sort((a, b) => order(a.document, b.document));
  rows.length = Math.min(rows.length, limit);
}

function rethrow(error: unknown): never {
  throw error instanceof LostAnswer ? error : translatePostgresError(error);
}
