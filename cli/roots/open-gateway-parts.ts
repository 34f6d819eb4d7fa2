/**
 * Opens the parts of a gateway in a separate process: its plan, its flows, and the state that it shares with other
 * processes.
 */
import type { Front } from '../../engine/contract/access/access.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { RunFlow } from '../../engine/contract/node/run-flow.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import { loadPolicies } from '../../gateways/pipeline/load-policies.ts';
import { createStoredQuotas } from '../../gateways/load/stored-quotas.ts';
import { createPlanFeed } from '../../gateways/plan/create-plan-feed.ts';
import type { PlanFollower } from '../../gateways/plan/follow-plan-store.ts';
import { keepPlanFile } from '../../gateways/plan/keep-plan-file.ts';
import { openPlanFile } from '../../gateways/plan/open-plan-file.ts';
import { openStorage } from '../../storage/open-storage.ts';
import { describeGateways, replyAboutGateways, type GatewayParts, type OpenedGateways } from './open-gateways.ts';
import { holdFronts } from './hold-fronts.ts';
import { gatewaySettings, planFileOptions, type Host } from './open-host.ts';
import { openInDmz } from './open-in-dmz.ts';
import { openLateEngine } from './open-late-engine.ts';
import { followPlans, openSharedPlans, startFromFile } from './open-plans.ts';

/** Maximum time that a gateway with a stored plan waits for its flows before it listens. */
const FLOWS_WITHIN_MS = 5_000;
const FIRST_PLAN_WITHIN_MS = 30_000;

/** Opens the parts of one gateway. `gateways` returns the gateways of this process once they are open. */
export async function openGatewayParts(host: Host, front: Front, life: Life, gateways: () => OpenedGateways): Promise<GatewayParts> {
  if (host.settings.flows === 'forward') return { ...(await openInDmz(host, front, life)), policies: await loadPolicies() };
  const own = host.settings.storeAddress.startsWith('embedded:') ? openBesideControl : openOnSharedStore;
  return { ...(await own(host, front, life, gateways)), policies: await loadPolicies() };
}

type OwnParts = Omit<GatewayParts, 'policies'>;

/**
 * Opens the parts beside an embedded store, which only the process of `kangqiao start` can open. This process reads the
 * plan file of that process and runs no flows.
 */
async function openBesideControl(host: Host, front: Front, life: Life): Promise<OwnParts> {
  const { clock, log, settings, folder } = host;
  // A small separate store, because the nonces that this gateway has seen must survive a restart.
  const address = `embedded:${folder.root}/gateway-${front}`;
  const guarded = await holdFronts({ folder, fronts: frontsOf(host, front), store: address, life, clock });
  const storage = await openStorage({ address, kekFile: settings.kekFile, clock, logger: log });
  life.own('storage', () => storage.close());
  const planSource = await openPlanFile(await planFileOptions(host));
  life.own('plan file', () => planSource.close());
  return {
    planSource,
    runFlow: noFlows,
    shared: guarded(storage.sharedState),
    quotas: createStoredQuotas(() => storage.documents),
    seal: storage.seal,
    sharedSeal: storage.seal,
  };
}

/**
 * Returns the fronts whose nonces this gateway claims. A bus gateway also runs the calls that gateways in the DMZ
 * accepted, so it also claims the nonces of these calls.
 */
function frontsOf(host: Host, front: Front): readonly Front[] {
  const { forwardNodes = [] } = front === 'bus' ? gatewaySettings(host, front) : {};
  return [...new Set([front, ...forwardNodes.map((node) => node.front)])];
}

/**
 * Opens the parts with a shared store. The gateway starts with the plan that it stored before. It opens the store, its
 * flows and later plans as soon as the servers respond.
 */
async function openOnSharedStore(host: Host, front: Front, life: Life, gateways: () => OpenedGateways): Promise<OwnParts> {
  const feed = createPlanFeed();
  const options = await planFileOptions(host);
  await startFromFile(feed, options);
  let follower: PlanFollower | undefined;
  const file = keepPlanFile(feed, { ...options, isFresh: () => follower?.isFresh() ?? false });
  life.own('plan file', () => file.close());
  const tell = () => describeGateways(gateways());
  const late = openLateEngine(host, life, `gateway ${front}`, tell, async (opened, itsLife) => {
    follower = await followPlans(host, opened, await openSharedPlans(host, opened), feed, itsLife);
    await replyAboutGateways(host, opened, { seal: options.seal, opened: gateways }, itsLife);
  });
  await late.ready(feed.current() === undefined ? FIRST_PLAN_WITHIN_MS : FLOWS_WITHIN_MS);
  return {
    planSource: feed,
    runFlow: late.runFlow,
    shared: late.shared,
    quotas: createStoredQuotas(() => late.documents()),
    seal: options.seal,
    sharedSeal: late.sharedSeal,
  };
}

const noFlows: RunFlow = {
  mode: () => undefined,
  call() {
    throw new AppError('FLOWS_ELSEWHERE', 'transient', 'This gateway runs no flows: the embedded store is open in another process.', {
      fix: 'Call the gateway of `kangqiao start`, which runs flows and gateways in one process.',
    });
  },
};
