/**
 * The only error class of the product. The `kind` decides about retries. Each edge maps errors to an HTTP status in
 * one place (`gateways/listen`, `control/api`), never here. Every code is in `docs/errors.md`; a guard test checks
 * that.
 */
import type { Text } from './texts.ts';

/**
 * - `input`: the sender must change something; a retry gives the same result.
 * - `transient`: the other side may recover; nothing was done there, so a retry is safe.
 * - `unknown-outcome`: the request was sent, but it is unknown whether it was done. Retried only if the node is
 * idempotent; otherwise the execution is held for a person.
 * - `bug`: an error of the platform; held, never retried automatically.
 */
export type ErrorKind = 'input' | 'transient' | 'unknown-outcome' | 'bug';

/**
 * Values that appear in a message, for its text in another language (`error-texts.ts`). They must not contain personal
 * data or secrets, because they appear in logs, traces and responses. `problem` distinguishes several messages of one
 * code.
 */
export type ErrorValues = Readonly<Record<string, string | number | boolean>>;

export interface AppErrorOptions {
  readonly values?: ErrorValues;
  /** What the reader should do now, one sentence. */
  readonly fix?: string;
  /**
   * The message in both languages, if the creator of the error (a third-party node type, a flow's author) gives its
   * texts.
   */
  readonly text?: Text;
  readonly cause?: unknown;
  /** Problems that were found together, each with its path (JSON Pointer) in the checked value. */
  readonly issues?: readonly Issue[];
  /** The other side's `Retry-After`, in milliseconds from now. */
  readonly retryAfterMs?: number;
  readonly fault?: 'receiver';
}

/** One problem in a document: where it is, and what to do. */
export interface Issue {
  /** JSON Pointer into the checked document, `''` for the whole. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
  readonly values?: ErrorValues;
  readonly fix?: string;
  /** The message in both languages, if the node type that found the problem brings its texts. */
  readonly text?: Text;
  /** Id of the node concerned, if the issue is about a flow. */
  readonly node?: string;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  /** The code, for example `MLLP_ACK_TIMEOUT`: `AREA_WHAT`, or `GW` and five digits for gateway errors. */
  readonly code: string;
  readonly kind: ErrorKind;
  readonly values: ErrorValues;
  readonly fix: string | undefined;
  readonly text: Text | undefined;
  readonly issues: readonly Issue[];
  readonly retryAfterMs: number | undefined;
  readonly fault: 'receiver' | undefined;

  constructor(code: string, kind: ErrorKind, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = kind;
    this.values = options.values ?? {};
    this.fix = options.fix;
    this.text = options.text;
    this.issues = options.issues ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.fault = options.fault;
  }
}

/** An error as it is stored in a step or sent over an API: without stack and cause. */
export interface ErrorRecord {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly values?: ErrorValues;
  readonly fix?: string;
  readonly text?: Text;
  readonly issues?: readonly Issue[];
  readonly retryAfterMs?: number;
  /** Set if nothing in the message is wrong, but the flow, its adapter or the other system (as SOAP 1.2 says of faults). */
  readonly fault?: 'receiver';
  /** The HTTP status that a flow's author chose (`control.end`). If absent, the edge decides by kind. */
  readonly status?: number;
}

/**
 * Converts a thrown value to its stored form. Anything except an `AppError` counts as a bug of the platform, and its
 * details are not shown.
 */
export function toErrorRecord(thrown: unknown): ErrorRecord {
  if (!(thrown instanceof AppError)) {
    return { code: 'INTERNAL_BUG', kind: 'bug', message: 'An unexpected internal error occurred.' };
  }
  return {
    code: thrown.code,
    kind: thrown.kind,
    message: thrown.message,
    ...(Object.keys(thrown.values).length === 0 ? {} : { values: thrown.values }),
    ...(thrown.fix === undefined ? {} : { fix: thrown.fix }),
    ...(thrown.text === undefined ? {} : { text: thrown.text }),
    ...(thrown.issues.length === 0 ? {} : { issues: thrown.issues }),
    ...(thrown.retryAfterMs === undefined ? {} : { retryAfterMs: thrown.retryAfterMs }),
    ...(thrown.fault === undefined ? {} : { fault: thrown.fault }),
  };
}

/** Converts a stored error back to an AppError, to throw it again. */
export function fromErrorRecord({ code, kind, message, status: _status, ...options }: ErrorRecord): AppError {
  return new AppError(code, kind, message, options);
}

/** Converts an error that was found at one place of a document to an issue. */
export function toIssue({ code, message, values, fix, text }: AppError, path: string): Issue {
  return {
    path,
    code,
    message,
    severity: 'error',
    ...(Object.keys(values).length === 0 ? {} : { values }),
    ...(fix === undefined ? {} : { fix }),
    ...(text === undefined ? {} : { text }),
  };
}
