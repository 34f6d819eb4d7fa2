import { AppError } from '../../engine/contract/values/errors.ts';

const RETRY_AFTER_MS = 1000;

/**
 * Returns the error for a database that cannot be reached or does not respond. No action is needed if the database
 * comes back.
 */
export function storeDown(reason: string, cause?: unknown): AppError {
  return new AppError('STORE_DOWN', 'transient', `The store does not respond (${reason}).`, {
    values: { reason },
    fix: 'Check that the database is running and reachable; work continues automatically as soon as it responds.',
    retryAfterMs: RETRY_AFTER_MS,
    cause,
  });
}

export function isStoreDown(error: unknown): boolean {
  return error instanceof AppError && error.code === 'STORE_DOWN';
}
