import type { Filter } from '../../engine/contract/ports/documents.ts';
import { compareDocuments, matchesFilter } from '../../engine/contract/ports/document-semantics.ts';
import type { FindRows, Row } from '../revisioned/revisioned-table.ts';
import { compileFilter, compileOmission, compilePosition, compileSort, createBinder } from './compile-query.ts';
import type { QueryPool } from './open-query-pool.ts';
import { toRow, type StoredRow } from './read-rows.ts';
import type { TableLayout } from './table-layout.ts';

/** Number of rows per query when the documents must be checked. */
const SCAN_ROWS = 500;
const FIND_MS = 30_000;

/**
 * Lists and counts rows: in SQL if columns can decide the filter, otherwise by checking the documents page by page.
 */
export class RowFinder {
  readonly #layout: TableLayout;
  readonly #pool: QueryPool;
  readonly #cutsJson: boolean;

  constructor(layout: TableLayout, pool: QueryPool, cutsJson: boolean) {
    this.#layout = layout;
    this.#pool = pool;
    this.#cutsJson = cutsJson;
  }

  async find(filter: Filter, options: FindRows): Promise<readonly Row[]> {
    if (compileSort(this.#layout, options.sort) === undefined) return this.#findUnsorted(filter, options);
    return compileFilter(this.#layout, filter).rest ? this.#findChecked(filter, options) : this.#select(filter, options);
  }

  /** Counts matching rows, but stops at `limit`. */
  async count(filter: Filter, limit: number): Promise<number> {
    const compiled = compileFilter(this.#layout, filter);
    if (compiled.rest) {
      let counted = 0;
      for await (const _row of this.#scan(filter, { sort: [] })) if (++counted >= limit) break;
      return counted;
    }
    const { bind, values } = createBinder();
    const where = [...compiled.picked(bind), ...compiled.where(bind)].join(' AND ') || 'true';
    const text = `SELECT count(*) AS counted FROM (SELECT 1 FROM ${this.#layout.table} WHERE ${where} LIMIT ${bind(limit)}) AS found`;
    const [row] = await this.#pool.query<{ counted: string }>(text, values, FIND_MS);
    return Number(row!.counted);
  }

  async #findChecked(filter: Filter, { sort, limit, after }: FindRows): Promise<readonly Row[]> {
    const found: Row[] = [];
    for await (const row of this.#scan(filter, { sort, ...(after ? { after } : {}) })) {
      found.push(row);
      if (found.length === limit) break;
    }
    return found;
  }

  /** Sorts by a path without a column: reads all matching rows, and keeps only as many as requested. */
  async #findUnsorted(filter: Filter, { sort, limit, after }: FindRows): Promise<readonly Row[]> {
    const found: Row[] = [];
    const order = compareDocuments(sort);
    for await (const row of this.#scan(filter, { sort: [] })) {
      if (after && order(row.document, after) <= 0) continue;
      found.push(row);
      if (found.length >= limit * 2 + SCAN_ROWS) keepFirst(found, order, limit);
    }
    keepFirst(found, order, limit);
    return found;
  }

  /** Reads rows page by page, and checks on the documents the conditions that no column can decide. */
  async *#scan(filter: Filter, options: Omit<FindRows, 'limit'>): AsyncGenerator<Row> {
    const { rest } = compileFilter(this.#layout, filter);
    for (let after = options.after; ;) {
      const page = await this.#select(filter, { sort: options.sort, limit: SCAN_ROWS, ...(after ? { after } : {}) });
      for (const row of page) if (!rest || matchesFilter(row.document, rest)) yield row;
      if (page.length < SCAN_ROWS) return;
      after = page.at(-1)!.document;
    }
  }

  /** Runs one query, with the conditions that columns can decide. */
  async #select(filter: Filter, { sort, limit, after, omit = [] }: FindRows): Promise<readonly Row[]> {
    const layout = this.#layout;
    const { table } = layout;
    const compiled = compileFilter(layout, filter);
    const { bind, values } = createBinder();
    const picked = compiled.picked(bind);
    const where = [...compiled.where(bind), ...(after ? [compilePosition(layout, sort, after)(bind)] : [])];
    // OFFSET 0 keeps the planner from merging the inner query into the outer one. Otherwise the planner might use the
    // index of the sort order, and read past millions of rows that do not match.
    const source = picked.length === 0 ? table : `(SELECT * FROM ${table} WHERE ${picked.join(' AND ')} OFFSET 0) AS picked`;
    const isCut = this.#cutsJson && omit.length > 0;
    // The server decompresses a computed text (`doc || ''`) only once. It would decompress a stored text again in each
    // function that reads it, which is slow for a megabyte.
    const found = `SELECT id, rev, past, ${isCut ? "doc || '' AS doc" : 'doc'} FROM ${source} WHERE ${where.join(' AND ') || 'true'} ORDER BY ${compileSort(layout, sort)!} LIMIT ${Math.trunc(limit)}`;
    const text = isCut ? `SELECT id, rev, past, ${compileOmission(omit, bind)} FROM (${found}) AS found` : found;
    return (await this.#pool.query<StoredRow>(text, values, FIND_MS)).map(toRow);
  }
}

function keepFirst(rows: Row[], order: ReturnType<typeof compareDocuments>, limit: number): void {
  rows.sort((a, b) => order(a.document, b.document));
  rows.length = Math.min(rows.length, limit);
}
