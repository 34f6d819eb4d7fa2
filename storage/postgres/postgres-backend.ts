import type { StorageBackend } from '../shared/storage-backend.ts';
import { openPostgresStore } from './open-postgres-store.ts';
import { parseAddress } from './parse-address.ts';

/**
 * The backend `postgres://user@host:port/database?schema=…`, for PostgreSQL, openGauss and KingbaseES. It uses at
 * most nine connections per process.
 */
export const postgresBackend: StorageBackend = {
  open: (address, options) => openPostgresStore(address, options),
  checkAddress: parseAddress,
};
