import type { Filter } from '../../engine/contract/ports/documents.ts';
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
import { compileFilter, createBinder } from './compile-query.ts';
import { RowFinder } from './find-rows.ts';
import type { QueryPool } from './open-query-pool.ts';
import type { RowWrite, WriteLane } from './open-write-lane.ts';
import { createRowReader } from './read-rows.ts';
import { rowStatements, type TableStatements } from './row-statements.ts';
import { encodeId, indexValues, type TableLayout } from './table-layout.ts';
import { translatePostgresError, violatedIndex } from './translate-postgres-error.ts';

const INSERT_TRIES = 10;

export function openPostgresTable(layout: TableLayout, lane: WriteLane, pool: QueryPool, traits: ServerTraits): RevisionedTable {
  return new PostgresTable(layout, lane, pool, traits);
}

class PostgresTable implements RevisionedTable {
  readonly #layout: TableLayout;
  readonly #lane: WriteLane;
  readonly #pool: QueryPool;
  readonly #statements: TableStatements;
  readonly #finder: RowFinder;
  readonly read: RevisionedTable['read'];

  constructor(layout: TableLayout, lane: WriteLane, pool: QueryPool, { hasOnConflict, cutsJson }: ServerTraits) {
    this.#layout = layout;
    this.#lane = lane;
    this.#pool = pool;
    this.#statements = rowStatements(layout, hasOnConflict);
    this.#finder = new RowFinder(layout, pool, cutsJson);
    this.read = createRowReader(layout, pool);
  }

  insert(next: NextRow, durability: Durability): Promise<InsertAnswer> {
    return this.#insert(next, durability).catch(rethrow);
  }

  async replaceAt(old: Row, next: NextRow, durability: Durability): Promise<ReplaceAnswer> {
    const id = encodeId(next.document._id);
    const values = [id, old.rev, next.rev, next.past, next.json, ...indexValues(this.#layout, next.document)];
    try {
      const isWritten = await this.#lane.write({ statements: this.#statements.replace, id, values, isFull: durability === 'full' });
      return isWritten ? 'done' : 'moved';
    } catch (error) {
      const index = violatedIndex(error);
      const duplicateKey = this.#layout.indexes.find(({ name }) => name === index)?.specName;
      if (duplicateKey !== undefined) return { duplicateKey };
      return rethrow(error);
    }
  }

  remove(id: string, rev: number | undefined): Promise<boolean> {
    const own = encodeId(id);
    const { remove, removeAt } = this.#statements;
    const write: RowWrite =
      rev === undefined
        ? { statements: remove, id: own, values: [own], isFull: false }
        : { statements: removeAt, id: own, values: [own, rev], isFull: false };
    return this.#lane.write(write).catch(rethrow);
  }

  find(filter: Filter, options: FindRows): Promise<readonly Row[]> {
    return this.#finder.find(filter, options);
  }

  count(filter: Filter, limit: number): Promise<number> {
    return this.#finder.count(filter, limit);
  }

  async removeExpired(nowMs: number, most: number): Promise<number> {
    const { table, paths, expiryColumn: column } = this.#layout;
    if (column === undefined) return 0;
    const { bind, values } = createBinder();
    const ended = compileFilter(this.#layout, { [paths[Number(column.slice(1))]!]: { lte: nowMs } }).where(bind);
    const text = `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${ended.join(' AND ')} ORDER BY ${column} LIMIT ${bind(most)}) RETURNING id`;
    return (await this.#pool.query(text, values)).length;
  }

  async #insert(next: NextRow, durability: Durability): Promise<InsertAnswer> {
    const id = encodeId(next.document._id);
    const values = [id, next.rev, next.past, next.json, ...indexValues(this.#layout, next.document)];
    for (let attempt = 0; attempt < INSERT_TRIES; attempt++) {
      if (await this.#writeNew({ statements: this.#statements.insert, id, values, isFull: durability === 'full' })) return 'done';
      const found = await this.#findTaken(id, values);
      if (found !== undefined) return found;
    }
    throw new Error(`what refuses a row of ${this.#layout.table} goes away each time`);
  }

  #writeNew(write: RowWrite): Promise<boolean> {
    return this.#lane.write(write).catch((error: unknown) => {
      if (violatedIndex(error) === undefined) throw error;
      return false;
    });
  }

  /**
   * Finds the row that caused the rejection of an insert; returns undefined if this row was removed in the meantime.
   */
  async #findTaken(id: string, values: readonly unknown[]): Promise<InsertAnswer | undefined> {
    const { table, uniqueColumns, columns } = this.#layout;
    const { bind, values: bound } = createBinder();
    const choices = [`id = ${bind(id)}`];
    const keys: { readonly name: string; readonly column: string; readonly value: string }[] = [];
    for (const [name, column] of Object.entries(uniqueColumns)) {
      const value = values[columns.indexOf(column)] as string | null;
      if (value === null || value === '') continue;
      keys.push({ name, column, value });
      choices.push(`(${column} = ${bind(value)} AND ${column} <> '')`);
    }
    const selected = ['id', ...new Set(keys.map(({ column }) => column))];
    const rows = await this.#pool.query<Record<string, string>>(
      `SELECT ${selected.join(', ')} FROM ${table} WHERE ${choices.join(' OR ')}`,
      bound,
    );
    if (rows.some((row) => row['id'] === id)) return 'taken';
    const duplicate = keys.find(({ column, value }) => rows.some((row) => row[column] === value));
    return duplicate && { duplicateKey: duplicate.name };
  }
}

function rethrow(error: unknown): never {
  throw error instanceof LostAnswer ? error : translatePostgresError(error);
}
