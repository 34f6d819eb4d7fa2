import pino from 'pino';
import { AppError } from '../contract/values/errors.ts';
import type { LogFields, Logger } from '../contract/values/observe.ts';

export interface LoggerOptions {
  readonly level: string;
  readonly format: 'json' | 'text';
  /** Where lines are written; standard output by default. */
  readonly write?: (line: string) => void;
}

const SECRET_NAME = /pass(word|wd|phrase)|secret|token|authori[sz]ation|credential|cookie|private|^pem$|signature|apikey/i;
/**
 * Names of errors whose messages are safe to log. The JavaScript engine creates these messages, with names and no data.
 * Other errors (JSON, drivers) may quote what they read.
 */
const HARMLESS = ['TypeError', 'ReferenceError', 'RangeError'];
const MAX_CAUSES = 3;

/**
 * Creates a logger that writes structured lines with pino. Fields whose name looks like a secret are masked; messages
 * of third-party errors are left out.
 */
export function createLogger({ level, format, write }: LoggerOptions): Logger {
  const stream = { write: format === 'json' ? (write ?? toStdout) : (line: string) => (write ?? toStdout)(readable(line)) };
  return wrap(
    pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, stream),
  );
}

function wrap(inner: pino.Logger): Logger {
  return {
    debug: (event, fields) => inner.debug(mask(fields), event),
    info: (event, fields) => inner.info(mask(fields), event),
    warn: (event, fields) => inner.warn(mask(fields), event),
    error: (event, error, fields) => inner.error({ ...mask(fields), error: describeError(error) }, event),
    child: (fields) => wrap(inner.child(mask(fields))),
  };
}

function mask(fields: LogFields = {}): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, SECRET_NAME.test(name) && value !== undefined ? '***' : value]),
  );
}

interface LoggedError {
  readonly code?: string;
  readonly kind?: string;
  readonly message?: string;
  readonly name?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/** `isOfKnown`: it is the cause of an error that is explained. */
function describeError(thrown: unknown, depth = 0, isOfKnown = false): LoggedError {
  if (!(thrown instanceof Error)) return { name: typeof thrown };
  const isKnown = isExplained(thrown, isOfKnown);
  const frames = isKnown ? undefined : thrown.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const stack = frames === undefined || frames.length === 0 ? {} : { stack: frames.map((line) => line.trim()).join('\n') };
  const cause = thrown.cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describeError(thrown.cause, depth + 1, isKnown) };
  if (thrown instanceof AppError) return { code: thrown.code, kind: thrown.kind, message: thrown.message, ...stack, ...cause };
  const { code } = thrown as NodeJS.ErrnoException;
  return {
    name: thrown.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(HARMLESS.includes(thrown.name) ? { message: thrown.message } : {}),
    ...stack,
    ...cause,
  };
}

/**
 * Returns true if the code and the message say enough. Another system that is down is logged at each try; its place in
 * the program would only hide the rest. The cause of such an error has a stack only if it is a mistake in a program.
 */
function isExplained(error: Error, isOfKnown: boolean): boolean {
  if (error instanceof AppError) return error.kind !== 'bug';
  return isOfKnown && !HARMLESS.includes(error.name);
}

/** Formats a line as `12:00:00.000 info  event  name=value …`, followed by the frames of an error. */
function readable(line: string): string {
  const { level, time, msg, error, ...fields } = JSON.parse(line) as { level: string; time: string; msg: string; error?: LoggedError };
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const told = error === undefined ? '' : `  ${[error.code ?? error.name, error.kind, error.message].filter(Boolean).join(' ')}`;
  const stack = error?.stack === undefined ? '' : `\n    ${error.stack.replaceAll('\n', '\n    ')}`;
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${[msg, ...pairs].join('  ')}${told}${stack}\n`;
}

function toStdout(line: string): void {
  process.stdout.write(line);
}
