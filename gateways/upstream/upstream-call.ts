import type { Clock } from '../../engine/contract/values/clock.ts';
import type { LogFields, Metrics, SpanStart, Tracer } from '../../engine/contract/values/observe.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import { originOfCaller } from '../../engine/contract/node/run-flow.ts';
import type { BodyBudget, Exchange, GatewayError, TargetOutcome } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { refuse, refuseUnknown } from '../errors.ts';
import type { RunCall } from '../pipeline/compile-interface.ts';
import { callerOf, stableKeyOf, userOf } from '../shared/caller-of.ts';
import { beginSpan } from '../shared/trace-exchange.ts';
import type { Candidate } from '../load/balancer.ts';
import { describeFailure } from './attempt-failure.ts';
import type { InstanceGroup, InstanceGroups } from './instance-groups.ts';
import { isOver, OF_CONNECTION, sendAttempt, type AttemptOptions, type AttemptResult, type FailedAttempt } from './send-attempt.ts';
import type { RetryBudget } from './create-retry-budget.ts';

const SAFE_METHODS = new Set(['GET', 'PUT', 'DELETE']);
const BUSY = new Set([502, 503, 504]);
/** Length of the key that the service gets: 22 characters, 128 bits. The keys that flows send have the same length. */
const OUTWARD_KEY_LENGTH = 22;
const JITTER_FROM_MS = 25;
const JITTER_TO_MS = 250;

export interface UpstreamDeps {
  readonly budget: RetryBudget;
  readonly bodies: BodyBudget;
  readonly crypto: Pick<Crypto, 'digest'>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly tracer?: Tracer | undefined;
  /** Logs a failed attempt, throttled. */
  warnFailed(instance: string, cause: string, fields: LogFields): void;
  isClosing(): boolean;
}

/**
 * Creates the call stage of an interface whose target is a service. Each attempt goes to an instance that the balancer
 * chooses. It counts retries after time-outs and retries after other failures separately. It retries only when nothing
 * was sent, or when doing the work twice is harmless: an idempotent method, an interface declared idempotent, or an
 * upstream that honours the Idempotency-Key that the caller sent.
 */
export function createUpstreamCall(document: InterfaceDocument, groups: InstanceGroups, deps: UpstreamDeps): RunCall {
  const { target } = document;
  if (target.kind !== 'upstream') throw new TypeError('not an upstream target');
  const isIdempotent = document.idempotent === true || SAFE_METHODS.has(document.method);
  const honoursKey = target.honoursIdempotencyKey === true;
  const isCaptured = document.log === 'out' || document.log === 'full';
  return async (exchange) => {
    exchange.isAnswerCaptured = isCaptured;
    if (deps.tracer !== undefined) beginSpan(exchange, deps.tracer);
    const active = deps.budget.enter();
    try {
      // The service sees a key that is unique to the caller, because two apps may both use the keys `order-1`,
      // `order-2` …
      const origin = originOfCaller(callerOf(exchange));
      if (origin !== undefined) exchange.headers['idempotency-key'] = outwardKey(origin, deps.crypto);
      const mayRepeat = isIdempotent || (honoursKey && exchange.headers['idempotency-key'] !== undefined);
      let timeoutsLeft = document.timeoutRetries;
      let exceptionsLeft = document.exceptionRetries;
      const group = groups.named(exchange.instanceGroup);
      const key = group.balancer.needsKey ? stableKeyOf(exchange) : undefined;
      // A retry goes to another instance if there is one.
      const tried = new Set<string>();
      for (;;) {
        const leftMs = exchange.deadlineMs - deps.clock.now();
        if (leftMs <= 0) return fail(exchange, refuse('GW50401'));
        const canRetry = !exchange.isBodyStreamed && timeoutsLeft + exceptionsLeft > 0;
        const hasExceptionsLeft = exceptionsLeft > 0;
        exchange.attempts++;
        const span = deps.tracer?.child(document.method, exchange.span?.traceparent, attemptSpan(exchange));
        const result = await sendBalanced(exchange, group, group.balancer.pick(key, tried), deps, {
          timeoutMs: Math.min(document.timeoutMs, leftMs),
          path: exchange.rawPath + (exchange.rawQuery === '' ? '' : `?${exchange.rawQuery}`),
          headers: requestHeaders(exchange, span?.traceparent),
          // Do not pass on a response that says the service is busy, if a retry is left and the budget allows it.
          takesHead: (status) => !(canRetry && mayRepeat && hasExceptionsLeft && BUSY.has(status) && active.tryRetry()),
          passes: isPassed,
        });
        span?.end(undefined, result.kind === 'answered' ? undefined : result.kind);
        if (isOver(result)) return;
        const isTimeout = result.kind === 'timeout';
        const hasTurn = isTimeout ? timeoutsLeft-- > 0 : exceptionsLeft-- > 0;
        const isAllowed = result.kind !== 'full' && !exchange.isBodyStreamed && hasTurn && (mayRepeat || !result.wasSent);
        if (!isAllowed || !active.tryRetry()) return fail(exchange, toRefusal(result, mayRepeat, exchange));
        deps.metrics.count('gateway_upstream_retries_total', { reason: result.kind });
        await pause(exchange, deps.clock);
      }
    } finally {
      active.leave();
    }
  };
}

