/** How much load an interface has in one gateway, and how its target is protected, for the console and for metrics. */
import type { Front } from '../../engine/contract/access/access.ts';
import type { ManualState } from './manual-state.ts';

export interface LoadState {
  readonly interfaceId: string;
  readonly front: Front;
  /** Requests in flight, whether they have reached the target or not. */
  readonly inFlight: number;
  /** What a person decided about its calls; absent if nothing is in force. */
  readonly manual?: Pick<ManualState, 'state' | 'until'>;
  /** The policy `concurrency`; absent if the interface does not use it. */
  readonly concurrency?: ConcurrencyState;
  /** The instance groups of a service, the usual one first; absent if the target is a flow. */
  readonly groups?: readonly GroupState[];
  /** The grey release; absent if the interface has none. */
  readonly grey?: GreyState;
  /** What reads bodies as a whole: names of policies, or `flow`. Bodies that nothing reads are streamed. */
  readonly bodyReaders: readonly string[];
  readonly answerReaders: readonly string[];
}

/** The load of one interface with the use of its limits, which takes longer to read. */
export interface LoadReport extends LoadState {
  /** Rate limits and quotas, the narrowest first. */
  readonly limits: readonly LimitUse[];
}

/** How much of a limit is used, as far as this gateway knows. It never names callers. */
export interface LimitUse {
  /** What the limit counts by, such as `app` or `interface`. */
  readonly by: string;
  readonly limit: number;
  /** Milliseconds of a rate limit, or the period of a quota. */
  readonly period: number | 'day' | 'month';
  /** Requests that are left, for limits of the interface or its domain; absent if nothing was counted yet. */
  readonly remaining?: number;
  /** For limits of callers: how many had requests lately, and how many of them are refused now. */
  readonly callers?: number;
  readonly limited?: number;
}

export interface ConcurrencyState {
  /** The current limit of this gateway. */
  readonly limit: number;
  readonly inFlight: number;
  readonly queued: number;
  /** True if the operator's ceiling, not the latency, bounds the calls. */
  readonly isAtCeiling: boolean;
}

export interface GreyState {
  /** The new instance group, and its current share of the calls. */
  readonly group: string;
  readonly percent: number;
  /** True if the release took itself back, because the new group was worse. */
  readonly isRolledBack: boolean;
}

export interface GroupState {
  readonly name: string;
  /** Absent if the interface has no breaker. */
  readonly breaker?: BreakerView;
  readonly instances: readonly InstanceView[];
}

export interface BreakerView {
  readonly state: 'closed' | 'open' | 'half-open' | 'ramp';
  /** Epoch milliseconds. `until` is absent if the state does not end by itself. */
  readonly since: number;
  readonly until?: number;
}

export interface InstanceView {
  readonly address: string;
  /** `probing`: the instance was ejected, and gets one call at a time. `unhealthy`: its health check fails. */
  readonly state: 'in' | 'ejected' | 'probing' | 'unhealthy';
  /** Epoch milliseconds. */
  readonly ejectedUntil?: number;
  readonly weight: number;
  readonly zone?: string;
  readonly tags?: readonly string[];
  readonly inFlight: number;
  /** The average of recent calls; absent before the first one has ended. */
  readonly latencyMs?: number;
  /** Calls of the last 10 s that ended, and how many failed. */
  readonly calls: number;
  readonly failures: number;
}
