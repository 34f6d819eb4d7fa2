/**
 * The state of the remote system of an adapter, or of an interface, derived from its real calls. Contains only ids,
 * codes and numbers.
 */
import { percentileMs, type CallCounts } from '../../engine/contract/calls/call-stats.ts';
import type { CalledKind } from '../../engine/processes/call-memory.ts';
import type { TrafficSeries } from '../../engine/observe/traffic.ts';
import type { EngineView } from '../action/engine-view.ts';

/**
 * - `refused`: most calls of the last five minutes were refused, probably valid calls too.
 * - `partly`: at least a tenth of the calls of the last five minutes failed.
 * - `slow`: an attempt has waited at least 20 s for a response, and no call has succeeded since it began.
 * - `idle`: no calls for five minutes.
 */
export type CallStateName = 'ok' | 'partly' | 'refused' | 'slow' | 'failing' | 'idle';

export interface CallState {
  readonly state: CallStateName;
  /** Calls that ended in the last minute. A call with several attempts counts once. */
  readonly perMinute: number;
  /** Counts of the last five minutes. */
  readonly recent: CallCounts['recent'];
  /** Calls of the last five minutes that the response cache answered, and those that it did not; absent without a cache. */
  readonly cache?: CallCounts['cache'];
  /** Reasons for refused calls, the most frequent first. */
  readonly refusals?: CallCounts['refusals'];
  /** Failed attempts of the last five minutes, retries included; absent when none failed. */
  readonly failedAttempts?: number;
  /** 95th percentile of the duration of attempts in the last five minutes; absent if there were none. */
  readonly p95Ms?: number;
  readonly lastOkAt?: number;
  readonly lastError?: { readonly code: string; readonly at: number };
  /** Number of failed attempts since the last success. `failingSince` is the time of the first of them. */
  readonly failures: number;
  readonly failingSince?: number;
  /** Start of the oldest attempt that is still waiting for a response. */
  readonly unansweredSince?: number;
  readonly active: number;
  readonly waiting: number;
  /** True while the circuit breaker is open: no calls are made. */
  readonly isPaused: boolean;
}

/** The call data that a page shows for one adapter or interface. */
export interface CallReport {
  /** Absent if the adapter or interface was not called within the last month. */
  readonly now?: CallState;
  readonly traffic: TrafficSeries;
}

/** Number of consecutive failures that count as failing; a few failures among many calls may be chance. */
const FAILURES = 3;
const RECENT_MS = 300_000;
/**
 * An adapter or interface counts as failing only if its last error is newer than this: an older error says little about
 * the present.
 */
const FAILING_FOR_MS = 3_600_000;
/** An attempt that waits this long for a response counts as slow. This is longer than most time-outs. */
const SLOW_MS = 20_000;
const PARTLY_SHARE = 0.1;
/** Minimum number of refused calls; fewer may come from a single wrong caller. */
const REFUSED_LEAST = 10;
const REFUSED_SHARE = 0.5;

export function toCallState(
  { id: _id, totals: _totals, lastAnswerAt: _answered, latency, isPaused = false, ...counts }: CallCounts,
  now: number,
): CallState {
  const p95Ms = percentileMs(latency, 0.95);
  return { ...counts, ...(p95Ms === undefined ? {} : { p95Ms }), isPaused, state: judge({ ...counts, isPaused }, now) };
}

/** Returns the call state for one row of a list; empty if there were no calls. */
export function callsOf(counts: CallCounts | undefined, now: number): { readonly calls?: CallState } {
  return counts === undefined ? {} : { calls: toCallState(counts, now) };
}

export async function reportCalls(
  { traffic, processes }: Pick<EngineView, 'traffic' | 'processes'>,
  counts: CallCounts | undefined,
  kind: CalledKind,
  id: string,
  now: number,
): Promise<CallReport> {
  return {
    ...(counts === undefined ? {} : { now: toCallState(counts, now) }),
    traffic: await traffic.series(id, await processes.callsSince(kind, id)),
  };
}

type Judged = Pick<CallState, 'recent' | 'lastOkAt' | 'lastError' | 'failures' | 'isPaused' | 'active' | 'waiting' | 'unansweredSince'>;

function judge(calls: Judged, now: number): CallStateName {
  const { recent, lastOkAt = 0, lastError, failures, isPaused, active, waiting, unansweredSince = now } = calls;
  const isFresh = lastError !== undefined && lastError.at > now - FAILING_FOR_MS;
  if (isFresh && failures > 0 && (isPaused || failures >= FAILURES || lastOkAt < now - RECENT_MS)) return 'failing';
  if (now - unansweredSince >= SLOW_MS && lastOkAt < unansweredSince) return 'slow';
  if (recent.refused >= REFUSED_LEAST && recent.refused > recent.calls * REFUSED_SHARE) return 'refused';
  if (recent.calls > 0) return recent.failed >= recent.calls * PARTLY_SHARE && recent.failed > 0 ? 'partly' : 'ok';
  return active + waiting > 0 ? 'ok' : 'idle';
}
