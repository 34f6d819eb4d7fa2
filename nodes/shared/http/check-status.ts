/** What an HTTP status means for retry, by what the call could have changed over there (RFC 9110, section 15). */
import type { Clock } from '../../../engine/contract/clock.ts';
import { AppError, type ErrorKind } from '../../../engine/contract/errors.ts';
import type { Effect } from '../../../engine/contract/node.ts';

interface StatusLine {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const MAX_RETRY_AFTER_MS = 3_600_000;
const BUSY = new Set([429, 502, 503, 504]);

/**
 * The error for a status that the flow does not expect: HTTP_REFUSED (input: 3xx, 4xx), HTTP_BUSY (transient: not done, try later),
 * HTTP_SERVER_ERROR (transient for reads, unknown outcome for writes), HTTP_UNEXPECTED (another success: a write was most likely done).
 */
export function statusError(response: StatusLine, effect: Effect, clock: Clock): AppError {
  const { status } = response;
  const retryAfterMs = readRetryAfter(response.headers['retry-after'], clock.now());
  const options = { values: { status }, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (isBusy(status, effect, retryAfterMs)) {
    return new AppError('HTTP_BUSY', 'transient', `The other side is busy or down (HTTP ${status}); nothing was done.`, {
      ...options,
      fix: 'Try again later.',
    });
  }
  if (status >= 500) {
    const kind: ErrorKind = isWrite(effect) ? 'unknown-outcome' : 'transient';
    return new AppError('HTTP_SERVER_ERROR', kind, `The other side failed (HTTP ${status}).`, {
      ...options,
      fix: kind === 'transient' ? 'Ask its operators what went wrong.' : 'Ask the other side whether it was done before sending it again.',
    });
  }
  if (status < 300) {
    const kind: ErrorKind = isWrite(effect) ? 'unknown-outcome' : 'input';
    return new AppError('HTTP_UNEXPECTED', kind, `The other side answered with a success that is not expected (HTTP ${status}).`, {
      ...options,
      fix: 'Ask the other side what it did; add the status to those expected.',
    });
  }
  return new AppError('HTTP_REFUSED', 'input', `The other side refused the call (HTTP ${status}).`, {
    ...options,
    fix: 'Correct the request, or add the status to those expected.',
  });
}

/** Whether the call may have changed something over there. */
export function isWrite(effect: Effect): boolean {
  return effect === 'write' || effect === 'idempotent-write';
}

/** A plain `write` is known not to be done only by 429, and by 503 that says when to come back. */
function isBusy(status: number, effect: Effect, retryAfterMs: number | undefined): boolean {
  if (effect === 'write') return status === 429 || (status === 503 && retryAfterMs !== undefined);
  return BUSY.has(status);
}

/** Seconds or an HTTP date, as milliseconds from now, at most an hour. */
function readRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const delayMs = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), MAX_RETRY_AFTER_MS);
}
