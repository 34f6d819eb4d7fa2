import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { CollectionSpec, Filter, FindOptions, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { documentOfRow, matchesFilter, withoutFields } from '../../engine/contract/ports/document-semantics.ts';
import { compileFilter, compileOmission, compilePosition, compileSort, type Clause } from './compile-query.ts';
import { layoutTable, type TableLayout } from './table-layout.ts';
import type { ReadAnswer, ReadOp } from './thread-messages.ts';
import { translateSqliteError } from './translate-sqlite-error.ts';

export interface Reader {
  run(op: ReadOp): ReadAnswer;
  close(): void;
}

const MAX_STATEMENTS = 200;

/**
 * The reading side of the store. SQLite evaluates conditions on indexed paths; the others are checked on the rows it
 * yields.
 */
export function openReader(database: DatabaseSync): Reader {
  database.exec('PRAGMA query_only = 1; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY');
  const layouts = new Map<string, TableLayout>();
  const prepare = createStatementCache(database);

  function runOne([kind, collection, argument, options]: ReadOp): string {
    if (kind === 'ping') return String(prepare('SELECT 1').get() !== undefined);
    if (kind === 'open') {
      layouts.set(collection, layoutTable(JSON.parse(argument) as CollectionSpec<StoredDocument>));
      return '';
    }
    const layout = layouts.get(collection) as TableLayout;
    switch (kind) {
      case 'get':
        return selectDoc(layout, argument) ?? '';
      case 'find':
        return `[${find(layout, JSON.parse(argument) as Filter, JSON.parse(options) as FindOptions<string>).join()}]`;
      case 'count':
        return String(count(layout, JSON.parse(argument) as Filter, Number(options)));
    }
  }

  function selectDoc({ name }: TableLayout, id: string): string | undefined {
    return (prepare(`SELECT doc FROM "${name}" WHERE id = ?`).get(id) as { doc: string } | undefined)?.doc;
  }

  /** Returns the id of each row, followed by its document. */
  function find(layout: TableLayout, filter: Filter, { sort = [], limit, after, omit }: FindOptions<string>): readonly string[] {
    const { clause, rest } = compileFilter(layout, filter);
    const position = after === undefined ? undefined : compilePosition(layout, sort, startAt(layout, sort, after));
    const where = position ? and(clause, position) : clause;
    return select(layout, where, rest, `ORDER BY ${compileSort(layout, sort)}`, limit, omit);
  }

  /** The document after which a page starts. When sorted by id alone it need not exist any more. */
  function startAt(layout: TableLayout, sort: readonly string[], after: string): StoredDocument {
    const json = selectDoc(layout, after);
    if (json === undefined && sort.length > 0) throw cursorGone();
    return json === undefined ? { _id: after } : documentOfRow(after, JSON.parse(json));
  }

  function select(
    { name }: TableLayout,
    { sql, values }: Clause,
    rest: Filter | undefined,
    order: string,
    limit: number,
    omit?: readonly string[],
  ): readonly string[] {
    const textOf = (document: string) => `SELECT id, ${document} AS json FROM "${name}" WHERE ${sql} ${order}`;
    if (!rest) return (prepare(`${textOf(compileOmission(omit))} LIMIT ?`).all(...values, limit) as unknown as StoredRow[]).map(inAnswer);
    const found: string[] = [];
    // A separate statement: another query would disturb the iteration of a shared one.
    for (const row of database.prepare(textOf('doc')).iterate(...values) as Iterable<unknown>) {
      const { id, json } = row as StoredRow;
      const document = documentOfRow(id, JSON.parse(json));
      if (!matchesFilter(document, rest)) continue;
      found.push(inAnswer({ id, json: omit === undefined ? json : JSON.stringify(withoutFields(document, omit)) }));
      if (found.length >= limit) break;
    }
    return found;
  }

  function count(layout: TableLayout, filter: Filter, limit: number): number {
    const { clause, rest } = compileFilter(layout, filter);
    if (rest) return select(layout, clause, rest, '', limit).length;
    const sql = `SELECT count(*) AS n FROM (SELECT 1 FROM "${layout.name}" WHERE ${clause.sql} LIMIT ?)`;
    return (prepare(sql).get(...clause.values, limit) as { n: number }).n;
  }

  return {
    run(op) {
      try {
        return runOne(op);
      } catch (error) {
        return translateSqliteError(error);
      }
    },
    close: () => database.close(),
  };
}

interface StoredRow {
  readonly id: string;
  readonly json: string;
}

function inAnswer({ id, json }: StoredRow): string {
  return `${JSON.stringify(id)},${json}`;
}

function and(a: Clause, b: Clause): Clause {
  return { sql: `${a.sql} AND ${b.sql}`, values: [...a.values, ...b.values] };
}

function createStatementCache(database: DatabaseSync): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    let statement = statements.get(sql);
    if (!statement) {
      statement = database.prepare(sql);
      if (statements.size >= MAX_STATEMENTS) statements.delete(statements.keys().next().value as string);
      statements.set(sql, statement);
    }
    return statement;
  };
}

function cursorGone(): AppError {
  return new AppError('STORE_CURSOR_GONE', 'input', 'The document after which the list should go on was removed meanwhile.', {
    fix: 'Read the list again from its first page.',
  });
}
