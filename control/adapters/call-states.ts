/** How the other side of an adapter, or an interface, does by its real calls. Ids, codes and numbers only. */
import { percentileMs, type CallCounts } from '../../engine/contract/calls/call-stats.ts';
import type { CalledKind } from '../../engine/processes/call-memory.ts';
import type { TrafficSeries } from '../../engine/observe/traffic.ts';
import type { EngineView } from '../action/engine-view.ts';

/**
 * `refused`: most calls of the last five minutes were refused, so that nobody gets through who should. `partly`: some calls of the last five minutes failed. `slow`: attempts wait long for an answer, and none has come meanwhile; their time-out is
 * longer. `idle`: nobody called for five minutes.
 */
export type CallStateName = 'ok' | 'partly' | 'refused' | 'slow' | 'failing' | 'idle';

export interface CallState {
  readonly state: CallStateName;
  /** Calls that ended in the last minute, each once. */
  readonly perMinute: number;
  /** Of the last five minutes. */
  readonly recent: CallCounts['recent'];
  /** Why, the most frequent first. */
  readonly refusals?: CallCounts['refusals'];
  /** Attempts of the last five minutes that failed, retries included; absent where none did. */
  readonly failedAttempts?: number;
  /** Attempts of the last five minutes; absent when there were none. */
  readonly p95Ms?: number;
  readonly lastOkAt?: number;
  readonly lastError?: { readonly code: string; readonly at: number };
  /** Attempts in a row that failed, and since when. */
  readonly failures: number;
  readonly failingSince?: number;
  /** When the oldest attempt began that is still without an answer. */
  readonly unansweredSince?: number;
  readonly active: number;
  readonly waiting: number;
  /** The breaker is open. */
  readonly isPaused: boolean;
}

/** What a page shows of one of them. */
export interface CallReport {
  /** Absent: never called, or not for a month. */
  readonly now?: CallState;
  readonly traffic: TrafficSeries;
}

/** Of many calls a few fail; so many in a row do not by chance. */
const FAILURES = 3;
const RECENT_MS = 300_000;
/** Nobody has called since: what was wrong then says little of today. */
const FAILING_FOR_MS = 3_600_000;
/** Most time-outs are shorter. */
const SLOW_MS = 20_000;
const PARTLY_SHARE = 0.1;
/** A few wrong calls say nothing of the others. */
const REFUSED_LEAST = 10;
const REFUSED_SHARE = 0.5;

export function toCallState(
  { id: _id, totals: _totals, lastAnswerAt: _answered, latency, isPaused = false, ...counts }: CallCounts,
  now: number,
): CallState {
  const p95Ms = percentileMs(latency, 0.95);
  return { ...counts, ...(p95Ms === undefined ? {} : { p95Ms }), isPaused, state: judge({ ...counts, isPaused }, now) };
}

/** For a line of a list. */
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
