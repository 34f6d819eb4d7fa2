import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Filter, Patch, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { applyPatch, documentOfRow, matchesFilter, readPath } from '../../engine/contract/ports/document-semantics.ts';
import type { DocumentCache } from './document-cache.ts';
import { columnNames, columnValues, toSqlValue, type SqlValue, type TableLayout } from './table-layout.ts';
import type { WriteAnswer } from './thread-messages.ts';

/** Changes the table of one collection inside the current transaction. Arguments are JSON text, except ids. */
export interface TableWriter {
  insert(id: string, json: string): WriteAnswer;
  replace(id: string, json: string, match: string): WriteAnswer;
  patch(id: string, patch: string, match: string): WriteAnswer;
  remove(id: string, match: string): WriteAnswer;
  /** Removes at most `most` expired documents; returns how many. */
  removeExpired(nowMs: number, most: number): number;
}

const DONE: WriteAnswer = ['done', ''];
const NO_MATCH: WriteAnswer = ['no-match', ''];
const SQLITE_CONSTRAINT = 19;

export function openTableWriter(database: DatabaseSync, layout: TableLayout, cache: DocumentCache): TableWriter {
  const { name, expiryColumn } = layout;
  const columns = columnNames(layout);
  const marks = columns.map(() => '?, ').join('');
  const insertRow = database.prepare(
    `INSERT INTO "${name}" (id, ${columns.map((column) => `${column}, `).join('')}doc) VALUES (?, ${marks}?)`,
  );
  const selectDoc = database.prepare(`SELECT doc FROM "${name}" WHERE id = ?`);
  const deleteRow = database.prepare(`DELETE FROM "${name}" WHERE id = ?`);
  const selectExpired =
    expiryColumn === undefined
      ? undefined
      : database.prepare(`SELECT id, doc FROM "${name}" WHERE ${expiryColumn} <= ? AND ${expiryColumn} < '' LIMIT ?`);
  const updateRow = createUpdates(database, layout);
  const elements = openElements(database, layout);

  function load(id: string): StoredDocument | undefined {
    const cached = cache.get(name, id);
    if (cached) return cached;
    const row = selectDoc.get(id) as { doc: string } | undefined;
    return row && documentOfRow(id, JSON.parse(row.doc));
  }

  function change(id: string, match: string, next: (old: StoredDocument) => readonly [StoredDocument, string]): WriteAnswer {
    const old = load(id);
    if (!old || !holds(old, match)) return NO_MATCH;
    const [document, json] = next(old);
    const clash = uniqueClash(layout, () => updateRow(id, json, old, document));
    if (clash !== undefined) return ['duplicate', clash];
    elements.change(id, old, document);
    cache.set(name, id, document, json.length);
    return ['done', json];
  }

  function remove(id: string, document: StoredDocument) {
    deleteRow.run(id);
    elements.change(id, document, undefined);
    cache.delete(name, id);
  }

  return {
    insert(id, json) {
      const document = JSON.parse(json) as StoredDocument;
      const clash = uniqueClash(layout, () => insertRow.run(id, ...columnValues(layout, document), json));
      // An insert may violate several unique indexes, and SQLite may name any of them. A caller that repeats an insert
      // must learn that the id is taken, so check the id first.
      if (clash !== undefined) return ['duplicate', load(id) ? '' : clash];
      elements.change(id, undefined, document);
      cache.set(name, id, document, json.length);
      return DONE;
    },
    replace: (id, json, match) => change(id, match, () => [JSON.parse(json) as StoredDocument, json]),
    patch: (id, patch, match) =>
      change(id, match, (old) => {
        const document = applyPatch(old, JSON.parse(patch) as Patch);
        return [document, JSON.stringify(document)];
      }),
    remove(id, match) {
      const old = load(id);
      if (!old || !holds(old, match)) return NO_MATCH;
      remove(id, old);
      return DONE;
    },
    removeExpired(nowMs, most) {
      const rows = (selectExpired?.all(nowMs, most) ?? []) as { id: string; doc: string }[];
      for (const { id, doc } of rows) remove(id, JSON.parse(doc) as StoredDocument);
      return rows.length;
    },
  };
}

function holds(document: StoredDocument, match: string): boolean {
  return match === '' || matchesFilter(document, JSON.parse(match) as Filter);
}

/**
 * Runs a statement. Returns the name of the violated unique index (`''` for the id), or undefined. A refused
 * statement changes nothing and does not end the transaction.
 */
function uniqueClash({ name, uniqueColumns }: TableLayout, action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    const { errcode = 0, message } = error as { readonly errcode?: number; readonly message: string };
    if ((errcode & 0xff) !== SQLITE_CONSTRAINT) throw error;
    const column = message.slice(message.lastIndexOf(`${name}.`) + name.length + 1);
    return uniqueColumns[column] ?? '';
  }
}

/**
 * Updates only the columns whose values changed, so that SQLite does not change the other indexes. There is one
 * statement for each set of columns.
 */
function createUpdates(database: DatabaseSync, layout: TableLayout) {
  const { name, paths, compoundKeys } = layout;
  const columns = columnNames(layout);
  const statements = new Map<string, StatementSync>();
  return (id: string, json: string, old: StoredDocument, document: StoredDocument) => {
    const isChanged = paths.map((path) => readPath(old, path) !== readPath(document, path));
    for (const key of compoundKeys) isChanged.push(key.fields.some((field) => isChanged[paths.indexOf(field)]));
    const changed = columns.filter((_, i) => isChanged[i]);
    const key = changed.join();
    let statement = statements.get(key);
    if (!statement) {
      statement = database.prepare(`UPDATE "${name}" SET ${changed.map((column) => `${column} = ?, `).join('')}doc = ? WHERE id = ?`);
      // At most 64 statements are kept; a collection usually needs only a few.
      if (statements.size < 64) statements.set(key, statement);
    }
    if (changed.length === 0) return void statement.run(json, id);
    statement.run(...columnValues(layout, document).filter((_, i) => isChanged[i]), json, id);
  };
}

/**
 * Maintains the rows of array elements: one row for each distinct scalar in an array, at each path that has its own
 * index.
 */
function openElements(database: DatabaseSync, { name, elementPaths }: TableLayout) {
  const insert = database.prepare(`INSERT OR IGNORE INTO "${name}:elements" VALUES (?, ?, ?)`);
  const remove = database.prepare(`DELETE FROM "${name}:elements" WHERE path = ? AND value = ? AND id = ?`);
  return {
    change(id: string, old: StoredDocument | undefined, document: StoredDocument | undefined) {
      for (let path = 0; path < elementPaths.length; path++) {
        const before = old && readPath(old, elementPaths[path] as string);
        const after = document && readPath(document, elementPaths[path] as string);
        if (before === after) continue;
        for (const value of scalars(before)) remove.run(path, value, id);
        for (const value of scalars(after)) insert.run(path, value, id);
      }
    },
  };
}

function scalars(value: unknown): readonly NonNullable<SqlValue>[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item) => item !== null && typeof item !== 'object').map((item) => toSqlValue(item) as NonNullable<SqlValue>);
}
