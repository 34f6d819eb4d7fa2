import type { Collection, Db, IndexDescriptionInfo } from 'mongodb';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { layoutOf, openRevisionedDocuments, schemaMismatch } from '../revisioned/open-revisioned-documents.ts';
import type { RevisionedTable } from '../revisioned/revisioned-table.ts';
import type { MongoConnection } from './connect-mongo.ts';
import { openMongoTable } from './open-mongo-table.ts';
import { layoutRows, type MongoRow, type RowIndex, type RowLayout } from './row-layout.ts';
import { isDuplicateKey, translateMongoError } from './translate-mongo-error.ts';

export interface MongoDocumentsOptions {
  readonly connection: MongoConnection;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The stored layout of one collection. It depends on the indexes of the specification. If these indexes have changed
 * since rows were stored, the fields of the rows would give wrong query results.
 */
interface LayoutRow {
  readonly _id: string;
  readonly layout: string;
}

const LAYOUTS = 'kq_layouts';
const MAJORITY = { writeConcern: { w: 'majority', journal: true } } as const;
const NO_SUCH_COLLECTION = 26;
const INDEX_CONFLICTS = [67, 85, 86];

/**
 * Opens documents in MongoDB. A write succeeds only if the row has the expected revision (`storage/revisioned`).
 * Closing the documents closes the connection.
 */
export function openMongoDocuments({ connection, clock, logger }: MongoDocumentsOptions): Documents {
  const { client, database } = connection;
  return openRevisionedDocuments({
    clock,
    logger,
    driver: {
      openTable: (spec) => openTable(database, spec).catch(rethrow),
      async ping() {
        await database.command({ ping: 1 }).catch(rethrow);
      },
      close: () => client.close(),
    },
  });
}

async function openTable(database: Db, spec: CollectionSpec<StoredDocument>): Promise<RevisionedTable> {
  await agreeOnLayout(database.collection<LayoutRow>(LAYOUTS), spec);
  const layout = layoutRows(spec);
  const rows = database.collection<MongoRow>(spec.name);
  await makeIndexes(rows, layout);
  return openMongoTable(rows, layout);
}

/**
 * Checks the layout of a collection against the stored layout, or stores it. If several processes open a new collection
 * at once, the layout that is stored first is valid for all of them.
 */
async function agreeOnLayout(layouts: Collection<LayoutRow>, spec: CollectionSpec<StoredDocument>): Promise<void> {
  const own = { _id: spec.name, layout: layoutOf(spec) };
  const stored = (await layouts.findOne({ _id: spec.name })) ?? (await insertFirst(layouts, own));
  if (stored.layout !== own.layout) throw schemaMismatch(spec.name, `it was created for ${stored.layout}`);
}

async function insertFirst(layouts: Collection<LayoutRow>, own: LayoutRow): Promise<LayoutRow> {
  try {
    await layouts.insertOne(own, MAJORITY);
    return own;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return (await layouts.findOne({ _id: own._id })) ?? own;
  }
}

/**
 * Creates missing indexes. Other existing indexes are ignored, but an index with the name of one in the specification
 * must match it.
 */
async function makeIndexes(rows: Collection<MongoRow>, layout: RowLayout): Promise<void> {
  const stored = new Map((await listIndexes(rows)).map((index) => [index.name, index]));
  for (const index of layout.indexes) {
    const found = stored.get(index.name);
    if (!found) await makeIndex(rows, layout.name, index);
    else if (describe(index) !== describe(found))
      throw schemaMismatch(layout.name, `its index "${index.name}" is on ${describe(found)}, not on ${describe(index)}`);
  }
}

/**
 * Creates one index. Indexes are created one after the other, because FerretDB panics when another process creates
 * several at once.
 */
async function makeIndex(rows: Collection<MongoRow>, collection: string, { name, key, ...options }: RowIndex): Promise<void> {
  try {
    await rows.createIndex(key, { name, ...options });
  } catch (error) {
    if (isDuplicateKey(error)) throw schemaMismatch(collection, `its index "${name}" must be unique, but stored documents violate this`);
    const { code = 0 } = error as { readonly code?: number };
    if (INDEX_CONFLICTS.includes(code)) throw schemaMismatch(collection, `its index "${name}" cannot be created next to the existing ones`);
    throw error;
  }
}

async function listIndexes(rows: Collection<MongoRow>): Promise<readonly IndexDescriptionInfo[]> {
  try {
    return (await rows.listIndexes().toArray()) as readonly IndexDescriptionInfo[];
  } catch (error) {
    if ((error as { readonly code?: number }).code === NO_SUCH_COLLECTION) return [];
    throw error;
  }
}

/**
 * Describes an index by its fields and whether it is unique. It ignores whether the index is sparse, because not every
 * server reports this.
 */
function describe({ key, unique }: { readonly key: object; readonly unique?: boolean }): string {
  const fields = Object.entries(key).map(([field, direction]) => (direction === 1 ? field : `${field} ${String(direction)}`));
  return `${unique === true ? 'unique ' : ''}(${fields.join(', ')})`;
}

function rethrow(error: unknown): never {
  throw translateMongoError(error);
}
