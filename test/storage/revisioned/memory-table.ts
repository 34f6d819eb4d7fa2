/** A driver whose rows lie in memory, for what a real server does only at bad luck: answers that are lost, processes that get in between. */
import type { CollectionSpec, Filter, StoredDocument } from '../../../engine/contract/ports/documents.ts';
import { compareDocuments, matchesFilter, readPath, uniqueKey } from '../../../engine/contract/ports/document-semantics.ts';
import {
  LostAnswer,
  type FindRows,
  type InsertAnswer,
  type NextRow,
  type ReplaceAnswer,
  type RevisionedDriver,
  type RevisionedTable,
  type Row,
} from '../../../storage/revisioned/revisioned-table.ts';
import { layoutOf, schemaMismatch } from '../../../storage/revisioned/open-revisioned-documents.ts';
import { storeDown } from '../../../storage/revisioned/store-down.ts';

export interface MemoryServer {
  /** A process's connection to it. */
  connect(): RevisionedDriver;
  /** Operations that reached it. */
  readonly operations: string[];
  /** The next write's answer is lost, `isDone` or not; then the server is away for so many operations. */
  loseNextAnswer(isDone: boolean, awayFor?: number): void;
}

export function createMemoryServer(): MemoryServer {
  const tables = new Map<string, { readonly layout: string; readonly table: RevisionedTable }>();
  const operations: string[] = [];
  let lost: { readonly isDone: boolean } | undefined;
  let awayFor = 0;

  async function operate<R>(kind: string, isWrite: boolean, action: () => R): Promise<R> {
    await Promise.resolve();
    if (awayFor > 0 && !(isWrite && lost)) {
      awayFor--;
      throw storeDown('it is away');
    }
    operations.push(kind);
    if (!isWrite || !lost) return action();
    const { isDone } = lost;
    lost = undefined;
    if (isDone) action();
    throw new LostAnswer(new Error('the line broke'));
  }

  return {
    operations,
    loseNextAnswer(isDone, away = 0) {
      lost = { isDone };
      awayFor = away;
    },
    connect: () => ({
      async openTable(spec) {
        const known = tables.get(spec.name);
        if (known && known.layout !== layoutOf(spec)) throw schemaMismatch(spec.name, 'other indexes');
        const table = known?.table ?? createTable(spec, operate);
        tables.set(spec.name, { layout: layoutOf(spec), table });
        return table;
      },
      ping: async () => {},
      close: async () => {},
    }),
  };
}

function createTable(
  spec: CollectionSpec<StoredDocument>,
  operate: <R>(kind: string, isWrite: boolean, action: () => R) => Promise<R>,
): RevisionedTable {
  const rows = new Map<string, NextRow>();
  const toRow = ({ json, rev, past }: NextRow): Row => ({
    document: JSON.parse(json) as StoredDocument,
    rev,
    past,
    sizeChars: json.length,
  });
  const all = () => [...rows.values()].map(toRow);

  function clash(next: NextRow): string | undefined {
    const keys = spec.indexes.filter((index) => index.unique);
    return keys.find(({ fields }) => {
      const key = uniqueKey(next.document, fields);
      return key !== undefined && all().some(({ document }) => document._id !== next.document._id && uniqueKey(document, fields) === key);
    })?.name;
  }

  function store(next: NextRow): 'done' | { readonly duplicateKey: string } {
    const duplicateKey = clash(next);
    if (duplicateKey !== undefined) return { duplicateKey };
    rows.set(next.document._id, next);
    return 'done';
  }

  function find(filter: Filter, { sort, limit, after }: FindRows): readonly Row[] {
    const order = compareDocuments(sort);
    const found = all().filter(({ document }) => matchesFilter(document, filter) && (!after || order(document, after) > 0));
    return found.sort((a, b) => order(a.document, b.document)).slice(0, limit);
  }

  return {
    read: (id) =>
      operate('read', false, () => {
        const row = rows.get(id);
        return row && toRow(row);
      }),
    insert: (next) => operate('insert', true, (): InsertAnswer => (rows.has(next.document._id) ? 'taken' : store(next))),
    replaceAt: (old, next) =>
      operate('replace', true, (): ReplaceAnswer => (rows.get(next.document._id)?.rev === old.rev ? store(next) : 'moved')),
    remove: (id, rev) => operate('remove', true, () => (rev === undefined || rows.get(id)?.rev === rev ? rows.delete(id) : false)),
    find: (filter, options) => operate('find', false, () => find(filter, options)),
    count: (filter, limit) => operate('count', false, () => find(filter, { sort: [], limit }).length),
    removeExpired: (nowMs, most) =>
      operate('sweep', false, () => {
        const path = spec.expiresAt;
        const ended = path === undefined ? [] : all().filter(({ document }) => Number(readPath(document, path) ?? Infinity) <= nowMs);
        for (const { document } of ended.slice(0, most)) rows.delete(document._id);
        return Math.min(most, ended.length);
      }),
  };
}
