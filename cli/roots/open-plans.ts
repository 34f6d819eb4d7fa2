/**
 * Opens the place where control publishes its plan and the gateways of this process read it: a file beside control, or
 * the store that processes share.
 */
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import { createPlanFeed, type PlanFeed } from '../../gateways/plan/create-plan-feed.ts';
import { followPlanStore, type PlanFollower } from '../../gateways/plan/follow-plan-store.ts';
import { keepPlanFile } from '../../gateways/plan/keep-plan-file.ts';
import { readPlanFile } from '../../gateways/plan/plan-file.ts';
import { openPlanStore, type PlanStore } from '../../gateways/plan/plan-store.ts';
import type { PublishPlan } from '../../control/registry/build-plan.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import type { OpenedEngine } from './open-engine.ts';
import { planFileOptions, type Host } from './open-host.ts';

const TOPIC = 'plan';

export async function openPlans(host: Host, opened: OpenedEngine, life: Life): Promise<{ feed: PlanFeed; publishPlan: PublishPlan }> {
  const feed = createPlanFeed();
  if (opened.storage.documents.isExclusive) {
    const file = keepPlanFile(feed, await planFileOptions(host));
    life.own('plan file', () => file.close());
    return { feed, publishPlan: (plan) => feed.publish(plan) };
  }
  const store = await openSharedPlans(host, opened);
  await followPlans(host, opened, store, feed, life);
  return {
    feed,
    async publishPlan(plan) {
      const current = await store.put(plan);
      feed.publish(current);
      if (current.number === plan.number) await opened.engine.changes.announce(TOPIC, String(plan.number));
      return current;
    },
  };
}

export function openSharedPlans({ crypto }: Host, { storage: { documents, seal } }: OpenedEngine): Promise<PlanStore> {
  return openPlanStore({ documents, seal, crypto });
}

export async function followPlans(
  { clock, log }: Host,
  { engine }: OpenedEngine,
  store: PlanStore,
  feed: PlanFeed,
  life: Life,
): Promise<PlanFollower> {
  const follower = await followPlanStore({ store, feed, onHint: (look) => engine.changes.follow(TOPIC, look), clock, log });
  life.own('plan', () => follower.stop());
  return follower;
}

/**
 * Publishes the plan in the file, so that a gateway can serve before any server responds. Without a usable plan file
 * the gateway waits for a plan.
 */
export async function startFromFile(feed: PlanFeed, options: Awaited<ReturnType<typeof planFileOptions>>): Promise<void> {
  try {
    feed.publish(await readPlanFile({ ...options, now: options.clock.now() }));
  } catch (error) {
    const { code } = toErrorRecord(error);
    if (code === 'PLAN_FILE_MISSING') options.log.info('gateway.no-plan-file', { path: options.path });
    else options.log.error('gateway.plan-file-refused', error, { path: options.path });
  }
}
