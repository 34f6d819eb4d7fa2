import { AppError } from '../../../../engine/contract/values/errors.ts';
import type { Target } from '../driver.ts';
import {
  conflict,
  connectFailed,
  constraintViolated,
  loginRefused,
  noAnswer,
  readOnly,
  serverError,
  statementRefused,
  timedOut,
  valueRefused,
  type Violation,
} from '../errors.ts';
import type { RefusalReason } from '../value-refusals.ts';

/** An error of the client (`NJS-…`) or of the server (`ORA-…`, with its number). */
interface OracleError extends Error {
  readonly code?: string;
  readonly errorNum?: number;
  /** Where the statement is wrong, from 0. */
  readonly offset?: number;
}

/** The violated rule by error number. */
const RULES: Readonly<Record<number, Violation['rule']>> = {
  1: 'unique',
  2290: 'check',
  2291: 'reference',
  2292: 'reference',
  1400: 'required',
  1407: 'required',
};
/** The first parentheses have the name in every language; values come after them. */
const NAME = /^ORA-\d+:[^(]*\(([^)]+)\)/;
/** Deadlock, resource busy, time-out of a lock, cannot serialize. */
const CONFLICT: ReadonlySet<number> = new Set([60, 54, 30_006, 8177, 2049]);
const READ_ONLY: ReadonlySet<number> = new Set([1456, 1466, 16_000]);
/** The session was killed, or the server starts or stops. */
const AWAY: ReadonlySet<number> = new Set([28, 1012, 1013, 1033, 1034, 1089, 1090, 1092, 2396, 2399, 3113, 3114, 3135]);
/** No memory, disk or sessions. */
const SERVER: ReadonlySet<number> = new Set([18, 20, 257, 600, 1536, 1555, 1652, 1653, 1654, 1658, 4030, 4031, 7445, 30_036]);
const LOGIN: ReadonlySet<number> = new Set([1005, 1017, 1045, 28_000, 28_001, 28_009]);
/** The listener knows no such service or SID. */
const UNKNOWN_SERVICE: ReadonlySet<string> = new Set(['NJS-517', 'NJS-518', 'ORA-12505', 'ORA-12514']);
const CALL_TIMEOUT = 'NJS-123';
/** Syntax, names, rights. Their messages quote the statement, never a value of a row or parameter. */
const ABOUT_STATEMENT: ReadonlySet<number> = new Set([1008, 1031, 2289, 4043, 6550, 6553, 6564, 1702, 1732, 1733, 1747, 1786, 1789]);

const REASONS: Readonly<Record<number, RefusalReason>> = {
  ...{ 12_899: 'too-long', 1461: 'too-long', 1438: 'range', 1426: 'range', 1476: 'division', 6502: 'form' },
  ...{ 1722: 'form', 1830: 'form', 1839: 'form', 1840: 'form', 1841: 'range', 1843: 'form', 1847: 'form' },
  ...{ 1850: 'form', 1858: 'form', 1861: 'form' },
};
/** ORA-12899 quotes schema, table and column, and no value. */
const COLUMN = /"([^"]+)" \(/;
/** RAISE_APPLICATION_ERROR. */
const isOwn = (number: number) => number >= 20_000 && number <= 20_999;

/** `failure`: what opening the socket threw. */
export function translateConnect(target: Target, thrown: unknown, failure: unknown): AppError {
  const cause = failure ?? thrown;
  if (cause instanceof AppError) return cause;
  const { code = '', errorNum = 0 } = cause as OracleError;
  if (LOGIN.has(errorNum)) return loginRefused('password', code, cause);
  if (UNKNOWN_SERVICE.has(code)) return loginRefused('database', code, cause);
  return connectFailed(target, cause);
}

export function translateStatement(thrown: unknown, timeoutMs: number): AppError {
  if (thrown instanceof AppError) return thrown;
  const { code = 'closed', errorNum = 0, message, offset } = thrown as OracleError;
  if (code === CALL_TIMEOUT) return timedOut(timeoutMs, thrown);
  if (!code.startsWith('ORA-')) return noAnswer(code, thrown);
  const rule = RULES[errorNum];
  if (rule !== undefined) return constraintViolated({ code, rule, name: NAME.exec(message)?.[1]?.replaceAll('"', '') }, thrown);
  if (CONFLICT.has(errorNum)) return conflict(code, thrown);
  if (READ_ONLY.has(errorNum)) return readOnly(code, thrown);
  if (AWAY.has(errorNum)) return noAnswer(code, thrown);
  if (SERVER.has(errorNum)) return serverError(code, thrown);
  const reason = isOwn(errorNum) ? 'own' : REASONS[errorNum];
  if (reason !== undefined) {
    return valueRefused({ code, reason, column: reason === 'too-long' ? COLUMN.exec(message)?.[1] : undefined }, thrown);
  }
  const isAboutStatement = (errorNum >= 900 && errorNum < 1000) || ABOUT_STATEMENT.has(errorNum);
  const position = offset === undefined || offset === 0 ? undefined : offset + 1;
  return statementRefused({ code, message: isAboutStatement ? firstLine(message) : undefined, position }, thrown);
}

/** The client adds a link to the vendor's help. */
function firstLine(message: string): string {
  return message.replace(/\s*(?:Help:|https?:)[\s\S]*$/, '').trim();
}
