import type { Clock } from '../../engine/contract/values/clock.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { PlanFeed } from './create-plan-feed.ts';
import type { PlanStore } from './plan-store.ts';

export interface PlanFollower {
  /** Returns true if the store was read within the last minute. Then the plan of this process is the current one. */
  isFresh(): boolean;
  stop(): void;
}

export interface PlanFollowerDeps {
  readonly store: Pick<PlanStore, 'newer'>;
  readonly feed: PlanFeed;
  /** Subscribes to notifications of a new plan; returns the function that unsubscribes. */
  onHint(look: () => Promise<void>): () => void;
  /**
   * Polling interval in milliseconds. The default is 3 s; a new plan is normally found earlier through a notification.
   */
  readonly everyMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Default polling interval. If the notification of a plan was lost, the plan is found within this time. */
const POLL_MS = 3_000;
const FRESH_MS = 60_000;

/**
 * Passes each new plan of a shared store to the gateways of this process. While the store is down, they keep their
 * plan.
 */
export async function followPlanStore({ store, feed, onHint, everyMs = POLL_MS, clock, log }: PlanFollowerDeps): Promise<PlanFollower> {
  let heardAt = Number.NEGATIVE_INFINITY;
  let isQuiet = false;
  let isStopped = false;
  let cancel = () => {};

  async function look(): Promise<void> {
    const plan = await store.newer(feed.current()?.number ?? 0);
    heardAt = clock.monotonic();
    isQuiet = false;
    if (plan !== undefined) feed.publish(plan);
  }
  const lookQuietly = () =>
    look().catch((error: unknown) => {
      if (!isQuiet) log.warn('gateway.plan-unread', { code: toErrorRecord(error).code });
      isQuiet = true;
    });
  const schedule = () => {
    cancel = clock.after(everyMs, () => void lookQuietly().finally(() => (isStopped ? undefined : schedule())));
  };
  const unfollow = onHint(look);
  await lookQuietly();
  schedule();
  return {
    isFresh: () => clock.monotonic() - heardAt < FRESH_MS,
    stop() {
      isStopped = true;
      cancel();
      unfollow();
    },
  };
}
