/** Sums calls over processes: counts add up, and the latest success shows whether the other side responds again. */
import type { CallCounts } from '../contract/calls/call-stats.ts';
import { addCauses } from '../contract/calls/refusal-causes.ts';

/** Counts of calls, by the id of the adapter, interface or flow. */
export type CallSums = ReadonlyMap<string, CallCounts>;

export function sumCalls(parts: readonly (readonly CallCounts[])[]): CallSums {
  const sums = new Map<string, CallCounts>();
  for (const part of parts.flat()) {
    const sum = sums.get(part.id);
    sums.set(part.id, sum === undefined ? part : addCounts(sum, part));
  }
  return sums;
}

/** Adds two counts of the same id: from two processes, or the current and the stored ones. */
export function addCounts(a: CallCounts, b: CallCounts): CallCounts {
  const lastOkAt = latest([a.lastOkAt, b.lastOkAt]);
  const lastAnswerAt = latest([a.lastAnswerAt, b.lastAnswerAt, lastOkAt]);
  const lastError = (a.lastError?.at ?? 0) >= (b.lastError?.at ?? 0) ? a.lastError : b.lastError;
  // An error of one process no longer counts if another process got a response after it.
  const failing = [a, b].filter(({ lastError: error }) => error !== undefined && error.at > (lastAnswerAt ?? 0));
  const since = failing.flatMap(({ failingSince }) => failingSince ?? []).map((at) => Math.max(at, lastAnswerAt ?? 0));
  const refusals = addCauses(a.refusals, b.refusals);
  const failedAttempts = (a.failedAttempts ?? 0) + (b.failedAttempts ?? 0);
  const unanswered = [a, b].flatMap(({ unansweredSince }) => unansweredSince ?? []);
  return {
    id: a.id,
    totals: [a.totals[0] + b.totals[0], a.totals[1] + b.totals[1], a.totals[2] + b.totals[2], (a.totals[3] ?? 0) + (b.totals[3] ?? 0)],
    perMinute: a.perMinute + b.perMinute,
    recent: {
      calls: a.recent.calls + b.recent.calls,
      refused: a.recent.refused + b.recent.refused,
      failed: a.recent.failed + b.recent.failed,
    },
    ...(a.cache === undefined && b.cache === undefined ? {} : { cache: addCache(a.cache, b.cache) }),
    ...(refusals.length === 0 ? {} : { refusals }),
    ...(failedAttempts === 0 ? {} : { failedAttempts }),
    latency: a.latency.map((count, index) => count + (b.latency[index] ?? 0)),
    ...(lastOkAt === undefined ? {} : { lastOkAt }),
    ...(lastAnswerAt === undefined ? {} : { lastAnswerAt }),
    ...(lastError === undefined ? {} : { lastError }),
    failures: failing.reduce((sum, { failures }) => sum + failures, 0),
    ...(since.length === 0 ? {} : { failingSince: Math.min(...since) }),
    ...(unanswered.length === 0 ? {} : { unansweredSince: Math.min(...unanswered) }),
    active: a.active + b.active,
    waiting: a.waiting + b.waiting,
    ...(a.isPaused === true || b.isPaused === true ? { isPaused: true } : {}),
  };
}

function addCache(a: CallCounts['cache'], b: CallCounts['cache']): NonNullable<CallCounts['cache']> {
  return { hits: (a?.hits ?? 0) + (b?.hits ?? 0), misses: (a?.misses ?? 0) + (b?.misses ?? 0) };
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
