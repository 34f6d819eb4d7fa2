/**
 * Opens a gateway in the DMZ. It has no store, no shared state, and only the key of its node. It gets its plan from the
 * gateways inside and forwards every call to them.
 */
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { Front } from '../../engine/contract/access/access.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import type { Settings } from '../../engine/host/settings.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { openInside, type Inside } from '../../gateways/forward/open-inside.ts';
import { createPlanFeed } from '../../gateways/plan/create-plan-feed.ts';
import { followPlanStore } from '../../gateways/plan/follow-plan-store.ts';
import { keepPlanFile } from '../../gateways/plan/keep-plan-file.ts';
import { readGiven } from '../../storage/open-storage.ts';
import type { GatewayParts } from './open-gateways.ts';
import { planFileOptions, type Host } from './open-host.ts';
import { startFromFile } from './open-plans.ts';

/**
 * Interval at which the gateway checks whether the gateways inside have a newer plan, for example after a grant was
 * withdrawn.
 */
const LOOK_EVERY_MS = 500;

export async function openInDmz(host: Host, front: Front, life: Life): Promise<Omit<GatewayParts, 'policies'>> {
  if (front === 'bus')
    throw new AppError('FORWARD_FROM_BUS', 'input', 'A bus gateway receives forwarded calls; it cannot forward calls itself.', {
      fix: 'Start it with --flows local.',
    });
  const { clock, log, settings } = host;
  const inside = await connectInside(settings);
  life.own('inside', () => inside.close());
  const feed = createPlanFeed();
  const options = await planFileOptions(host);
  // Use a separate file. A gateway on this machine that runs calls itself has another plan, and neither may use the
  // plan of the other.
  const file = { ...options, path: `${options.path}-handed-out` };
  await startFromFile(feed, file);
  const follower = await followPlanStore({
    store: ofFront(inside, front),
    feed,
    onHint: () => () => {},
    everyMs: LOOK_EVERY_MS,
    clock,
    log,
  });
  const keeper = keepPlanFile(feed, { ...file, isFresh: () => follower.isFresh() });
  life.own('plan file', () => keeper.close());
  life.own('plan', () => follower.stop());
  return {
    planSource: feed,
    runFlow: { mode: () => undefined, call: handedOver },
    shared: noSharedState,
    quotas: { lease: handedOver, giveBack: handedOver, used: handedOver },
    seal: options.seal,
    inside,
  };
}

/**
 * Returns a plan source. It rejects with FORWARD_WRONG_FRONT (input) if the certificate belongs to a node of another
 * front. Otherwise the gateway would serve nothing and tell every caller that the interface does not exist.
 */
function ofFront(inside: Inside, front: Front): Pick<Inside, 'newer'> {
  return {
    async newer(than) {
      const plan = await inside.newer(than);
      const other = plan?.interfaces.find((document) => document.front !== front);
      if (other === undefined) return plan;
      throw new AppError(
        'FORWARD_WRONG_FRONT',
        'input',
        `The certificate of this node belongs to the front ${other.front}, not ${front}.`,
        {
          values: { front: other.front, given: front },
          fix: 'Give each front its own certificate, or correct KQ_FORWARD_NODES inside.',
        },
      );
    },
  };
}

/** Connects to the gateways inside. Also used by `doctor`, which asks each address separately. */
export async function connectInside(settings: Settings, addresses = settings.forwardTo): Promise<Inside> {
  const [cert, key, ca] = await Promise.all(
    [settings.forwardCertFile, settings.forwardKeyFile, settings.forwardCaFile].map((path) => readGiven(path!)),
  );
  return openInside({ addresses, tls: { cert: cert!, key: key!, ca: ca! }, clock: systemClock });
}

const noSharedState: SharedState = {
  claimOnce: handedOver,
  increment: handedOver,
  get: handedOver,
  set: handedOver,
  delete: handedOver,
  deleteByTag: handedOver,
  acquireLease: handedOver,
  releaseLease: handedOver,
  publish: handedOver,
  subscribe: handedOver,
  close: () => Promise.resolve(),
};

function handedOver(): never {
  throw new TypeError('a gateway in the DMZ does not run calls itself');
}
