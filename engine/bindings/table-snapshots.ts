import { createHash } from 'node:crypto';
import type { CodeTable } from '../contract/node/adapter.ts';
import { AppError } from '../contract/values/errors.ts';
import type { Collection, Documents } from '../contract/ports/documents.ts';
import { canonicalJson } from '../flow/content-hash.ts';
import type { TableSnapshot } from './interface.ts';
import { tableContentsSpec, tableSnapshotsSpec, type SnapshotDocument, type TableContent } from './binding-documents.ts';

export interface TableSnapshots {
  /**
   * Returns the snapshot of these tables. Stores it first, so that an execution pinned to it finds it again after a
   * restart.
   */
  pin(tables: readonly CodeTable[]): Promise<TableSnapshot>;
  /** Returns a snapshot by id. Rejects with TABLES_SNAPSHOT_UNKNOWN (bug) if it was never stored. */
  at(id: string): Promise<TableSnapshot>;
}

/** How many old snapshots stay in memory besides the current one. */
const MAX_SNAPSHOTS = 16;

/**
 * Opens the snapshots. Their id is the hash of their content: the same tables have the same id in every process, and
 * each content is stored once.
 */
export async function openTableSnapshots(documents: Documents): Promise<TableSnapshots> {
  const contents = await documents.open(tableContentsSpec);
  const snapshots = await documents.open(tableSnapshotsSpec);
  const loaded = new Map<string, TableSnapshot>();

  const keep = (snapshot: TableSnapshot): TableSnapshot => {
    loaded.delete(snapshot.id);
    loaded.set(snapshot.id, snapshot);
    if (loaded.size > MAX_SNAPSHOTS) loaded.delete(loaded.keys().next().value!);
    return snapshot;
  };

  return {
    async pin(tables) {
      const parts = tables.map(({ revision: _revision, ...table }) => {
        const body = canonicalJson(table);
        return { _id: hash(body), body };
      });
      const document: SnapshotDocument = {
        _id: hash(
          parts
            .map((part) => part._id)
            .sort()
            .join(),
        ),
        contents: parts.map((part) => part._id),
      };
      const known = loaded.get(document._id);
      if (known !== undefined) return keep(known);
      for (const part of parts) await contents.insert(part, { durability: 'full' });
      await snapshots.insert(document, { durability: 'full' });
      return keep(createSnapshot(document._id, tables));
    },
    async at(id) {
      const known = loaded.get(id);
      return known === undefined ? keep(await load(id, snapshots, contents)) : keep(known);
    },
  };
}

async function load(id: string, snapshots: Collection<SnapshotDocument>, contents: Collection<TableContent>): Promise<TableSnapshot> {
  const document = await snapshots.get(id);
  const parts = await Promise.all((document?.contents ?? []).map((part) => contents.get(part)));
  if (document === undefined || parts.includes(undefined)) {
    throw new AppError('TABLES_SNAPSHOT_UNKNOWN', 'bug', `The code tables ${id} that this execution is pinned to are not stored.`, {
      values: { id },
    });
  }
  return createSnapshot(
    id,
    parts.map((part) => JSON.parse(part!.body) as CodeTable),
  );
}

function createSnapshot(id: string, tables: readonly Omit<CodeTable, 'revision'>[]): TableSnapshot {
  const byId = new Map(
    tables.map((table) => [table.tableId, { entries: new Map(Object.entries(table.entries)), fallback: table.fallback }]),
  );
  return Object.freeze({
    id,
    has: (table: string) => byId.has(table),
    lookup(table: string, key: string) {
      const found = byId.get(table);
      if (found === undefined) {
        throw new AppError('CODE_TABLE_UNKNOWN', 'input', `There is no code table "${table}".`, {
          values: { table },
          fix: 'Create it, or correct its name.',
        });
      }
      const value = found.entries.get(key) ?? found.fallback;
      if (value !== undefined) return value;
      // The key may be personal data, so the message leaves it out.
      throw new AppError('CODE_UNKNOWN', 'input', `The code table "${table}" does not contain this code and has no fallback.`, {
        values: { table },
        fix: 'Add the code, or give the table a fallback.',
      });
    },
  });
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
