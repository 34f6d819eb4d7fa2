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
 * Opens the reading side of the store. SQLite checks conditions on indexed paths. All other conditions are checked
 * here, on the documents that SQLite returns.
 */
export function openReader(database: DatabaseSync): Reader {
  database.exec('PRAGMA query_only = 1; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY');
  return new TableReader(database);
}

class TableReader implements Reader {
  readonly #database: DatabaseSync;
  readonly #layouts = new Map<string, TableLayout>();
  readonly #prepare: (sql: string) => StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#prepare = createStatementCache(database);
  }

  run(op: ReadOp): ReadAnswer {
    try {
      return this.#runOne(op);
    } catch (error) {
      return translateSqliteError(error);
    }
  }

  close(): void {
    this.#database.close();
  }

  #runOne([kind, collection, argument, options]: ReadOp): string {
    if (kind === 'ping') return String(this.#prepare('SELECT 1').get() !== undefined);
    if (kind === 'open') {
      this.#layouts.set(collection, layoutTable(JSON.parse(argument) as CollectionSpec<StoredDocument>));
      return '';
    }
    const layout = this.#layouts.get(collection) as TableLayout;
    switch (kind) {
      case 'get':
        return this.#selectDoc(layout, argument) ?? '';
      case 'find':
        return `[${this.#find(layout, JSON.parse(argument) as Filter, JSON.parse(options) as FindOptions<string>).join()}]`;
      case 'count':
        return String(this.#count(layout, JSON.parse(argument) as Filter, Number(options)));
    }
  }

  #selectDoc({ name }: TableLayout, id: string): string | undefined {
    return (this.#prepare(`SELECT doc FROM "${name}" WHERE id = ?`).get(id) as { doc: string } | undefined)?.doc;
  }

  /** Returns the id of each row, followed by its document. */
  #find(layout: TableLayout, filter: Filter, { sort = [], limit, after, omit }: FindOptions<string>): readonly string[] {
    const { clause, rest } = compileFilter(layout, filter);
    const position = after === undefined ? undefined : compilePosition(layout, sort, this.#startAt(layout, sort, after));
    const { sql, values } = position ? and(clause, position) : clause;
    const query = { from: `FROM "${layout.name}" WHERE ${sql} ORDER BY ${compileSort(layout, sort)}`, values };
    return rest ? this.#selectChecked(query, rest, limit, omit) : this.#select(query, limit, omit);
  }

  /**
   * Returns the document after which a page starts. Throws STORE_CURSOR_GONE (input) if it was removed. If the list is
   * sorted by id alone, the document is not read, because its id is enough.
   */
  #startAt(layout: TableLayout, sort: readonly string[], after: string): StoredDocument {
    const json = this.#selectDoc(layout, after);
    if (json === undefined && sort.length > 0) throw cursorGone();
    return json === undefined ? { _id: after } : documentOfRow(after, JSON.parse(json));
  }

  #select({ from, values }: RowQuery, limit: number, omit?: readonly string[]): readonly string[] {
    const statement = this.#prepare(`SELECT id, ${compileOmission(omit)} AS json ${from} LIMIT ?`);
    return (statement.all(...values, limit) as StoredRow[]).map(inAnswer);
  }

  #selectChecked({ from, values }: RowQuery, rest: Filter, limit: number, omit?: readonly string[]): readonly string[] {
    const found: string[] = [];
    // This query needs its own statement: another query with a shared statement would disturb the iteration.
    for (const row of this.#database.prepare(`SELECT id, doc AS json ${from}`).iterate(...values)) {
      const { id, json } = row as StoredRow;
      const document = documentOfRow(id, JSON.parse(json));
      if (!matchesFilter(document, rest)) continue;
      found.push(inAnswer({ id, json: omit === undefined ? json : JSON.stringify(withoutFields(document, omit)) }));
      if (found.length >= limit) break;
    }
    return found;
  }

  #count(layout: TableLayout, filter: Filter, limit: number): number {
    const { clause, rest } = compileFilter(layout, filter);
    const { sql, values } = clause;
    const from = `FROM "${layout.name}" WHERE ${sql}`;
    if (rest) return this.#selectChecked({ from, values }, rest, limit).length;
    return (this.#prepare(`SELECT count(*) AS n FROM (SELECT 1 ${from} LIMIT ?)`).get(...values, limit) as { n: number }).n;
  }
}

/** The part of a SELECT after its columns, with its values. */
interface RowQuery {
  readonly from: string;
  readonly values: Clause['values'];
}

type StoredRow = Readonly<Record<'id' | 'json', string>>;

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
  return new AppError('STORE_CURSOR_GONE', 'input', 'The document after which the list should continue was removed in the meantime.', {
    fix: 'Read the list again from its first page.',
  });
}
