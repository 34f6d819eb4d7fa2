import type { Collection, Filter as MongoFilter } from 'mongodb';
import type { Filter, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { compareDocuments, documentOfRow, matchesFilter, withoutFields } from '../../engine/contract/ports/document-semantics.ts';
import type { FindRows, Row } from '../revisioned/revisioned-table.ts';
import { allOf, behindId, compileAlike, compileBehind, compileFilter, compileSort, withOneOf, type Query } from './compile-query.ts';
import { decodeText, type MongoRow, type RowLayout } from './row-layout.ts';

/** A row as the server returns it. */
export type StoredRow = Pick<MongoRow, '_id' | 'r' | 'p' | 'd'>;

export const COLUMNS = { d: 1, r: 1, p: 1 } as const;

export interface RowFinder {
  find(filter: Filter, options: FindRows): Promise<readonly Row[]>;
  count(filter: Filter, limit: number): Promise<number>;
}

/** What the server filters, in its order, and what remains to be checked here. */
interface Selection {
  readonly query: Query;
  readonly rest: Filter | undefined;
  /** Removed once a row is read: the server stores the document as text and sends it whole. */
  readonly omit: readonly string[];
}

type Order = Readonly<Record<string, 1 | -1>>;

const BY_ID: Order = { _id: 1 };

export function createRowFinder(rows: Collection<MongoRow>, layout: RowLayout): RowFinder {
  async function* scan({ query, rest, omit }: Selection, order: Order, limit: number): AsyncGenerator<Row> {
    const isLimited = rest === undefined && limit !== Infinity;
    const cursor = rows.find(query as MongoFilter<MongoRow>, { projection: COLUMNS, sort: order, ...(isLimited ? { limit } : {}) });
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

  async function select(selection: Selection, order: Order, limit: number): Promise<Row[]> {
    const found: Row[] = [];
    for await (const row of scan(selection, order, limit)) found.push(row);
    return found;
  }

  /** Sorts by a path without a field: reads everything that matches, and keeps only as much as requested. */
  async function findUnsorted(selection: Selection, { sort, limit, after }: FindRows): Promise<readonly Row[]> {
    const compare = compareDocuments(sort);
    const inOrder = (found: Row[]) => found.sort((a, b) => compare(a.document, b.document)).slice(0, limit);
    let kept: Row[] = [];
    for await (const row of scan(selection, BY_ID, Infinity)) {
      if (after && compare(row.document, after) <= 0) continue;
      kept.push(row);
      if (kept.length >= 2 * limit + 100) kept = inOrder(kept);
    }
    return inOrder(kept);
  }

  async function findSorted(selection: Selection, order: Order, { sort, limit, after }: FindRows): Promise<readonly Row[]> {
    if (!after) return select(selection, order, limit);
    const alike = allOf([compileAlike(layout, sort, after), behindId(after._id)]);
    const query = withOneOf(selection.query, [...compileBehind(layout, sort, after), alike]);
    return select({ ...selection, query }, order, limit);
  }

  /**
   * Among equal keys ids ascend, even where the keys descend, and no index has that order. So read keys and ids
   * descending, as in the index, and sort here. Where the end of the page cuts through equal keys, read these again
   * with ids ascending.
   */
  async function findDescending(selection: Selection, { sort, limit, after }: FindRows): Promise<readonly Row[]> {
    const { query } = selection;
    const among = (chosen: Query): Selection => ({ ...selection, query: chosen });
    const alike = (document: StoredDocument) => allOf([query, compileAlike(layout, sort, document)]);
    const first = after ? await select(among(allOf([alike(after), behindId(after._id)])), BY_ID, limit) : [];
    const wanted = limit - first.length;
    const choices = after ? compileBehind(layout, sort, after) : [{}];
    if (wanted === 0 || choices.length === 0) return first;
    const read = await select(among(withOneOf(query, choices)), compileSort(layout, sort, -1)!, wanted + 1);
    const compare = compareDocuments(sort);
    const page = read.slice(0, wanted).sort((a, b) => compare(a.document, b.document));
    const [last, next] = [page.at(-1)?.document, read[wanted]?.document];
    if (!last || !next || !isAlike(sort, last, next)) return [...first, ...page];
    const whole = page.filter(({ document }) => !isAlike(sort, document, last));
    return [...first, ...whole, ...(await select(among(alike(last)), BY_ID, wanted - whole.length))];
  }

  function isAlike(sort: readonly string[], a: StoredDocument, b: StoredDocument): boolean {
    return JSON.stringify(compileAlike(layout, sort, a)) === JSON.stringify(compileAlike(layout, sort, b));
  }

  return {
    async find(filter, options) {
      const { sort, omit = [] } = options;
      const sorted = new Set(sort.map((key) => key.replace(/^-/, '').split('.')[0]));
      // Fields that decide the order here are needed until the sort is done.
      const selection = { ...compileFilter(layout, filter), omit: omit.filter((field) => !sorted.has(field)) };
      const order = compileSort(layout, sort);
      if (!order) return findUnsorted(selection, options);
      const isDescending = sort.length > 0 && sort.every((key) => key.startsWith('-') && key !== '-_id');
      return isDescending ? findDescending(selection, options) : findSorted(selection, order, options);
    },
    async count(filter, limit) {
      const selection = { ...compileFilter(layout, filter), omit: [] };
      if (!selection.rest) return rows.countDocuments(selection.query as MongoFilter<MongoRow>, { limit });
      return (await select(selection, BY_ID, limit)).length;
    },
  };
}

export function toRead({ _id, d, r, p }: StoredRow): Row {
  return { document: documentOfRow(decodeText(_id), JSON.parse(d)), rev: r, past: p, sizeChars: d.length };
}