/** Sends one attempt to the chosen instance. Notes how it ended, for the balancer and for limits and breakers. */
async function sendBalanced(
  exchange: Exchange,
  group: InstanceGroup,
  chosen: Candidate,
  deps: UpstreamDeps,
  options: AttemptOptions,
): Promise<AttemptResult> {
  const { clock } = deps;
  const begunAt = clock.monotonic();
  let status: number | undefined;
  let latencyMs: number | undefined;
  const takesHead: AttemptOptions['takesHead'] = (received, raw) => {
    status = received;
    // The time until the head has arrived. How long the body takes may depend on the caller.
    latencyMs = clock.monotonic() - begunAt;
    return options.takesHead(received, raw);
  };
  const result = await sendAttempt(exchange, group.connectionsOf(chosen), { ...options, takesHead }, deps);
  latencyMs ??= clock.monotonic() - begunAt;
  if ('cause' in result && result.kind !== 'full') noteFailure(exchange, group, chosen, result, deps);
  const kind = kindOfEnd(result, status);
  exchange.outcome = { kind, latencyMs };
  const { interfaceId } = exchange.interface!;
  deps.metrics.observeMs('gateway_group_attempt_ms', latencyMs, { interface: interfaceId, group: group.name, outcome: kind });
  group.balancer.ended(chosen, kind === 'unknown' ? undefined : kind !== 'ok', latencyMs);
  return result;
}

/** The caller learns neither the instance nor the cause. Operators find them in the access log and the log. */
function noteFailure(
  exchange: Exchange,
  group: InstanceGroup,
  { address }: Candidate,
  { kind, cause }: Extract<AttemptResult, { readonly cause: string }>,
  deps: UpstreamDeps,
): void {
  exchange.note({ policy: 'call', where: `${group.name} ${address}`, what: describeFailure(cause, kind === 'cut-off') });
  const { interfaceId } = exchange.interface!;
  deps.warnFailed(address, cause, { interfaceId, group: group.name, kind, traceId: exchange.traceId });
}

/** Status 501 and 505 tell that the request is wrong, not that the service fails. */
function kindOfEnd(result: AttemptResult, status: number | undefined): TargetOutcome['kind'] {
  if (result.kind === 'timeout' || result.kind === 'exception' || result.kind === 'cut-off') return 'overload';
  if (status === undefined || result.kind === 'full') return 'unknown';
  if (status === 503) return 'overload';
  return status >= 500 && status !== 501 && status !== 505 ? 'failure' : 'ok';
}

/**
 * Returns the idempotency key for the service. It is the same for all retries of the gateway, for the caller's own
 * retries, and on every gateway.
 */
function outwardKey(origin: string, crypto: Pick<Crypto, 'digest'>): string {
  return Buffer.from(crypto.digest('sm3', origin)).toString('base64url').slice(0, OUTWARD_KEY_LENGTH);
}

/** Returns the caller's visible headers, and those that the gateway adds: trace, app, user, deadline. */
function requestHeaders(exchange: Exchange, traceparent: string | undefined): string[] {
  const headers: string[] = [];
  for (const name in exchange.headers)
    if (name !== 'x-request-deadline' && (name !== 'traceparent' || traceparent === undefined)) headers.push(name, exchange.headers[name]!);
  if (traceparent !== undefined) headers.push('traceparent', traceparent);
  headers.push('x-kq-trace', exchange.traceId, 'x-request-deadline', String(exchange.deadlineMs));
  if (exchange.app !== undefined) headers.push('x-kq-appid', exchange.app.appId);
  const { subject, issuer } = userOf(exchange) ?? {};
  if (subject !== undefined) headers.push('x-kq-user', encodeURIComponent(subject));
  if (issuer !== undefined) headers.push('x-kq-user-issuer', encodeURIComponent(issuer));
  if (exchange.isBodyStreamed) headers.push('content-length', exchange.incoming.get('content-length')!);
  return headers;
}

function isPassed(name: string): boolean {
  return !OF_CONNECTION.has(name) && !name.startsWith('x-kq-') && name !== 'x-content-type-options';
}

function attemptSpan({ method, attempts }: Exchange): SpanStart {
  return { kind: 'client', fields: { 'http.request.method': method, 'http.request.resend_count': attempts - 1 } };
}

/**
 * Returns the error for a failed call. A write that was sent and not answered may have been done, which differs from a
 * failure.
 */
function toRefusal(result: FailedAttempt, mayRepeat: boolean, exchange: Exchange): GatewayError {
  if (result.kind === 'busy') return refuse('GW50201', { retryAfterSec: 1 });
  if (result.wasSent && !mayRepeat) return refuseUnknown(exchange);
  if (result.kind === 'full') return refuse('GW50301');
  return refuse(result.kind === 'timeout' ? 'GW50401' : 'GW50201');
}

function fail(exchange: Exchange, error: GatewayError): void {
  exchange.error = error;
}

/** Waits for a random time between 25 and 250 ms, but never beyond the deadline. */
function pause(exchange: Exchange, clock: Clock): Promise<void> {
  const waitMs = Math.min(JITTER_FROM_MS + Math.random() * (JITTER_TO_MS - JITTER_FROM_MS), Math.max(0, exchange.deadlineMs - clock.now()));
  return new Promise((resolve) => clock.after(waitMs, resolve));
}
