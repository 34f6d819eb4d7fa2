import { documentOfRow } from '../../engine/contract/ports/document-semantics.ts';
import type { Row } from '../revisioned/revisioned-table.ts';
import type { QueryPool } from './open-query-pool.ts';
import { decodeId, encodeId, type TableLayout } from './table-layout.ts';

export interface StoredRow {
  readonly id: string;
  readonly rev: string;
  readonly past: readonly string[];
  readonly doc: string;
}

interface Waiting {
  resolve(row: Row | undefined): void;
  reject(error: unknown): void;
}

const MAX_IDS = 200;

/**
 * Returns a function that reads rows by id. Requests in one turn of the event loop are combined into one query. Several
 * requests for one id get the same row.
 */
export function createRowReader({ table }: TableLayout, pool: QueryPool): (id: string) => Promise<Row | undefined> {
  let waiting = new Map<string, Waiting[]>();

  async function ask(asked: ReadonlyMap<string, readonly Waiting[]>) {
    try {
      const text = `SELECT id, rev, past, doc FROM ${table} WHERE id = ANY($1::text[])`;
      const rows = await pool.query<StoredRow>(text, [[...asked.keys()]]);
      const found = new Map(rows.map((row) => [row.id, row]));
      for (const [id, callers] of asked) {
        const row = found.get(id);
        for (const { resolve } of callers) resolve(row && toRow(row));
      }
    } catch (error) {
      for (const callers of asked.values()) for (const { reject } of callers) reject(error);
    }
  }

  function flush() {
    const asked = waiting;
    waiting = new Map();
    if (asked.size > 0) void ask(asked);
  }

  return (id) =>
    new Promise((resolve, reject) => {
      const key = encodeId(id);
      if (waiting.size === 0) setImmediate(flush);
      const callers = waiting.get(key);
      if (callers) callers.push({ resolve, reject });
      else waiting.set(key, [{ resolve, reject }]);
      if (waiting.size >= MAX_IDS) flush();
    });
}

export function toRow({ id, rev, past, doc }: StoredRow): Row {
  return { document: documentOfRow(decodeId(id), JSON.parse(doc)), rev: Number(rev), past: past.map(Number), sizeChars: doc.length };
}
