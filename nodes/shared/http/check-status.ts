/**
 * Decides whether a call may be retried after an HTTP status (RFC 9110, section 15). This depends on what the call
 * could have changed in the remote system.
 */
import { AppError, type ErrorKind } from '../../../engine/contract/values/errors.ts';
import { targetOfUrl } from '../../../engine/contract/node/outbound-guard.ts';
import type { Effect, NodeContext } from '../../../engine/contract/node/node.ts';
import { atPeer, peerOf } from '../at-peer.ts';
import { readSettings } from '../read-settings.ts';
import { HttpSettings } from './settings.ts';

interface StatusLine {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const MAX_RETRY_AFTER_MS = 3_600_000;
/** Statuses that mean the request was not handled (RFC 6585, section 4, and RFC 9110, section 15.6.4). */
const NOT_HANDLED = new Set([429, 503]);
/**
 * Statuses of a server that gave up waiting for the request, or of a gateway that gave up waiting for the response:
 * the request may have been handled.
 */
const GIVEN_UP = new Set([408, 502, 504]);

/** The adapter's settings about the remote system's status codes. */
type StatusMeaning = Pick<HttpSettings, 'unavailableMayBeDone' | 'refusals'>;

/** The server demands a login, or does not accept the one that it got. */
const UNAUTHORIZED = 401;

/**
 * Returns the error for a status that the flow does not expect. Returns HTTP_LOGIN_REFUSED (input) for 401,
 * HTTP_REDIRECTED (input) for 3xx, HTTP_REFUSED (input) for other 4xx except those below, and for the statuses in
 * `refusals` of the adapter.
 * Returns HTTP_BUSY (transient) if the call can be retried: nothing was done, or it is idempotent (problem `given-up`).
 * Returns HTTP_SERVER_ERROR (transient for reads, unknown-outcome for writes) for other failures of the server. Returns
 * HTTP_UNEXPECTED (input for reads, unknown-outcome for writes) for a success status.
 */
export function statusError(
  response: StatusLine,
  effect: Effect,
  { adapter, clock }: Pick<NodeContext<unknown>, 'adapter' | 'clock'>,
): AppError {
  const settings = readSettings(adapter!, HttpSettings);
  return atPeer(errorOf(response, effect, settings, clock), peerOf('HTTP', targetOfUrl(settings.baseUrl))) as AppError;
}

function errorOf(response: StatusLine, effect: Effect, meaning: StatusMeaning, clock: NodeContext<unknown>['clock']): AppError {
  const { status } = response;
  if (status === UNAUTHORIZED) return loginRefused(status);
  const retryAfterMs = readRetryAfter(response.headers['retry-after'], clock.now());
  const options = { values: { status }, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (meaning.refusals.includes(String(status))) return refused(status);
  if (isBusy(status, effect, meaning)) {
    const mayBeDone = GIVEN_UP.has(status) && isWrite(effect);
    const outcome = mayBeDone ? 'the call may have been done' : 'nothing was done';
    return new AppError('HTTP_BUSY', 'transient', `The other side is busy or down (HTTP ${status}); ${outcome}.`, {
      ...options,
      values: { status, ...(mayBeDone ? { problem: 'given-up' } : {}) },
      fix: 'Ask its operators why.',
    });
  }
  if (status >= 500 || GIVEN_UP.has(status)) {
    const kind: ErrorKind = isWrite(effect) ? 'unknown-outcome' : 'transient';
    return new AppError('HTTP_SERVER_ERROR', kind, `The other side failed (HTTP ${status}).`, {
      ...options,
      fix: kind === 'transient' ? 'Ask its operators what went wrong.' : 'Ask the other side whether it was done before sending it again.',
    });
  }
  if (status < 300) {
    const kind: ErrorKind = isWrite(effect) ? 'unknown-outcome' : 'input';
    return new AppError('HTTP_UNEXPECTED', kind, `The other side returned an unexpected success status (HTTP ${status}).`, {
      ...options,
      fix: 'Ask the other side what it did; add the status to the expected ones.',
    });
  }
  return status < 400 ? redirected(status) : refused(status);
}

export function loginRefused(status: number): AppError {
  return new AppError('HTTP_LOGIN_REFUSED', 'input', `The other side refused the login (HTTP ${status}).`, {
    values: { status },
    fix: 'Check the login method and the credential of the adapter.',
  });
}

/** Says no address: it may hold a session, or an id. */
function redirected(status: number): AppError {
  return new AppError('HTTP_REDIRECTED', 'input', `The other side redirects the call (HTTP ${status}); calls do not follow it.`, {
    values: { problem: 'call', status },
    fix: 'Enter the address at which the other side handles calls in the adapter and the node; check its login.',
  });
}

function refused(status: number): AppError {
  return new AppError('HTTP_REFUSED', 'input', `The other side refused the call (HTTP ${status}).`, {
    values: { status },
    fix: 'Correct the request, or add the status to the expected ones.',
  });
}

/** Returns whether the call may have changed something in the remote system. */
export function isWrite(effect: Effect): boolean {
  return effect === 'write' || effect === 'idempotent-write';
}

/**
 * Returns whether the call can be retried safely: nothing was done, or doing it twice has the same result as doing it
 * once.
 */
function isBusy(status: number, effect: Effect, { unavailableMayBeDone }: StatusMeaning): boolean {
  if (status === 503 && unavailableMayBeDone && isWrite(effect)) return false;
  return NOT_HANDLED.has(status) || (effect !== 'write' && GIVEN_UP.has(status));
}

/** Parses seconds or an HTTP date; returns milliseconds from now, at most an hour. */
function readRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const delayMs = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), MAX_RETRY_AFTER_MS);
}
