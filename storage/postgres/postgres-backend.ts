import type { StorageBackend } from '../shared/storage-backend.ts';
import { openPostgresStore } from './open-postgres-store.ts';
import { parseAddress } from './parse-address.ts';

/**
 * `postgres://user@host:port/database?schema=…`: PostgreSQL, openGauss, KingbaseES. At most nine connections per
 * process.
 */
export const postgresBackend: StorageBackend = {
  open: (address, options) => openPostgresStore(address, options),
  checkAddress: parseAddress,
};
