import { DatabaseError } from 'pg';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Target } from './driver.ts';
import {
  conflict,
  connectFailed,
  constraintViolated,
  keyNotUnique,
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

/** SQLSTATE codes, by PostgreSQL's Appendix A. */
const RULES: Readonly<Record<string, Violation['rule']>> = {
  '23505': 'unique',
  '23P01': 'unique',
  '23503': 'reference',
  '23001': 'reference',
  '23502': 'required',
  '23514': 'check',
};
/** Deadlock, serialisation failure, lock not available, and the statement's own transaction rolled back. */
const CONFLICT = /^(40|55P03)/;
const QUERY_CANCELED = '57014';
const READ_ONLY = '25006';
/** ON CONFLICT names columns without a unique index. */
const NO_UNIQUE_KEY = '42P10';
/** Connection lost; the server is starting, stopping, or has ended the session. */
const AWAY = /^(08|57P0)/;
/** No memory, disk or connections; limits of the server; system and internal errors. */
const SERVER = /^(53|58|F0|XX)/;
/** Syntax errors and access rules. Their messages name what stands in the statement, never a value of a row or parameter. */
const ABOUT_STATEMENT = /^(42(?!P22)|26|0A)/;

const REASONS: Readonly<Record<string, RefusalReason>> = {
  ...{ '22001': 'too-long', '22P02': 'form', '22007': 'form', '22018': 'form', '22P03': 'form', '22003': 'range', '22008': 'range' },
  ...{ '22021': 'charset', '22P05': 'charset', '22012': 'division', P0001: 'own' },
};
/** The type stands before the value, or at the end of the message. It is only found in English messages. */
const TYPES = [
  /^(?:value too long|invalid input (?:syntax|value)) for (?:type|enum) ([\w ."]+(?:\(\d+\))?)(?::|$)/,
  / out of range for type ([a-z ]+)$/,
];
/** What PostgreSQL runs for RAISE, which may give its own text any code. */
const RAISE = 'exec_stmt_raise';

export function translateConnect(target: Target, cause: unknown): AppError {
  const { message = '' } = cause as Error;
  if (cause instanceof DatabaseError) {
    const code = cause.code ?? '';
    if (code.startsWith('28')) return loginRefused('password', code, cause);
    if (code.startsWith('3D') || code.startsWith('42')) return loginRefused('database', code, cause);
    return connectFailed(target, new Error(`PostgreSQL ${code}`, { cause }));
  }
  if (message.startsWith('SASL') || message.includes('password must be a string')) return loginRefused('password', 'SASL', cause);
  if (message.includes('does not support SSL')) return serverWithoutTls(cause);
  return connectFailed(target, cause);
}

export function translateStatement(cause: unknown, timeoutMs: number): AppError {
  if (cause instanceof AppError) return cause;
  if (!(cause instanceof DatabaseError)) return noAnswer((cause as NodeJS.ErrnoException).code ?? 'closed', cause);
  const code = cause.code ?? '';
  const rule = RULES[code];
  if (rule !== undefined) return constraintViolated({ code, rule, name: cause.constraint ?? cause.column }, cause);
  if (CONFLICT.test(code)) return conflict(code, cause);
  if (code === QUERY_CANCELED) return timedOut(timeoutMs, cause);
  if (code === NO_UNIQUE_KEY && /ON CONFLICT/.test(cause.message)) return keyNotUnique(cause);
  if (code === READ_ONLY) return readOnly(code, cause);
  if (AWAY.test(code)) return noAnswer(code, cause);
  if (SERVER.test(code)) return serverError(code, cause);
  const reason = cause.routine === RAISE ? 'own' : REASONS[code];
  if (reason !== undefined) {
    const type =
      reason === 'own' ? undefined : TYPES.map((pattern) => pattern.exec(cause.message)?.[1]).find((found) => found !== undefined);
    return valueRefused({ code, reason, type }, cause);
  }
  const position = cause.position === undefined ? undefined : Number(cause.position);
  return statementRefused({ code, position, message: ABOUT_STATEMENT.test(code) ? cause.message : undefined }, cause);
}
