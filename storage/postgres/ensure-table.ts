import type { ClientBase } from 'pg';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { CollectionSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { layoutOf, schemaMismatch } from '../revisioned/open-revisioned-documents.ts';
import { createIndexSql, createTableSql, quote, type IndexLayout, type TableLayout } from './table-layout.ts';

/**
 * Number of the format of rows. It must change when the encoding of values or the names of columns change, because rows
 * in another format cannot be read.
 */
const FORMAT = 1;
const CATALOGUE = ':collections';

/** Takes a lock, so that processes that start at the same time create tables one after the other. */
async function withCreateLock<R>(client: ClientBase, schema: string, action: () => Promise<R>): Promise<R> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`kangqiao ${schema}`]);
    const result = await action();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/**
 * Creates the schema and the list of its collections, and runs the `further` statements. Does nothing if the list
 * exists.
 */
export async function ensureSchema(client: ClientBase, schema: string, further: readonly string[]): Promise<void> {
  if (await hasCatalogue(client, schema)) return;
  await withCreateLock(client, schema, async () => {
    if (await hasCatalogue(client, schema)) return;
    const { rows } = await client.query('SELECT 1 FROM information_schema.schemata WHERE schema_name = $1', [schema]);
    if (rows.length === 0) await client.query(`CREATE SCHEMA ${quote(schema)}`);
    for (const statement of further) await client.query(statement);
    await client.query(`CREATE TABLE ${catalogue(schema)} (name TEXT PRIMARY KEY, layout TEXT NOT NULL, format INTEGER NOT NULL)`);
  });
}

async function hasCatalogue(client: ClientBase, schema: string): Promise<boolean> {
  const { rows } = await client.query('SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = $2', [schema, CATALOGUE]);
  return rows.length > 0;
}

/**
 * Creates the table and its indexes, or compares the existing ones with the specification. If only an index is missing,
 * it is created and a warning is logged. Rejects with STORE_SCHEMA_MISMATCH (input) if the format of the rows or an
 * index differs.
 */
export async function ensureTable(
  client: ClientBase,
  layout: TableLayout,
  spec: CollectionSpec<StoredDocument>,
  logger: Logger,
): Promise<void> {
  if ((await missingIndexes(client, layout, spec))?.length === 0) return;
  await withCreateLock(client, layout.schema, async () => {
    const missing = await missingIndexes(client, layout, spec);
    if (missing === undefined) {
      await client.query(createTableSql(layout));
      await client.query(`INSERT INTO ${catalogue(layout.schema)} (name, layout, format) VALUES ($1, $2, $3)`, [
        layout.name,
        layoutOf(spec),
        FORMAT,
      ]);
    }
    for (const index of missing ?? layout.indexes) {
      if (missing) {
        logger.warn('postgres.index-created', { collection: layout.name, index: index.name });
        // An index whose creation was interrupted cannot be used, so it is dropped first.
        await client.query(`DROP INDEX IF EXISTS ${quote(layout.schema)}.${quote(index.name)}`);
      }
      await client.query(createIndexSql(layout, index));
    }
  });
}

/** Returns the missing indexes; undefined if the collection does not exist. */
async function missingIndexes(
  client: ClientBase,
  layout: TableLayout,
  spec: CollectionSpec<StoredDocument>,
): Promise<readonly IndexLayout[] | undefined> {
  const { rows } = await client.query<{ layout: string; format: number }>(
    `SELECT layout, format FROM ${catalogue(layout.schema)} WHERE name = $1`,
    [layout.name],
  );
  const [known] = rows;
  if (!known) return undefined;
  if (known.format !== FORMAT) throw schemaMismatch(layout.name, `it has format ${known.format} instead of ${FORMAT}`);
  if (known.layout !== layoutOf(spec)) throw schemaMismatch(layout.name, 'it was created with different indexes');
  const stored = await storedIndexes(client, layout);
  return layout.indexes.filter((index) => {
    const found = stored.get(index.name);
    if (found?.isValid !== true) return true;
    const wanted = normalise(createIndexSql(layout, index));
    if (normalise(found.definition) !== wanted) throw schemaMismatch(layout.name, `its index "${index.name}" was changed`);
    return false;
  });
}

interface StoredIndex {
  readonly definition: string;
  readonly isValid: boolean;
}

async function storedIndexes(client: ClientBase, { schema, name }: TableLayout): Promise<ReadonlyMap<string, StoredIndex>> {
  const { rows } = await client.query<{ name: string; definition: string; valid: boolean }>(
    `SELECT i.relname AS name, pg_get_indexdef(x.indexrelid) AS definition, x.indisvalid AS valid
       FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
       JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = $1 AND t.relname = $2`,
    [schema, name],
  );
  return new Map(rows.map((row) => [row.name, { definition: row.definition, isValid: row.valid }]));
}

/**
 * Reduces the definition of an index to uniqueness, method, columns and condition, because servers write brackets,
 * casts and table names differently. Storage parameters are left out: the administrator may set them.
 */
function normalise(definition: string): string {
  const unique = /^CREATE UNIQUE/i.test(definition) ? 'unique ' : '';
  const from = definition.search(/ USING /i);
  return (
    unique +
    definition
      .slice(from)
      .replace(/ WITH \([^)]*\)/i, '')
      .replace(/::text|[\s()"]/gi, '')
      .toLowerCase()
  );
}

function catalogue(schema: string): string {
  return `${quote(schema)}.${quote(CATALOGUE)}`;
}
