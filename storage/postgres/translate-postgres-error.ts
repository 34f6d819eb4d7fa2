import { DatabaseError } from 'pg';
import { AppError } from '../../engine/contract/values/errors.ts';
import { refusedByTls, withoutTls } from '../shared/refused-by-tls.ts';
import { storeDown } from '../revisioned/store-down.ts';

const UNIQUE_VIOLATION = '23505';
const DISK_FULL = '53100';
/**
 * SQLSTATE codes for deadlock, serialization failure, lock not available, timeout, and out of memory. The server did
 * nothing, and a retry may succeed.
 */
const BUSY = ['40P01', '40001', '55P03', '57014', '53200'];
/** SQLSTATE code of a write to a server that has become a standby. */
const READ_ONLY = '25006';
/** SQLSTATE codes of a failed login: the user may not log in, or the database does not exist. */
const REFUSED = /^(28|3D)/;
/**
 * SQLSTATE codes that mean: the connection is lost, there are too many connections, or the server is starting up or
 * shutting down.
 */
const AWAY = /^(08|57P0|53300)/;

/** Returns the violated index; undefined for any other error. */
export function violatedIndex(error: unknown): string | undefined {
  return error instanceof DatabaseError && error.code === UNIQUE_VIOLATION ? (error.constraint ?? '') : undefined;
}

/**
 * Returns true if the server refused this one statement and certainly did nothing. Returns false if the connection is
 * lost.
 */
export function isStatementRefused(error: unknown): boolean {
  return error instanceof DatabaseError && error.severity === 'ERROR' && !AWAY.test(error.code ?? '') && error.code !== READ_ONLY;
}

/** Returns true if a retry of the same statement may succeed. */
export function isBusy(error: unknown): boolean {
  return error instanceof DatabaseError && BUSY.includes(error.code ?? '');
}

/**
 * Translates an error of the driver to an AppError. The server's detail text may contain values of rows, so it is
 * never passed on.
 */
export function translatePostgresError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (!(thrown instanceof DatabaseError)) return translateConnectionError(thrown as Error & { readonly code?: string });
  const code = thrown.code ?? '';
  if (code === DISK_FULL) return storeFull();
  if (isBusy(thrown)) return storeBusy(code);
  if (REFUSED.test(code)) return refused(code);
  if (AWAY.test(code) || code === READ_ONLY) return storeDown(`PostgreSQL ${code}`, thrown);
  const fix = 'Report this with the log.';
  return new AppError('STORE_BUG', 'bug', `PostgreSQL refused an operation (${code}).`, { values: { sqlstate: code }, fix, cause: thrown });
}

/** Translates errors of connecting. The driver distinguishes them only by text, or by the code of Node's TLS. */
function translateConnectionError(error: Error & { readonly code?: string }): AppError {
  const { code = '', message = '' } = error;
  if (message.startsWith('SASL')) return refused('password');
  if (message.includes('does not support SSL')) return withoutTls('PostgreSQL', error);
  return refusedByTls('PostgreSQL', error) ?? storeDown(code === '' ? message : code, error);
}

function storeFull(): AppError {
  return new AppError('STORE_FULL', 'transient', 'The disk of the database is full; nothing was written.', {
    fix: 'Free space on that disk, or shorten retention; writing continues automatically as soon as there is space.',
    retryAfterMs: 5000,
  });
}

function storeBusy(sqlstate: string): AppError {
  return new AppError('STORE_BUSY', 'transient', `The database is too busy for an operation (${sqlstate}).`, {
    values: { sqlstate },
    fix: 'Try again in a moment; if it keeps happening, check what else is running on the database.',
    retryAfterMs: 1000,
  });
}

function refused(sqlstate: string): AppError {
  return new AppError('STORE_REFUSED', 'input', `PostgreSQL refused the login (${sqlstate}).`, {
    values: { sqlstate },
    fix: 'Correct user, database and password: KQ_STORE_ADDRESS and the file that KQ_STORE_PASSWORD_FILE names.',
  });
}
