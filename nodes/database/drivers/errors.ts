/** The errors that all drivers throw. They never contain a value of a row or of a parameter. */
import { AppError, type ErrorValues } from '../../../engine/contract/values/errors.ts';
import type { Target } from './driver.ts';
import { REFUSALS, type RefusalReason } from './value-refusals.ts';

export function connectFailed({ host, port }: Pick<Target, 'host' | 'port'>, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const reason = reasonOf(cause);
  return new AppError('DATABASE_CONNECT_FAILED', 'transient', `No connection to ${host}:${port}: ${reason}.`, {
    values: { host, port, reason },
    fix: 'Check address, firewall and certificate with the connection test of the adapter.',
    cause,
  });
}

/** `problem`: what the database refused. */
export function loginRefused(problem: 'password' | 'database', code: string, cause: unknown): AppError {
  const what = problem === 'password' ? 'the user or the password' : 'access to this database';
  return new AppError('DATABASE_LOGIN_REFUSED', 'input', `The database refuses ${what} (${code}).`, {
    values: { problem, code },
    fix: 'Correct user, database or credential of the adapter, or have the database administrator grant access.',
    cause,
  });
}

/** The server does not support TLS, but the adapter demands it. */
export function serverWithoutTls(cause: unknown): AppError {
  return new AppError('DATABASE_TLS_REQUIRED', 'input', 'The adapter demands TLS, but the database does not support it.', {
    values: { problem: 'server' },
    fix: 'Enable TLS on the database; or remove tls and set allowPlain, if both are in the same protected network.',
    cause,
  });
}

export function stopped(): AppError {
  return new AppError('DATABASE_STOPPED', 'transient', 'The step was stopped before anything was sent.');
}

export interface Refusal {
  /** SQLSTATE, or the error number of the vendor. */
  readonly code: string;
  /** The text of the database. Pass it only if it cannot contain values: it says what is wrong in the statement. */
  readonly message?: string | undefined;
  /** The character of the statement, starting with 1. */
  readonly position?: number | undefined;
}

export interface ValueRefusal {
  readonly code: string;
  readonly reason: RefusalReason;
  /** The column or the type, if the database names it apart from the value. */
  readonly column?: string | undefined;
  readonly type?: string | undefined;
}

export function valueRefused({ code, reason, column, type }: ValueRefusal, cause: unknown): AppError {
  const { what, fix } = REFUSALS[reason];
  const where = column !== undefined ? `, column ${column}` : type !== undefined ? `, type ${type}` : '';
  return new AppError('DATABASE_STATEMENT_REFUSED', 'input', `${what}${where} (${code}).`, {
    values: { problem: reason, code, ...(column === undefined ? {} : { column }), ...(type === undefined ? {} : { type }) },
    fix,
    cause,
  });
}

export function statementRefused({ code, message, position }: Refusal, cause: unknown): AppError {
  const place = position === undefined ? '' : ` at character ${position}`;
  const why = message === undefined ? '' : `: ${message}`;
  return new AppError('DATABASE_STATEMENT_REFUSED', 'input', `The database refused the statement${place} (${code})${why}.`, {
    values: {
      ...(message === undefined ? {} : { problem: 'message', message }),
      code,
      ...(position === undefined ? {} : { position }),
    },
    fix: 'Correct the statement or the values of its parameters; try the statement with a client of the database.',
    cause,
  });
}

/** A statement of a node that only reads would change data. */
export function readOnly(code: string, cause: unknown): AppError {
  return new AppError('DATABASE_STATEMENT_REFUSED', 'input', `The statement would change data, but this node only reads (${code}).`, {
    values: { problem: 'read-only', code },
    fix: 'Use a node that writes.',
    cause,
  });
}

export interface Violation {
  readonly code: string;
  readonly rule: 'unique' | 'reference' | 'required' | 'check';
  /** The name of the constraint or column, if the database says it. */
  readonly name?: string | undefined;
}

export function constraintViolated({ code, rule, name = '' }: Violation, cause: unknown): AppError {
  const which = name === '' ? '' : ` ${name}`;
  return new AppError('DATABASE_CONSTRAINT', 'input', `The data violates a rule of the database (${rule})${which} (${code}).`, {
    values: { problem: rule, name, code },
    fix: 'Correct the data, or treat what exists already in the statement.',
    cause,
  });
}

/** The statement relies on a unique key that the table does not have. */
export function keyNotUnique(cause?: unknown): AppError {
  return new AppError('DATABASE_KEY_NOT_UNIQUE', 'input', 'The table has no primary key or unique constraint on exactly the key columns.', {
    fix: 'Choose the columns of one as key columns, or have the database administrator create one: ALTER TABLE … ADD UNIQUE (…).',
    cause,
  });
}

/** Deadlock, serialisation failure or lock time-out: the database rolled back, and a retry may succeed. */
export function conflict(code: string, cause: unknown): AppError {
  return new AppError('DATABASE_CONFLICT', 'transient', `The statement met a lock of another one and was rolled back (${code}).`, {
    values: { code },
    fix: 'It can be retried; if it keeps happening, check what else runs on these tables.',
    cause,
  });
}

/** The database itself ended the statement, so nothing was done. */
export function timedOut(timeoutMs: number, cause: unknown): AppError {
  return new AppError('DATABASE_TIMEOUT', 'transient', `The database ended the statement, which ran longer than ${timeoutMs} ms.`, {
    values: { timeoutMs },
    fix: 'Make the statement faster (an index, fewer rows), or raise the call time-out of the adapter.',
    cause,
  });
}

/** The connection was lost or ended. Whether the statement was done is unknown. */
export function noAnswer(reason: string, cause?: unknown): AppError {
  return new AppError('DATABASE_NO_ANSWER', 'transient', `The connection ended before the database answered (${reason}).`, {
    values: { reason },
    fix: 'For a statement that writes, check in the database whether it was done.',
    cause,
  });
}

/** The connection was lost while the database committed. */
export function commitUnknown(cause: AppError): AppError {
  return new AppError('DATABASE_COMMIT_UNKNOWN', 'unknown-outcome', 'The connection was lost while the database committed the data.', {
    fix: 'Check in the database whether the data is there. With idempotency by key or ledger, the platform repeats the step by itself.',
    cause,
  });
}

/** A procedure may have committed by itself before the error. */
export function callUnknown(cause: AppError): AppError {
  return new AppError('DATABASE_CALL_UNKNOWN', 'unknown-outcome', 'The call failed, and it is not known what it has changed.', {
    fix: 'Check in the database whether it was done. If repeating the call does no harm, set its effect to idempotent.',
    cause,
  });
}

export function serverError(code: string, cause: unknown): AppError {
  return new AppError('DATABASE_SERVER_ERROR', 'transient', `The database could not run the statement (${code}).`, {
    values: { code },
    fix: 'Ask its administrator: it lacks memory, disk or connections, or it has an internal error.',
    cause,
  });
}

export function rowTooLarge(values: ErrorValues): AppError {
  return new AppError('DATABASE_ROW_TOO_LARGE', 'input', `A row is larger than the limit of ${values['limitBytes']} bytes.`, {
    values,
    fix: 'Select fewer or shorter columns, or raise the limit of the node.',
  });
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code ?? message;
}
