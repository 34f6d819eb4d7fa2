import { AppError } from '../../../../engine/contract/values/errors.ts';
import type { Target } from '../driver.ts';
import {
  conflict,
  connectFailed,
  constraintViolated,
  loginRefused,
  noAnswer,
  serverError,
  serverWithoutTls,
  statementRefused,
  timedOut,
  valueRefused,
  type Violation,
} from '../errors.ts';
import type { RefusalReason } from '../value-refusals.ts';

/** An error of the client or the server. `number` is the server's (Database Engine events and errors). */
interface SqlServerError extends Error {
  readonly code?: string;
  readonly number?: number;
}

/** The violated rule by error number, and where the message has its name. Values come after the name, never before it. */
const RULES: Readonly<Record<number, { readonly rule: Violation['rule']; readonly name: RegExp }>> = {
  2627: { rule: 'unique', name: /^[^']*constraint '([^']+)'/ },
  2601: { rule: 'unique', name: /unique index '([^']+)'/ },
  515: { rule: 'required', name: /column '([^']+)'/ },
};
/** Foreign keys and check constraints have the same number. */
const FOREIGN_OR_CHECK = 547;
/** Deadlock, lock time-out, changed since it was read. */
const CONFLICT: ReadonlySet<number> = new Set([1205, 1222, 3960, 3961, 41_302, 41_305, 41_325, 41_839]);
/** The session was killed, or the server stops. */
const AWAY: ReadonlySet<number> = new Set([596, 6001, 6002, 6005]);
/** No memory, disk or resources; busy or being moved. */
const SERVER: ReadonlySet<number> = new Set([
  701, 802, 823, 824, 845, 1101, 1105, 3624, 8645, 8651, 9002, 10_928, 10_929, 40_197, 40_501, 40_613, 49_918, 49_919, 49_920,
]);
const LOGIN: ReadonlySet<number> = new Set([18_452, 18_456, 18_486, 18_487, 18_488]);
const DATABASE: ReadonlySet<number> = new Set([4060, 4064, 911, 916]);
/** Syntax, unknown or ambiguous names, missing rights. Their messages quote the statement, never a value of a row or parameter. */
const ABOUT_STATEMENT: ReadonlySet<number> = new Set([
  ...[102, 105, 109, 110, 119, 121, 137, 156, 170, 201, 207, 208, 209, 213, 229, 230, 262, 264, 297, 300, 319],
  ...[1031, 1087, 2812, 4104, 8120, 8144, 8145, 8156, 8178],
]);

const REASONS: Readonly<Record<number, RefusalReason>> = {
  ...{ 2628: 'too-long', 8152: 'too-long', 220: 'range', 232: 'range', 242: 'range', 248: 'range', 8115: 'range', 8134: 'division' },
  ...{ 241: 'form', 245: 'form', 295: 'form', 8114: 'form', 8169: 'form' },
};
/** Numbers of THROW and RAISERROR begin here. */
const FIRST_OWN = 50_000;

/** `numbers`: of the errors that the server sent while the client logged in. */
export function translateConnect(target: Target, thrown: unknown, numbers: readonly number[]): AppError {
  const cause = (thrown as { readonly cause?: unknown } | undefined)?.cause;
  if (cause instanceof AppError) return cause;
  const database = numbers.find((number) => DATABASE.has(number));
  if (database !== undefined) return loginRefused('database', String(database), thrown);
  const login = numbers.find((number) => LOGIN.has(number));
  if (login !== undefined) return loginRefused('password', String(login), thrown);
  const { code = '', message = '' } = thrown as SqlServerError;
  if (code === 'EENCRYPT' && /did not negotiate/.test(message)) return serverWithoutTls(thrown);
  const [first] = numbers;
  return connectFailed(target, first === undefined ? (cause ?? thrown) : new Error(`SQL Server ${first}`, { cause: thrown }));
}

export function translateStatement(thrown: unknown, timeoutMs: number): AppError {
  if (thrown instanceof AppError) return thrown;
  const { code, number, message } = thrown as SqlServerError;
  if (number === undefined) return code === 'ETIMEOUT' ? timedOut(timeoutMs, thrown) : noAnswer(code ?? 'closed', thrown);
  const name = String(number);
  const violated = RULES[number];
  if (violated !== undefined)
    return constraintViolated({ code: name, rule: violated.rule, name: violated.name.exec(message)?.[1] }, thrown);
  if (number === FOREIGN_OR_CHECK) {
    const [, kind = 'CHECK', constraint] = /(FOREIGN KEY|REFERENCE|CHECK)[A-Z ]* constraint "([^"]+)"/.exec(message) ?? [];
    return constraintViolated({ code: name, rule: kind === 'CHECK' ? 'check' : 'reference', name: constraint }, thrown);
  }
  if (CONFLICT.has(number)) return conflict(name, thrown);
  if (AWAY.has(number)) return noAnswer(name, thrown);
  if (SERVER.has(number)) return serverError(name, thrown);
  const reason = number >= FIRST_OWN ? 'own' : REASONS[number];
  // Only this message names the column, before the value.
  const column = number === 2628 ? /^[^']*'[^']+', [^']*'([^']+)'/.exec(message)?.[1] : undefined;
  if (reason !== undefined) return valueRefused({ code: name, reason, column }, thrown);
  return statementRefused({ code: name, message: ABOUT_STATEMENT.has(number) ? message : undefined }, thrown);
}
