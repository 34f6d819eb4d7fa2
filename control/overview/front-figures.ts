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

/** Fewer refused calls may come from a single wrong caller. */
const LEAST_REFUSED = 10;

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

/**
 * Many interfaces share a front. So its state follows from shares of its calls, and not from failures in a row, which
 * may all be of one interface. Refused calls do not hide that most of the others fail.
 */
function judge({ calls, refused, failed }: CallCounts['recent']): CallStateName {
  if (calls === 0) return 'idle';
  const judged = calls - refused;
  if (failed > 0 && failed >= judged / 2) return 'failing';
  if (refused >= LEAST_REFUSED && refused >= calls / 2) return 'refused';
  return failed > 0 && failed >= judged / 10 ? 'partly' : 'ok';
}

function figuresOf(front: Front, counts: CallCounts, now: number): FrontFigures {
  const { recent, perMinute, p95Ms, refusals = [], lastError } = toCallState(counts, now);
  const state = judge(recent);
  return {
    ...{ front, state, perMinute, calls: recent.calls, refused: recent.refused, failed: recent.failed, refusals },
    ...(p95Ms === undefined ? {} : { p95Ms }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}
