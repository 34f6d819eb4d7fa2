import type { CollectionSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { openRevisionedDocuments } from '../revisioned/open-revisioned-documents.ts';
import type { RevisionedDriver } from '../revisioned/revisioned-table.ts';
import type { BackendOptions, OpenedStore } from '../shared/storage-backend.ts';
import { checkServer, type ServerTraits } from './check-server.ts';
import { connectionSettings } from './connection-settings.ts';
import { ensureSchema, ensureTable } from './ensure-table.ts';
import { createBlobTablesSql, openPostgresBlobs } from './open-postgres-blobs.ts';
import { openPostgresTable } from './open-postgres-table.ts';
import { openQueryPool } from './open-query-pool.ts';
import { openSetupConnection, type WithClient } from './open-setup-connection.ts';
import { openWriteLane } from './open-write-lane.ts';
import { parseAddress } from './parse-address.ts';
import { layoutTable } from './table-layout.ts';

const READ_CONNECTIONS = 4;
const BLOB_CONNECTIONS = 3;

/**
 * Opens the store of `postgresBackend`. Tests set `assumed` to switch off features that openGauss and KingbaseES
 * lack.
 */
export async function openPostgresStore(
  address: string,
  options: BackendOptions,
  assumed: Partial<ServerTraits> = {},
): Promise<OpenedStore> {
  const target = parseAddress(address);
  const { password, ca, clock, logger } = options;
  const settings = connectionSettings({ target, password, ca });
  const withClient = openSetupConnection(settings);
  const found = await withClient(async (client) => {
    const traits = await checkServer(client, logger);
    await ensureSchema(client, target.schema, createBlobTablesSql(target.schema));
    return traits;
  });
  const traits = { ...found, ...assumed };
  const lane = openWriteLane(settings, traits.fullCommit, clock);
  const reads = openQueryPool(settings, READ_CONNECTIONS);
  const driver: RevisionedDriver = {
    openTable: (spec) => openTable(spec, target.schema, withClient, options, (layout) => openPostgresTable(layout, lane, reads, traits)),
    async ping() {
      await reads.query('SELECT 1', []);
    },
    async close() {
      await lane.close();
      await reads.close();
    },
  };
  const documents = openRevisionedDocuments({ driver, clock, logger });
  return {
    documents,
    async openBlobs(dataKeys) {
      const pool = openQueryPool(settings, BLOB_CONNECTIONS);
      return openPostgresBlobs({ schema: target.schema, pool, dataKeys, clock, logger });
    },
    dataFolder: undefined,
    async serverTime() {
      const [row] = await reads.query<{ now: string }>('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now', []);
      return Number(row?.now);
    },
    close: () => documents.close(),
  };
}

async function openTable<R>(
  spec: CollectionSpec<StoredDocument>,
  schema: string,
  withClient: WithClient,
  { logger }: BackendOptions,
  open: (layout: ReturnType<typeof layoutTable>) => R,
): Promise<R> {
  const layout = layoutTable(schema, spec);
  await withClient((client) => ensureTable(client, layout, spec, logger));
  return open(layout);
}
