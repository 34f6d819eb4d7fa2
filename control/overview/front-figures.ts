/** The calls of each front in the last five minutes. */
import { FRONTS, type Front } from '../../engine/contract/access/access.ts';
import type { CallCounts } from '../../engine/contract/calls/call-stats.ts';
import type { RefusalCause } from '../../engine/contract/calls/refusal-causes.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { addCounts } from '../../engine/processes/sum-calls.ts';
import type { DomainScope } from '../access/domains.ts';
import type { EngineView } from '../action/engine-view.ts';
import { toCallState, type CallStateName } from '../adapters/call-states.ts';
import type { Registry } from '../registry/registry.ts';

export interface FrontFigures {
  readonly front: Front;
  readonly state: CallStateName;
  readonly calls: number;
  readonly perMinute: number;
  readonly refused: number;
  /**
   * How many of the refused calls reached no interface. Only for people with all domains: these calls belong to no
   * domain.
   */
  readonly unrouted?: number;
  readonly failed: number;
  readonly p95Ms?: number;
  /** Why calls were refused, the most frequent reason first. */
  readonly refusals: readonly RefusalCause[];
  readonly lastError?: { readonly code: string; readonly at: number };
}

export interface FrontFiguresServices {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly engine: EngineView;
}

/**
 * Returns the fronts that a running gateway serves. For a person of single domains it counts the calls of the
 * interfaces of these domains.
 */
export async function frontFigures(
  { engine, registry, clock }: FrontFiguresServices,
  domains: DomainScope,
): Promise<readonly FrontFigures[]> {
  const now = clock.now();
  if (domains.only === undefined)
    return (await engine.processes.frontCalls())
      .map(({ front, all, unrouted }) => ({ ...figuresOf(front, all, now), unrouted }))
      .sort((a, b) => FRONTS.indexOf(a.front) - FRONTS.indexOf(b.front));
  const calls = await engine.processes.interfaceCalls();
  const sums = new Map<Front, CallCounts>();
  for (const { interfaceId, front } of domains.keep(await registry.interfaces.list())) {
    const counts = calls.get(interfaceId);
    const sum = sums.get(front);
    if (counts !== undefined) sums.set(front, sum === undefined ? counts : addCounts(sum, counts));
  }
  return FRONTS.flatMap((front) => {
    const sum = sums.get(front);
    return sum === undefined ? [] : [figuresOf(front, sum, now)];
  });
}

function figuresOf(front: Front, counts: CallCounts, now: number): FrontFigures {
  const { state, recent, perMinute, p95Ms, refusals = [], lastError } = toCallState(counts, now);
  return {
    ...{ front, state, perMinute, calls: recent.calls, refused: recent.refused, failed: recent.failed, refusals },
    ...(p95Ms === undefined ? {} : { p95Ms }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}
