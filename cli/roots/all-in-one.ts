/** Runs everything in one process, for `kangqiao start`. */
import { FRONTS } from '../../engine/contract/access/access.ts';
import { runUntilSignal, type Life } from '../../engine/host/run-until-signal.ts';
import { createStoredQuotas } from '../../gateways/load/stored-quotas.ts';
import { loadPolicies } from '../../gateways/pipeline/load-policies.ts';
import { handOver, type Started } from './hand-over.ts';
import { holdFronts } from './hold-fronts.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { consoleAt, openControl } from './open-control.ts';
import { openEngine } from './open-engine.ts';
import { describeGateways, isDraining, openGateways, replyAboutGateways, type OpenedGateways } from './open-gateways.ts';
import { openHost, type Host } from './open-host.ts';
import { openKeeper, type EndOrRestart, type Restart } from './open-keeper.ts';
import { openOnceUp } from './open-once-up.ts';
import { openStatus } from './open-status.ts';
import type { SettingOverrides, StartOptions } from './root-options.ts';

export async function startAllInOne(overrides: SettingOverrides, options: StartOptions): Promise<number> {
  for (let { settings, secrets }: Restart = { settings: overrides }; ;) {
    const round = await runOnce(settings, secrets, options);
    if (round.next === undefined) return round.code;
    settings = { ...settings, ...round.next.settings };
    secrets = round.next.secrets ?? secrets;
  }
}

/**
 * Result of one run. `next` is set if the store was replaced; everything then starts again with the settings in `next`.
 */
interface Round {
  readonly code: number;
  readonly next: Restart | undefined;
}

async function runOnce(overrides: SettingOverrides, secrets: Restart['secrets'], options: StartOptions): Promise<Round> {
  const startedAt = performance.now();
  const host = await openHost(overrides, secrets);
  const { clock, log, settings } = host;
  let next: Restart | undefined;
  const code = await runUntilSignal(
    (life) => {
      const goOn: EndOrRestart = (changed) => {
        next = changed;
        life.end();
      };
      return start(host, options, startedAt, life, goOn);
    },
    { clock, logger: log, drainMs: settings.drainMs },
  );
  return { code, next };
}

async function start(host: Host, options: StartOptions, startedAt: number, life: Life, goOn: EndOrRestart): Promise<void> {
  const city: Started['city'] = { end: () => undefined };
  // Register the city first, so that it is stopped last: requests in flight still need the simulated hospitals.
  life.own('example city', () => city.end());
  const status = await openStatus(host, life);
  const addresses: Record<string, string> = {};
  const example: { tryIt?: string } = {};
  let gateways: OpenedGateways = {};
  const parts = () => ({ ...consoleAt(addresses), ...describeGateways(gateways) });
  const opened = await openOnceUp(host, life, (own) => openEngine(host, own, 'start', parts));
  const { engine, storage } = opened;
  const shared = storage.documents.isExclusive ? await holdAllFronts(host, storage.sharedState, life) : storage.sharedState;
  const policies = await loadPolicies();
  const info = { addresses: () => addresses, tryIt: () => example.tryIt };
  const { control, feed } = await openControl(host, opened, policies, info, life, openKeeper(host, opened, goOn));
  addresses['control'] = control.address;
  life.signal.throwIfAborted();
  await opened.guard.released(life.signal);
  await engine.startWork();
  const quotas = createStoredQuotas(() => storage.documents);
  gateways = await openGateways(
    host,
    { planSource: feed, policies, runFlow: engine.runFlow, shared, quotas, seal: storage.seal, sharedSeal: storage.seal },
    life,
  );
  await replyAboutGateways(host, opened, { seal: storage.seal, opened: () => gateways }, life);
  for (const [front, gateway] of Object.entries(gateways)) addresses[front] = gateway.address;
  await control.flushPlan();
  status.started({ store: () => storage.documents.ping() }, () => isDraining(gateways));
  const started: Started = { host, control, engine, addresses, options, signal: life.signal, city };
  const tryIt = await handOver(started, Math.round(performance.now() - startedAt));
  if (tryIt !== undefined) example.tryIt = tryIt;
}

async function holdAllFronts({ folder, settings, clock }: Host, state: SharedState, life: Life): Promise<SharedState> {
  const guarded = await holdFronts({ folder, fronts: FRONTS, store: settings.storeAddress, life, clock });
  return guarded(state);
}
