import type { AppError } from '../../../engine/contract/values/errors.ts';
import {
  conflict,
  constraintViolated,
  keyNotUnique,
  readOnly,
  serverError,
  statementRefused,
  valueRefused,
  type Violation,
} from './errors.ts';

/** An error of SQLite, as its process reports it. `code` is the extended result code (sqlite.org/rescode.html). */
export interface SqliteFailure {
  readonly code: number;
  readonly message: string;
}

const RULES: Readonly<Record<number, Violation['rule']>> = {
  1555: 'unique',
  2067: 'unique',
  2579: 'unique',
  787: 'reference',
  1299: 'required',
  275: 'check',
};
const ERROR = 1;
const READ_ONLY = 8;
const AUTHORISATION = 23;
const TOO_BIG = 18;
/** Only STRICT tables refuse a value of another type. The message ends with the column. */
const WRONG_TYPE = 3091;
/** Busy and locked. */
const CONFLICT: ReadonlySet<number> = new Set([5, 6]);
/** No memory, input or output error, damaged file, disk full, cannot open a file. */
const SERVER: ReadonlySet<number> = new Set([7, 10, 11, 13, 14]);

export function translateSqlite({ code, message }: SqliteFailure): AppError {
  const name = String(code);
  const primary = code & 0xff;
  const rule = RULES[code];
  // The message ends with the names of the columns: "UNIQUE constraint failed: people.id".
  if (rule !== undefined) return constraintViolated({ code: name, rule, name: /failed: (.+)$/.exec(message)?.[1] }, undefined);
  if (CONFLICT.has(primary)) return conflict(name, undefined);
  if (primary === READ_ONLY) return readOnly(name, undefined);
  if (SERVER.has(primary)) return serverError(name, undefined);
  if (primary === ERROR && message.startsWith('ON CONFLICT clause does not match')) return keyNotUnique();
  if (code === WRONG_TYPE) return valueRefused({ code: name, reason: 'form', column: / column (\S+)$/.exec(message)?.[1] }, undefined);
  if (primary === TOO_BIG) return valueRefused({ code: name, reason: 'too-long' }, undefined);
  // Their messages quote the statement, never a value of a row or parameter.
  const isAboutStatement = primary === ERROR || primary === AUTHORISATION;
  return statementRefused({ code: name, message: isAboutStatement ? message : undefined }, undefined);
}
