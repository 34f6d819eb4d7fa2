import type { Exchange, TargetOutcome } from '../contract.ts';

const NOT_CALLED: TargetOutcome = { kind: 'unknown', latencyMs: 0 };
/** The target took too long, or could not be reached. */
const OVERLOAD = new Set(['GW50201', 'GW50303', 'GW50401', 'GW50402']);

/**
 * Returns how the call of an exchange ended. An upstream call states its outcome. A flow does not, so its result is
 * judged, with `elapsedMs` as its latency.
 */
export function outcomeOf({ outcome, isCalled, error, answer }: Exchange, elapsedMs: number): TargetOutcome {
  if (outcome !== undefined) return outcome;
  if (!isCalled) return NOT_CALLED;
  return { kind: kindOf(error, answer?.status ?? 200), latencyMs: elapsedMs };
}

function kindOf(error: Exchange['error'], status: number): TargetOutcome['kind'] {
  // An error after work that is known to be done says nothing about load.
  if (error !== undefined && OVERLOAD.has(error.code)) return error.outcome === 'done' ? 'failure' : 'overload';
  return (error?.status ?? status) >= 500 ? 'failure' : 'ok';
}
