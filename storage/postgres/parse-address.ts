import { AppError } from '../../engine/contract/values/errors.ts';
import { isLoopback, refusePlainConnection } from '../shared/server-address.ts';

export interface PostgresTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** The schema of the platform's tables. */
  readonly schema: string;
  /** True, except for a connection that stays on this machine and does not request TLS. */
  readonly isEncrypted: boolean;
}

const FORM = 'postgres://user@host:port/database?schema=kangqiao';
const DEFAULT_PORT = 5432;
const DEFAULT_SCHEMA = 'kangqiao';
const SCHEMA = /^[a-z_][a-z0-9_]{0,47}$/;
const ENCRYPTED = ['require', 'verify-ca', 'verify-full'];
const PARAMETERS = ['schema', 'sslmode'];

/**
 * Parses `postgres://user@host:port/database?schema=kangqiao`. With TLS, the server's certificate and name are always
 * checked, whatever `sslmode` says. Throws STORE_ADDRESS or STORE_NOT_ENCRYPTED (input).
 */
export function parseAddress(address: string): PostgresTarget {
  const url = URL.parse(address);
  if (!url || url.hostname === '') throw badAddress('it names no host');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const database = decodeURIComponent(url.pathname.slice(1));
  const user = decodeURIComponent(url.username);
  if (user === '') throw badAddress('it names no user');
  if (database === '' || database.includes('/')) throw badAddress('it names no database');
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) throw badAddress(`it has an unknown parameter "${unknown}"`);
  const schema = url.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  if (!SCHEMA.test(schema)) throw badAddress('its schema must consist of lower-case letters, digits and underscores');
  const sslmode = url.searchParams.get('sslmode') ?? (isLoopback(host) ? 'disable' : 'verify-full');
  const isEncrypted = ENCRYPTED.includes(sslmode);
  if (!isEncrypted) refusePlainConnection([host], 'Omit sslmode, or set it to verify-full, and enable TLS on the server.');
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port), user, database, schema, isEncrypted };
}

function badAddress(reason: string): AppError {
  return new AppError('STORE_ADDRESS', 'input', `The address of the PostgreSQL store cannot be used: ${reason}.`, {
    values: { problem: 'form', scheme: 'postgres', form: FORM },
    fix: `Write it as ${FORM}`,
  });
}
