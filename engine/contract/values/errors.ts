/**
 * The only error class of the product. Retries follow `kind`. Each edge maps errors to an HTTP status in one place
 * (`gateways/listen`, `control/api`), never here. Every code is in `docs/errors.md`; a guard test checks that.
 */
import type { Text } from './texts.ts';

/**
 * - `input`: the sender must change something; a retry gives the same result.
 * - `transient`: the other side may recover; nothing was done there, so a retry is safe.
 * - `unknown-outcome`: sent, but it is unknown whether it was done. Retried only if the node is idempotent, otherwise
 * held for a person.
 * - `bug`: our own fault; held, never retried automatically.
 */
export type ErrorKind = 'input' | 'transient' | 'unknown-outcome' | 'bug';

/**
 * Values named in a message, for its text in another language (`error-texts.ts`). Never personal data or secrets:
 * they reach logs, traces and responses. `problem` distinguishes several messages of one code.
 */
export type ErrorValues = Readonly<Record<string, string | number | boolean>>;

export interface AppErrorOptions {
  readonly values?: ErrorValues;
  /** What the reader should do now, one sentence. */
  readonly fix?: string;
  /**
   * The message in both languages, if the creator of the error (a third-party node type, a flow's author) has its
   * own.
   */
  readonly text?: Text;
  readonly cause?: unknown;
  /** Several problems found together, each with its path (JSON Pointer) in the checked value. */
  readonly issues?: readonly Issue[];
  /** The other side's `Retry-After`, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

/** One problem in a document: where it is and what to do. */
export interface Issue {
  /** JSON Pointer into the checked document, `''` for the whole. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
  readonly values?: ErrorValues;
  readonly fix?: string;
  /** The message in both languages, if the node type that found the problem has its own. */
  readonly text?: Text;
  /** Id of the node concerned, if the issue is about a flow. */
  readonly node?: string;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  /** `AREA_WHAT`, for example `MLLP_ACK_TIMEOUT`; gateway errors are `GW` and five digits. */
  readonly code: string;
  readonly kind: ErrorKind;
  readonly values: ErrorValues;
  readonly fix: string | undefined;
  readonly text: Text | undefined;
  readonly issues: readonly Issue[];
  readonly retryAfterMs: number | undefined;

  constructor(code: string, kind: ErrorKind, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = kind;
    this.values = options.values ?? {};
    this.fix = options.fix;
    this.text = options.text;
    this.issues = options.issues ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** An error as it is stored in a step or sent over an API: no stack, no cause. */
export interface ErrorRecord {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly values?: ErrorValues;
  readonly fix?: string;
  readonly text?: Text;
  readonly issues?: readonly Issue[];
  readonly retryAfterMs?: number;
  /** The HTTP status that a flow's author chose (`control.end`); otherwise the edge decides by kind. */
  readonly status?: number;
}

/**
 * Converts a thrown value to the stored form. Anything except an `AppError` is a bug of ours, and its details are not
 * exposed.
 */
export function toErrorRecord(thrown: unknown): ErrorRecord {
  if (!(thrown instanceof AppError)) {
    return { code: 'INTERNAL_BUG', kind: 'bug', message: 'An unexpected internal error happened.' };
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
  };
}

/** Converts a stored error back, to throw it again. */
export function fromErrorRecord({ code, kind, message, status: _status, ...options }: ErrorRecord): AppError {
  return new AppError(code, kind, message, options);
}

/** An error found at one place of a document. */
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
