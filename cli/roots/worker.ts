/** Runs durable work, triggers and recovery, without gateways and control, for `kangqiao worker`. */
import { runUntilSignal } from '../../engine/host/run-until-signal.ts';
import { openEngine } from './open-engine.ts';
import { openHost } from './open-host.ts';
import { openOnceUp } from './open-once-up.ts';
import { openStatus } from './open-status.ts';
import type { SettingOverrides } from './root-options.ts';

export async function startWorker(overrides: SettingOverrides): Promise<number> {
  const host = await openHost(overrides);
  const { clock, log, settings } = host;
  return runUntilSignal(
    async (life) => {
      const status = await openStatus(host, life);
      const { engine, storage, guard } = await openOnceUp(host, life, (own) => openEngine(host, own, 'worker'));
      await guard.released(life.signal);
      await engine.startWork();
      status.started({ store: () => storage.documents.ping() });
      log.info('worker.ready', { flows: engine.published.list().length });
    },
    { clock, logger: log, drainMs: settings.drainMs },
  );
}
