import type { Collection, Filter as MongoFilter } from 'mongodb';
import type { Filter, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { compareDocuments, documentOfRow, matchesFilter, withoutFields } from '../../engine/contract/ports/document-semantics.ts';
import type { FindRows, Row } from '../revisioned/revisioned-table.ts';
import { allOf, behindId, compileAlike, compileBehind, compileFilter, compileSort, withOneOf, type Query } from './compile-query.ts';
import { decodeText, type MongoRow, type RowLayout } from './row-layout.ts';

/** A row as the server returns it. */
export type StoredRow = Pick<MongoRow, '_id' | 'r' | 'p' | 'd'>;

export const COLUMNS = { d: 1, r: 1, p: 1 } as const;

/**
 * Which rows to find: the conditions that the server checks (`query`), and the conditions that this class checks
 * (`rest`).
 */
interface Selection {
  readonly query: Query;
  readonly rest: Filter | undefined;
  /**
   * Fields that are removed after a row is read. The server cannot remove them, because it stores the document as one
   * text.
   */
  readonly omit: readonly string[];
}

type Order = Readonly<Record<string, 1 | -1>>;

const BY_ID: Order = { _id: 1 };

/** Lists and counts rows: with queries if fields can decide the filter, otherwise by checking the documents. */
export class RowFinder {
  readonly #rows: Collection<MongoRow>;
  readonly #layout: RowLayout;

  constructor(rows: Collection<MongoRow>, layout: RowLayout) {
    this.#rows = rows;
    this.#layout = layout;
  }

  async find(filter: Filter, options: FindRows): Promise<readonly Row[]> {
    const { sort, omit = [] } = options;
    const sorted = new Set(sort.map((key) => key.replace(/^-/, '').split('.')[0]));
    // Top-level fields that the sort order depends on are kept until the rows are sorted.
    const selection = { ...compileFilter(this.#layout, filter), omit: omit.filter((field) => !sorted.has(field)) };
    const order = compileSort(this.#layout, sort);
    if (!order) return this.#findUnsorted(selection, options);
    const isDescending = sort.length > 0 && sort.every((key) => key.startsWith('-') && key !== '-_id');
    return isDescending ? this.#findDescending(selection, options) : this.#findSorted(selection, order, options);
  }

  /** Counts matching rows, but stops at `limit`. */
  async count(filter: Filter, limit: number): Promise<number> {
    const selection = { ...compileFilter(this.#layout, filter), omit: [] };
    if (!selection.rest) return this.#rows.countDocuments(selection.query as MongoFilter<MongoRow>, { limit });
    return (await this.#select(selection, BY_ID, limit)).length;
  }

  /** Sorts by a path without a field: reads all matching rows, and keeps only as many as requested. */
  async #findUnsorted(selection: Selection, { sort, limit, after }: FindRows): Promise<readonly Row[]> {
    const compare = compareDocuments(sort);
    const inOrder = (found: Row[]) => found.sort((a, b) => compare(a.document, b.document)).slice(0, limit);
    let kept: Row[] = [];
    for await (const row of this.#scan(selection, BY_ID, Infinity)) {
      if (after && compare(row.document, after) <= 0) continue;
      kept.push(row);
      if (kept.length >= 2 * limit + 100) kept = inOrder(kept);
    }
    return inOrder(kept);
  }

  async #findSorted(selection: Selection, order: Order, { sort, limit, after }: FindRows): Promise<readonly Row[]> {
    if (!after) return this.#select(selection, order, limit);
    const alike = allOf([compileAlike(this.#layout, sort, after), behindId(after._id)]);
    const query = withOneOf(selection.query, [...compileBehind(this.#layout, sort, after), alike]);
    return this.#select({ ...selection, query }, order, limit);
  }

  /**
   * Reads a page in descending order. The port requires that rows with equal sort keys are in ascending order of their
   * ids, but no index has this order. So rows are read with keys and ids descending, as in the index, and sorted here.
   * If the page ends in the middle of rows with equal keys, these rows are read again with ids ascending.
   */
  async #findDescending(selection: Selection, { sort, limit, after }: FindRows): Promise<readonly Row[]> {
    const { query } = selection;
    const among = (chosen: Query): Selection => ({ ...selection, query: chosen });
    const alike = (document: StoredDocument) => allOf([query, compileAlike(this.#layout, sort, document)]);
    const first = after ? await this.#select(among(allOf([alike(after), behindId(after._id)])), BY_ID, limit) : [];
    const wanted = limit - first.length;
    const choices = after ? compileBehind(this.#layout, sort, after) : [{}];
    if (wanted === 0 || choices.length === 0) return first;
    const read = await this.#select(among(withOneOf(query, choices)), compileSort(this.#layout, sort, -1)!, wanted + 1);
    const compare = compareDocuments(sort);
    const page = read.slice(0, wanted).sort((a, b) => compare(a.document, b.document));
    const [last, next] = [page.at(-1)?.document, read[wanted]?.document];
    if (!last || !next || !this.#isAlike(sort, last, next)) return [...first, ...page];
    const whole = page.filter(({ document }) => !this.#isAlike(sort, document, last));
    return [...first, ...whole, ...(await this.#select(among(alike(last)), BY_ID, wanted - whole.length))];
  }

  #isAlike(sort: readonly string[], a: StoredDocument, b: StoredDocument): boolean {
    return JSON.stringify(compileAlike(this.#layout, sort, a)) === JSON.stringify(compileAlike(this.#layout, sort, b));
  }

  async #select(selection: Selection, order: Order, limit: number): Promise<Row[]> {
    const found: Row[] = [];
    for await (const row of this.#scan(selection, order, limit)) found.push(row);
    return found;
  }

  async *#scan({ query, rest, omit }: Selection, order: Order, limit: number): AsyncGenerator<Row> {
    const isLimited = rest === undefined && limit !== Infinity;
    const cursor = this.#rows.find(query as MongoFilter<MongoRow>, { projection: COLUMNS, sort: order, ...(isLimited ? { limit } : {}) });
    try {
      let found = 0;
      for await (const stored of cursor as AsyncIterable<StoredRow>) {
        const row = toRead(stored);
        if (rest && !matchesFilter(row.document, rest)) continue;
        yield omit.length === 0 ? row : { ...row, document: withoutFields(row.document, omit) as StoredDocument };
        if (++found >= limit) return;
      }
    } finally {
      await cursor.close();
    }
  }
}

export function toRead({ _id, d, r, p }: StoredRow): Row {
  return { document: documentOfRow(decodeText(_id), JSON.parse(d)), rev: r, past: p, sizeChars: d.length };
}
