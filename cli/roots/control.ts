/** Runs admin API, registry and console, for `kangqiao control`. Gateways read its plan file. */
import { runUntilSignal } from '../../engine/host/run-until-signal.ts';
import { loadPolicies } from '../../gateways/pipeline/load-policies.ts';
import { handOver } from './hand-over.ts';
import { consoleAt, openControl } from './open-control.ts';
import { openEngine } from './open-engine.ts';
import { openHost } from './open-host.ts';
import { openOnceUp } from './open-once-up.ts';
import { openStatus } from './open-status.ts';
import type { SettingOverrides } from './root-options.ts';

export async function startControl(overrides: SettingOverrides): Promise<number> {
  const startedAt = performance.now();
  const host = await openHost(overrides);
  const { clock, log, settings } = host;
  return runUntilSignal(
    async (life) => {
      const status = await openStatus(host, life);
      const addresses: Record<string, string> = {};
      const opened = await openOnceUp(host, life, (own) => openEngine(host, own, 'control', () => consoleAt(addresses)));
      const { control } = await openControl(host, opened, await loadPolicies(), { addresses: () => addresses }, life);
      addresses['control'] = control.address;
      await opened.guard.released(life.signal);
      await control.flushPlan();
      status.started({ store: () => opened.storage.documents.ping() });
      await handOver(
        { host, control, engine: opened.engine, addresses, options: {}, signal: life.signal, city: { end: () => undefined } },
        Math.round(performance.now() - startedAt),
      );
    },
    { clock, logger: log, drainMs: settings.drainMs },
  );
}
