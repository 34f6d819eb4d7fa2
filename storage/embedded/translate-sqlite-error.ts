import { AppError } from '../../engine/contract/values/errors.ts';
import type { Failure } from './thread-messages.ts';

/** Result codes (sqlite.org/rescode.html). The lowest byte of an extended code is its primary code. */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;
const DISK_REFUSES = [SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN];
/** Extended codes of SQLITE_IOERR that mean a full disk: writing, truncating, and growing the shared-memory file. */
const IOERR_WHEN_FULL = [778, 1546, 4618, 4874];

/** Turns an error of a store thread into an AppError as plain data. Messages of SQLite never contain values. */
export function translateSqliteError(thrown: unknown): Failure {
  if (thrown instanceof AppError) return plain(thrown);
  const error = thrown as { readonly errcode?: number; readonly message?: string };
  const code = error.errcode ?? -1;
  const primary = code & 0xff;
  if (primary === SQLITE_FULL || IOERR_WHEN_FULL.includes(code)) return plain(storeFull());
  const text = error.message ?? 'unknown';
  const values = { sqlite: code };
  if (primary === SQLITE_BUSY || primary === SQLITE_LOCKED) {
    return plain(
      new AppError('STORE_BUSY', 'transient', `Another program has the files of the store open (${text}).`, {
        values,
        retryAfterMs: 5000,
        fix: 'Stop the other program, for example sqlite3 or a running file copy.',
      }),
    );
  }
  if (DISK_REFUSES.includes(primary)) {
    return plain(
      new AppError('STORE_IO', 'transient', `The disk failed to read or write the store (${text}).`, { values, fix: 'Check the disk.' }),
    );
  }
  if (primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB) {
    return plain(
      new AppError('STORE_DAMAGED', 'bug', `The store file is damaged (${text}).`, {
        values,
        fix: 'Restore the data folder from a backup.',
      }),
    );
  }
  return plain(new AppError('STORE_BUG', 'bug', `The store refused an operation (${text}).`, { values, fix: 'Report this with the log.' }));
}

export function toAppError({ code, kind, message, fix, values }: Failure): AppError {
  return new AppError(code, kind, message, { values, ...(fix === undefined ? {} : { fix }) });
}

function storeFull(): AppError {
  return new AppError('STORE_FULL', 'transient', 'The disk of the data folder is full; nothing was written, but reading still works.', {
    fix: 'Free space on that disk, or shorten retention; writing continues automatically as soon as there is space.',
    retryAfterMs: 5000,
  });
}

function plain({ code, kind, message, fix, values }: AppError): Failure {
  return { code, kind, message, fix, values };
}
