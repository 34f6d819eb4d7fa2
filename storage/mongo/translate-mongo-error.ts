import { MongoError, MongoNetworkError, MongoServerError, MongoServerSelectionError, MongoWriteConcernError } from 'mongodb';
import { AppError } from '../../engine/contract/values/errors.ts';
import { LostAnswer } from '../revisioned/revisioned-table.ts';
import { storeDown } from '../revisioned/store-down.ts';

const DUPLICATE_KEY = 11_000;
const OUT_OF_DISK_SPACE = 14_031;
/** Codes of errors when the server steps down or shuts down. Such an error does not show whether the write was done. */
const LEAVING = [91, 189, 10_107, 11_600, 11_602, 13_435, 13_436];
/** Errors that the driver raises before it sends anything. */
const NOT_SENT = [
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoNotConnectedError',
  'MongoServerClosedError',
];

/** Matches codes such as `EPIPE`, and Node's codes for a closed socket. */
const SOCKET_CODE = /^(E[A-Z0-9]+|ERR_STREAM_(DESTROYED|WRITE_AFTER_END|PREMATURE_CLOSE)|ERR_SOCKET_CLOSED)$/;

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/**
 * Translates the error of a write. Returns STORE_DOWN only if the write was certainly not done, and `LostAnswer` if
 * this is not known.
 */
export function translateWriteError(error: unknown): unknown {
  return isAnswerLost(error) ? new LostAnswer(error) : translateMongoError(error);
}

/**
 * Translates an error of the driver to an AppError; returns any other error unchanged. Messages never contain values
 * of documents.
 */
export function translateMongoError(error: unknown): unknown {
  if (isSystemError(error)) return storeDown(error.message, error);
  if (!(error instanceof MongoError)) return error;
  if (error.name === 'MongoWaitQueueTimeoutError') return storeBusy(error);
  if (error instanceof MongoServerError && error.code === OUT_OF_DISK_SPACE) return storeFull(error);
  if (isUnreachable(error)) return storeDown(reasonOf(error), error);
  const reason = error instanceof MongoServerError ? (error.codeName ?? String(error.code)) : error.name;
  return new AppError('STORE_BUG', 'bug', `The store refused an operation (${reason}).`, {
    values: { reason },
    fix: 'Report this with the log.',
    cause: error,
  });
}

/** Returns true if the driver had no connection to send on, so nothing was sent. */
export function isNotSent(error: unknown): boolean {
  if (isSystemError(error)) return error.syscall === 'connect';
  if (!(error instanceof MongoError)) return false;
  const { beforeHandshake = false } = error as { readonly beforeHandshake?: boolean };
  // Only the cause of a MongoNetworkError belongs to this operation. The cause of a MongoPoolClearedError is an error
  // of another connection.
  const isOwnCause = error.name === 'MongoNetworkError' && isSystemError(error.cause);
  return NOT_SENT.includes(error.name) || beforeHandshake || (isOwnCause && isNotSent(error.cause));
}

function isAnswerLost(error: unknown): boolean {
  if (isSystemError(error)) return !isNotSent(error);
  if (error instanceof MongoWriteConcernError) return true;
  if (error instanceof MongoServerError) return LEAVING.includes(error.code as number);
  return error instanceof MongoNetworkError && !isNotSent(error);
}

/**
 * Returns whether this is a socket error; the driver passes some of them on unchanged. Some have only a code and no
 * system call, for example a write after the other side has closed.
 */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && ('syscall' in error || SOCKET_CODE.test((error as NodeJS.ErrnoException).code ?? ''));
}

function isUnreachable(error: MongoError): boolean {
  if (error instanceof MongoServerError) return error instanceof MongoWriteConcernError || LEAVING.includes(error.code as number);
  return error instanceof MongoServerSelectionError || error instanceof MongoNetworkError || NOT_SENT.includes(error.name);
}

/** Returns a reason that contains names of machines and system calls, but never values that were written. */
function reasonOf(error: MongoError): string {
  if (error instanceof MongoServerError) return error.codeName ?? `code ${String(error.code)}`;
  return error.message.slice(0, 200);
}

function storeBusy(cause: unknown): AppError {
  return new AppError('STORE_BUSY', 'transient', 'Too many operations are waiting for the store.', {
    fix: 'Try again in a moment, or send less at a time.',
    retryAfterMs: 1000,
    cause,
  });
}

function storeFull(cause: unknown): AppError {
  return new AppError('STORE_FULL', 'transient', 'The disk of the database is full; nothing was written, but reading still works.', {
    fix: 'Free space on that disk, or shorten retention; writing continues automatically as soon as there is space.',
    retryAfterMs: 5000,
    cause,
  });
}
