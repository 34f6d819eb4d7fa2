import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Target } from './driver.ts';
import {
  conflict,
  connectFailed,
  constraintViolated,
  loginRefused,
  noAnswer,
  readOnly,
  serverError,
  serverWithoutTls,
  statementRefused,
  timedOut,
  valueRefused,
  type Violation,
} from './errors.ts';
import type { RefusalReason } from './value-refusals.ts';

/** An error of the client or the server. `errno` is the server's number (MySQL Server Error Reference, MariaDB Error Codes). */
interface MysqlError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly sqlState?: string;
  readonly sqlMessage?: string;
}

/** The violated rule by error number, and where the message has its name. Values may come before the name, never after it. */
const RULES: Readonly<Record<number, { readonly rule: Violation['rule']; readonly name: RegExp }>> = {
  1062: { rule: 'unique', name: /for key '([^']+)'$/ },
  1169: { rule: 'unique', name: /$^/ },
  1586: { rule: 'unique', name: /for key '([^']+)'$/ },
  1216: { rule: 'reference', name: /$^/ },
  1217: { rule: 'reference', name: /$^/ },
  1451: { rule: 'reference', name: /CONSTRAINT `([^`]+)`/ },
  1452: { rule: 'reference', name: /CONSTRAINT `([^`]+)`/ },
  1048: { rule: 'required', name: /^Column '([^']+)'/ },
  1364: { rule: 'required', name: /^Field '([^']+)'/ },
  3819: { rule: 'check', name: /^Check constraint '([^']+)'/ },
  4025: { rule: 'check', name: /^CONSTRAINT `([^`]+)`/ },
};
/** Deadlock, lock wait time-out, lock not available, row changed since it was read. */
const CONFLICT: ReadonlySet<number> = new Set([1213, 1205, 3572, 1020]);
/** max_statement_time of MariaDB, max_execution_time of MySQL. */
const TIMED_OUT: ReadonlySet<number> = new Set([1969, 3024]);
const READ_ONLY = 1792;
/** The session was killed, or the server stops. */
const AWAY: ReadonlySet<number> = new Set([1053, 1317, 1927, 3169]);
/** No disk, memory or connections; internal errors. */
const SERVER: ReadonlySet<number> = new Set([1021, 1028, 1030, 1037, 1038, 1040, 1041, 1114, 1203, 1226]);
/** Access denied for this user; this host; this database; unknown database. */
const LOGIN: ReadonlySet<number> = new Set([1045, 1130, 1698, 1862]);
const DATABASE: ReadonlySet<number> = new Set([1044, 1049]);
/** Syntax, unknown or ambiguous names, missing rights. Their messages quote the statement, never a value of a row or parameter. */
const ABOUT_STATEMENT: ReadonlySet<number> = new Set([
  1046, 1051, 1052, 1054, 1056, 1060, 1064, 1109, 1110, 1136, 1140, 1142, 1143, 1146, 1149, 1222, 1248, 1305, 1318, 1370, 1630,
]);

const REASONS: Readonly<Record<number, RefusalReason>> = {
  ...{ 1406: 'too-long', 1264: 'range', 1690: 'range', 1365: 'division', 3854: 'charset' },
  ...{ 1265: 'form', 1292: 'form', 1366: 'form', 1411: 'form', 3140: 'form' },
};
/** The message ends with the column. What stands before it may be the value. */
const COLUMN = / for column (?:`[^`]*`\.`[^`]*`\.)?[`']([^`']+)[`'] at row \d+$/;
/** SQLSTATEs of SIGNAL, which may give its own text any number. */
const OWN = /^45/;

export function translateConnect(target: Target, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { errno = 0, code = '' } = thrown as MysqlError;
  if (LOGIN.has(errno)) return loginRefused('password', String(errno), thrown);
  if (DATABASE.has(errno)) return loginRefused('database', String(errno), thrown);
  if (/^HANDSHAKE_NO_SSL/.test(code)) return serverWithoutTls(thrown);
  // The client replaces the code of TLS by one that does not say what is wrong with the certificate.
  if (/^HANDSHAKE_SSL_/.test(code)) return connectFailed(target, new Error((thrown as Error).message.slice(0, 200), { cause: thrown }));
  return connectFailed(target, errno > 1000 ? new Error(`MySQL ${errno}`, { cause: thrown }) : thrown);
}

export function translateStatement(thrown: unknown, timeoutMs: number): AppError {
  if (thrown instanceof AppError) return thrown;
  const { errno = 0, code, sqlState = '', sqlMessage = '' } = thrown as MysqlError;
  // Errors of the connection have a negative number, or none.
  if (errno < 1000) return noAnswer(code ?? 'closed', thrown);
  if (OWN.test(sqlState)) return valueRefused({ code: `${errno}/${sqlState}`, reason: 'own' }, thrown);
  const name = String(errno);
  const violated = RULES[errno];
  if (violated !== undefined)
    return constraintViolated({ code: name, rule: violated.rule, name: violated.name.exec(sqlMessage)?.[1] }, thrown);
  if (CONFLICT.has(errno)) return conflict(name, thrown);
  if (TIMED_OUT.has(errno)) return timedOut(timeoutMs, thrown);
  if (errno === READ_ONLY) return readOnly(name, thrown);
  if (AWAY.has(errno)) return noAnswer(name, thrown);
  if (SERVER.has(errno)) return serverError(name, thrown);
  const reason = /^Incorrect string value/.test(sqlMessage) ? 'charset' : REASONS[errno];
  if (reason !== undefined) return valueRefused({ code: name, reason, column: COLUMN.exec(sqlMessage)?.[1] }, thrown);
  return statementRefused({ code: name, message: ABOUT_STATEMENT.has(errno) ? sqlMessage : undefined }, thrown);
}
