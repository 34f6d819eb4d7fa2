import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger, Metrics, Tracer } from '../../engine/contract/values/observe.ts';
import { STAGES, type BodyBudget, type Exchange, type GatewayError, type Policy } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { refuse, refuseUnknown } from '../errors.ts';
import type { RunCall } from '../pipeline/compile-interface.ts';
import { beginSpan } from '../shared/trace-exchange.ts';
import { isOver, OF_CONNECTION, sendAttempt, type AttemptOptions, type FailedAttempt } from '../upstream/send-attempt.ts';
import type { Inside } from './open-inside.ts';
import { isHost, RELAY_HEADER, writeNodeRequest } from './relay-header.ts';

/**
 * The gateway inside responds at the deadline with a signed error. If that response does not arrive within this time
 * after the deadline, this node itself responds.
 */
const ANSWER_WITHIN_MS = 1000;

export interface ForwardDeps {
  readonly inside: Inside;
  readonly bodies: BodyBudget;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracer?: Tracer | undefined;
  isClosing(): boolean;
}

/**
 * Creates the call stage of a gateway in the DMZ. It forwards the request as the caller sent it, including its proof,
 * and returns the response as the gateway inside made it. It tries another gateway inside only if nothing was sent. A
 * call that was sent may have been done, and its nonce is used up.
 */
export function createForwardCall(document: InterfaceDocument, deps: ForwardDeps): RunCall {
  const isRead = document.method === 'GET';
  return async (exchange) => {
    if (exchange.incoming.has(RELAY_HEADER) || !isHost(exchange.host)) return fail(exchange, refuse('GW40001'));
    const giveBack = deps.inside.take(document.interfaceId, exchange.isBodyStreamed);
    if (giveBack === undefined) return fail(exchange, refuse('GW50301'));
    exchange.onEnd(giveBack);
    if (deps.tracer !== undefined) beginSpan(exchange, deps.tracer);
    for (const instance of deps.inside.inTurn()) {
      const leftMs = exchange.deadlineMs - deps.clock.now();
      if (leftMs <= 0) break;
      exchange.attempts++;
      const result = await sendAttempt(
        exchange,
        instance,
        toAttempt(exchange, leftMs, () => deps.inside.avoid(instance)),
        deps,
      );
      if (isOver(result)) return;
      deps.metrics.count('gateway_forward_failures_total', { reason: result.kind });
      const isNews = deps.inside.avoid(instance);
      if (isNews || wasTaken(result))
        deps.log.warn('gateway.forward-failed', { address: instance.origin, reason: result.kind, traceId: exchange.traceId });
      if (wasTaken(result)) return fail(exchange, isRead ? toRefusalOfRead(result) : refuseUnknown(exchange));
      // The body was streamed to the connection that failed, so it cannot be sent again.
      if (exchange.isBodyStreamed) break;
    }
    fail(exchange, refuse('GW50305'));
  };
}

/**
 * Returns the policies that a gateway in the DMZ runs: all stages up to authentication, authentication itself if it
 * needs no secret, and the checks of content. The other stages run inside, because their errors are signed and their
 * checks need state from inside (nonces, limits).
 */
export function policiesOfDmz(policies: readonly Policy[]): readonly Policy[] {
  const last = STAGES.indexOf('authenticate');
  return policies.filter(({ stage }) => stage === 'content' || stage === 'log' || STAGES.indexOf(stage) <= last);
}

/**
 * Returns whether the call may have been done. The result `busy` means that the gateway inside refused the certificate
 * of this node, so nothing was done.
 */
function wasTaken({ kind, wasSent }: FailedAttempt): boolean {
  return wasSent && kind !== 'busy';
}

function toRefusalOfRead({ kind }: FailedAttempt): GatewayError {
  return kind === 'timeout' ? refuse('GW50401') : refuse('GW50201', { retryAfterSec: 1 });
}

function toAttempt(exchange: Exchange, leftMs: number, onClosing: () => void): AttemptOptions {
  return {
    timeoutMs: leftMs + ANSWER_WITHIN_MS,
    // Keep even a `?` without a query, because the signature check decides what it means.
    path: exchange.request.url!,
    headers: [RELAY_HEADER, relayOf(exchange, leftMs), ...carriedHeaders(exchange)],
    takesHead: (_status, raw) => takesHead(exchange, raw, onClosing),
    passes: (name) => !OF_CONNECTION.has(name) && name !== 'x-kq-trace' && name !== 'x-content-type-options',
  };
}

function relayOf({ host, traceId, clientIp, span }: Exchange, leftMs: number): string {
  return writeNodeRequest({ kind: 'call', host, relay: { traceId, clientIp, leftMs: Math.ceil(leftMs), traceparent: span?.traceparent } });
}

/**
 * Reads the head of a response and returns whether to pass it on. The trace id of the gateway inside is used from now
 * on, because the response's signature covers it.
 */
function takesHead(exchange: Exchange, raw: readonly Buffer[], onClosing: () => void): boolean {
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toString('latin1').toLowerCase();
    if (name === RELAY_HEADER) return false;
    // The gateway inside is about to stop. A later request could use a connection that it has just closed.
    if (name === 'connection' && raw[i + 1]!.toString('latin1') === 'close') onClosing();
    if (name === 'x-kq-trace') exchange.traceId = raw[i + 1]!.toString('latin1');
  }
  return true;
}

/**
 * Returns the headers to forward. With a signature these are all headers as received, because it covers headers and
 * names them. With a user's token these are only the visible headers and the token.
 */
function carriedHeaders({ front, claim, incoming, headers, isBodyStreamed, request: { rawHeaders } }: Exchange): string[] {
  const carried = isBodyStreamed ? ['content-length', incoming.get('content-length')!] : [];
  if (front !== 'open' && claim === undefined)
    return [...carried, ...Object.entries(headers).flat(), 'authorization', incoming.get('authorization')!];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (!OF_CONNECTION.has(name) && !REMADE.has(name)) carried.push(name, rawHeaders[i + 1]!);
  }
  return carried;
}

/**
 * Headers that are not copied from the caller's request. The caller's `Host` is sent in the relay header, because the
 * connection's certificate is checked against the `Host` of each request.
 */
const REMADE = new Set(['host', 'content-length', 'expect']);

function fail(exchange: Exchange, error: GatewayError): void {
  exchange.error = error;
}
