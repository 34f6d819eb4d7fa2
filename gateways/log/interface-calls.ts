/** Counts calls of interfaces by their outcome for the caller. */
import { createCallStats, type CallCounts, type CallOutcome } from '../../engine/contract/calls/call-stats.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Metrics } from '../../engine/contract/values/observe.ts';
import { isRefusal, isUncalled } from '../errors.ts';
import type { HttpExchange } from '../listen/exchange.ts';

export interface InterfaceCalls {
  ended(exchange: HttpExchange, ms: number): void;
  /** Keeps the counts of these interfaces and removes all others. */
  keep(interfaceIds: ReadonlySet<string>): void;
  counts(): readonly CallCounts[];
}

type Ended = Pick<HttpExchange, 'error' | 'replacedFailure' | 'response'>;

export function createInterfaceCalls({ clock, metrics }: { readonly clock: Clock; readonly metrics: Metrics }): InterfaceCalls {
  const stats = createCallStats(clock);
  return {
    ended(exchange, ms) {
      const id = exchange.interface?.interfaceId;
      if (id === undefined) return;
      const outcome = outcomeOfCall(exchange);
      metrics.observeMs('gateway_interface_ms', ms, { interface: id, outcome });
      const code = codeOf(exchange);
      if (code !== undefined) metrics.count('gateway_interface_errors_total', { interface: id, code });
      if (exchange.cached !== undefined) stats.cached(id, exchange.cached !== 'miss');
      // A call that did not reach the target does not show that the target works again.
      if (code === undefined || !isUncalled(code)) stats.attempted(id, ms, outcome, code ?? 'HTTP_SERVER_ERROR');
      // If no app was authenticated, use the app that the request claims. Operators need it to investigate wrong
      // signatures.
      stats.called(id, ms, outcome, { code: codeOfRefusal(exchange), app: (exchange.app ?? exchange.claim?.app)?.appId });
    },
    keep: (interfaceIds) => stats.forget((id) => !interfaceIds.has(id)),
    counts: () => stats.counts(),
  };
}

/**
 * Returns the outcome of a request that the gateway itself did not refuse. A status from a flow or service is a
 * response, but not always `ok`.
 */
export function outcomeOfAnswer({ response }: Pick<Ended, 'response'>): 'ok' | 'refused' | 'failed' | 'incomplete' {
  if (!response.writableFinished) return 'incomplete';
  if (response.statusCode < 400) return 'ok';
  return response.statusCode < 500 ? 'refused' : 'failed';
}

/**
 * Returns the outcome for the counts. If the caller left before the response, or the gateway refused the call, this
 * says nothing about whether the interface works. So such calls count as `refused`.
 */
export function outcomeOfCall(ended: Ended): CallOutcome {
  if (ended.error?.outcome === 'unknown') return 'unknown';
  const code = codeOf(ended);
  if (code !== undefined) return isRefusal(code) ? 'refused' : 'failed';
  const outcome = outcomeOfAnswer(ended);
  return outcome === 'incomplete' ? 'refused' : outcome;
}

/** Returns the code of the error, also if the caller got a fallback answer in its place. */
export function codeOf({ error, replacedFailure }: Ended): string | undefined {
  return error?.code ?? replacedFailure;
}

export function codeOfRefusal(ended: Ended): string {
  const { response } = ended;
  return codeOf(ended) ?? (response.writableFinished ? 'HTTP_UNEXPECTED' : 'CALLER_LEFT');
}
