/**
 * Finds silent feeds: published durable flows whose trigger receives or fetches messages and has stopped getting any.
 * The rule is simple enough for people to check. The usual gap is the 90th percentile of the gaps between the last 40
 * messages. A feed is silent if no message has come for four times that gap, and for at least ten minutes. Messages in
 * bursts give a short usual gap; nights without messages give a long one. A feed with fewer than ten messages is not
 * checked.
 */
import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { ExecutionCounter } from '../../executions/execution-counter.ts';

export interface SilentFeed {
  readonly flowId: string;
  /** Epoch milliseconds of the last message. */
  readonly lastAt: number;
  readonly usualGapMs: number;
}

const MESSAGES = 40;
const LEAST_MESSAGES = 10;
const TIMES = 4;
const LEAST_MS = 10 * 60_000;
const REMEMBERED_MS = 60_000;

export type FindSilentFeeds = (flowIds: readonly string[]) => Promise<readonly SilentFeed[]>;

/** Returns a function that reads the store at most once a minute for the same flows. */
export function createFindSilentFeeds(counter: Pick<ExecutionCounter, 'arrivals'>, clock: Clock): FindSilentFeeds {
  let known: { readonly at: number; readonly flowIds: string; readonly silent: readonly SilentFeed[] } | undefined;
  return async (flowIds) => {
    const asked = flowIds.join(' ');
    if (known?.flowIds === asked && clock.monotonic() - known.at < REMEMBERED_MS) return known.silent;
    const silent = await findSilentFeeds(flowIds, counter, clock, LEAST_MS);
    known = { at: clock.monotonic(), flowIds: asked, silent };
    return silent;
  };
}

/** Returns the silent feeds. A feed never counts as silent within `leastMs` milliseconds of its last message. */
export async function findSilentFeeds(
  flowIds: readonly string[],
  counter: Pick<ExecutionCounter, 'arrivals'>,
  clock: Clock,
  leastMs: number,
): Promise<readonly SilentFeed[]> {
  const silent: SilentFeed[] = [];
  // Read the feeds one after another, so that they do not delay other work on the store.
  for (const flowId of flowIds) {
    const feed = judge(flowId, await counter.arrivals(flowId, MESSAGES), clock.now(), leastMs);
    if (feed !== undefined) silent.push(feed);
  }
  return silent;
}

/** Returns the feed if it is silent. `arrivals` are times, newest first. */
function judge(flowId: string, arrivals: readonly number[], now: number, leastMs: number): SilentFeed | undefined {
  const [lastAt] = arrivals;
  if (lastAt === undefined || arrivals.length < LEAST_MESSAGES) return undefined;
  const gaps = arrivals.slice(1).map((at, index) => arrivals[index]! - at);
  const usualGapMs = gaps.sort((a, b) => a - b)[Math.floor(gaps.length * 0.9)] ?? 0;
  return now - lastAt > Math.max(leastMs, TIMES * usualGapMs) ? { flowId, lastAt, usualGapMs } : undefined;
}
