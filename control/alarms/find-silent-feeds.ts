/**
 * Feeds that went silent: published durable flows that listen by themselves and used to get messages. The rule is simple, so that a person
 * can follow it: the usual gap is the 90th percentile of the gaps between the last 40 messages, and a feed is silent when nothing has come
 * for four times that, but never before ten minutes have passed. Bursts make the gap small, nights make it large; fewer than ten messages
 * tell nothing.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';

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

/** Looks at the store at most once a minute. */
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

/** `leastMs`: a feed is never called silent before. */
export async function findSilentFeeds(
  flowIds: readonly string[],
  counter: Pick<ExecutionCounter, 'arrivals'>,
  clock: Clock,
  leastMs: number,
): Promise<readonly SilentFeed[]> {
  const silent: SilentFeed[] = [];
  // One after the other: nobody is in a hurry, and others need the store.
  for (const flowId of flowIds) {
    const feed = judge(flowId, await counter.arrivals(flowId, MESSAGES), clock.now(), leastMs);
    if (feed !== undefined) silent.push(feed);
  }
  return silent;
}

/** `arrivals`: newest first. */
function judge(flowId: string, arrivals: readonly number[], now: number, leastMs: number): SilentFeed | undefined {
  const [lastAt] = arrivals;
  if (lastAt === undefined || arrivals.length < LEAST_MESSAGES) return undefined;
  const gaps = arrivals.slice(1).map((at, index) => arrivals[index]! - at);
  const usualGapMs = gaps.sort((a, b) => a - b)[Math.floor(gaps.length * 0.9)] ?? 0;
  return now - lastAt > Math.max(leastMs, TIMES * usualGapMs) ? { flowId, lastAt, usualGapMs } : undefined;
}
