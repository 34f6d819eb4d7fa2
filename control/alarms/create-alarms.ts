/**
 * Checks for problems every 15 seconds and notifies people. A lease makes sure that normally only one process does
 * this. Even if two processes do it at once, no alarm is stored twice.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import type { Logger, Metrics } from '../../engine/contract/values/observe.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { AlarmSettings, AlarmSettingsStore } from './alarm-settings.ts';
import type { AlarmStore } from './alarm-store.ts';
import { deliverNotices } from './deliver-notices.ts';
import type { Found } from './find-problems.ts';
import { keepAlarms } from './keep-alarms.ts';
import type { SendNotice } from './send-notice.ts';
import { createWatchStore } from './watch-store.ts';

export interface AlarmsDeps {
  readonly store: AlarmStore;
  readonly settings: AlarmSettingsStore;
  readonly findProblems: (settings: AlarmSettings) => Promise<Found>;
  readonly send: SendNotice;
  readonly documents: Pick<Documents, 'ping'>;
  readonly shared: SharedState;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Called when an alarm opened, was acknowledged or ended, in this or another process. */
  onChange(): void;
}

export interface Alarms {
  /** Runs one check of all rules. */
  look(): Promise<void>;
  /** Tells open pages of every process to reload. */
  changed(): void;
  stop(): Promise<void>;
}

const EVERY_MS = 15_000;
const LEASE_MS = 45_000;
const LEASE = 'alarms';
const CHANNEL = 'alarms.changed';

export async function createAlarms(deps: AlarmsDeps): Promise<Alarms> {
  const { clock, shared, logger } = deps;
  const holder = createId('own');
  let known: AlarmSettings | undefined;
  let fencing: number | undefined;
  let looking: Promise<void> | undefined;
  let isStopped = false;
  let cancel = clock.after(EVERY_MS, tick);
  const watchStore = createWatchStore({ ...deps, ping: () => deps.documents.ping() });
  const unsubscribe = await shared.subscribe(CHANNEL, () => deps.onChange()).catch(() => () => undefined);

  function tick(): void {
    void look().finally(() => {
      if (!isStopped) cancel = clock.after(EVERY_MS, tick);
    });
  }

  function look(): Promise<void> {
    looking ??= lookNow()
      .catch((error: unknown) => logger.error('alarms.look-failed', error))
      .finally(() => (looking = undefined));
    return looking;
  }

  async function lookNow(): Promise<void> {
    if (!(await watchStore(known))) return;
    known = await deps.settings.read();
    if (!(await mayLook())) return;
    const found = await deps.findProblems(known);
    if (await keepAlarms(found, known, deps.store, clock)) changed();
    await deliverNotices(known, deps);
  }

  /**
   * Returns true if this process may check now. While the shared state is down, no process can take the lease. Every
   * process then checks, and conditional updates in the store prevent duplicates.
   */
  async function mayLook(): Promise<boolean> {
    try {
      const lease = await shared.acquireLease(LEASE, holder, LEASE_MS);
      if (lease !== undefined && lease.fencing !== fencing) deps.metrics.count('leases_taken_total', { lease: 'alarms' });
      fencing = lease?.fencing;
      return lease !== undefined;
    } catch {
      return true;
    }
  }

  function changed(): void {
    deps.onChange();
    void shared.publish(CHANNEL, '').catch(() => undefined);
  }

  return {
    look,
    changed,
    async stop() {
      isStopped = true;
      cancel();
      unsubscribe();
      await looking;
      await shared.releaseLease(LEASE, holder).catch(() => undefined);
    },
  };
}
