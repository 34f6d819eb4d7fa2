/** `kangqiao start`: everything in one process. */
import { toErrorRecord } from '../../engine/contract/errors.ts';
import { runUntilSignal, type Life } from '../../engine/host/run-until-signal.ts';
import { loadPolicies } from '../../gateways/pipeline/load-policies.ts';
import { handOver, type Started } from './hand-over.ts';
import { openControl } from './open-control.ts';
import { openEngine } from './open-engine.ts';
import { openGateways } from './open-gateways.ts';
import { openHost, type Host } from './open-host.ts';
import type { SettingOverrides, StartOptions } from './root-options.ts';

export async function startAllInOne(overrides: SettingOverrides, options: StartOptions): Promise<number> {
  const startedAt = performance.now();
  const host = await openHost(overrides);
  const { clock, log, settings } = host;
  return runUntilSignal((life) => start(host, options, startedAt, life), { clock, logger: log, drainMs: settings.drainMs });
}

async function start(host: Host, options: StartOptions, startedAt: number, life: Life): Promise<void> {
  const opened = await openEngine(host, life);
  const { engine, storage } = opened;
  const policies = await loadPolicies();
  const addresses: Record<string, string> = {};
  let tryIt: string | undefined;
  const { control, feed } = await openControl(host, opened, policies, { addresses: () => addresses, tryIt: () => tryIt }, life);
  addresses['control'] = control.address;
  await engine.startWork();
  const gateways = await openGateways(
    host,
    { planSource: feed, policies, runFlow: engine.runFlow, shared: storage.sharedState, seal: storage.seal },
    life,
  );
  for (const [front, gateway] of Object.entries(gateways)) addresses[front] = gateway.address;
  await control.flushPlan();
  const started: Started = { host, control, engine, addresses, options, life };
  tryIt = await handOver(started, Math.round(performance.now() - startedAt)).catch((error: unknown) => {
    host.log.error('start.hand_over_failed', error, { code: toErrorRecord(error).code });
    throw error;
  });
}
