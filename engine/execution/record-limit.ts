/**
 * Limits how many runs of sync flows are recorded per second. Failures have a fixed limit that protects the store;
 * successes have the flow's own limit.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';

const MAX_FAILURES_PER_SECOND = 200;

export function createRecordLimit(clock: Clock): (flow: CompiledFlow, isFailure: boolean) => boolean {
  const successes = new Map<string, number>();
  const failures = new Map<string, number>();
  let second = 0;
  return (flow, isFailure) => {
    const now = Math.floor(clock.monotonic() / 1000);
    if (now !== second) {
      second = now;
      successes.clear();
      failures.clear();
    }
    const counts = isFailure ? failures : successes;
    const count = (counts.get(flow.flowId) ?? 0) + 1;
    counts.set(flow.flowId, count);
    return count <= (isFailure ? MAX_FAILURES_PER_SECOND : flow.recording.perSecond);
  };
}
