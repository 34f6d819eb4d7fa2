import { stat } from 'node:fs/promises';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { PlanSource } from '../plan-index.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import { readPlanFile, type ReadPlanOptions } from './plan-file.ts';

const POLL_MS = 250;

export interface OpenedPlanFile extends PlanSource {
  current(): GatewayPlan;
  close(): void;
}

/**
 * Opens a plan source that reads a file: at start (with the errors of `readPlanFile`), then on each change. If the file
 * later is damaged, too old, or has a lower number, this is logged and the gateway keeps its plan. So control may be
 * down for any time.
 */
export async function openPlanFile(
  options: Omit<ReadPlanOptions, 'now'> & { readonly clock: Clock; readonly log: Logger },
): Promise<OpenedPlanFile> {
  const { path, clock, log } = options;
  const listeners = new Set<(plan: GatewayPlan) => void>();
  let seen = await versionOf(path);
  let current = await readPlanFile({ ...options, now: clock.now() });
  let cancel = clock.after(POLL_MS, () => void look());

  // Polls the file, because file events are lost on network and container mounts. A stat costs only microseconds.
  async function look(): Promise<void> {
    const version = await versionOf(path);
    if (version !== seen && version !== undefined) {
      seen = version;
      await take().catch((error: unknown) => log.error('gateway.plan-file-refused', error, { path }));
    }
    cancel = isClosed ? cancel : clock.after(POLL_MS, () => void look());
  }

  async function take(): Promise<void> {
    const plan = await readPlanFile({ ...options, now: clock.now() });
    if (plan.number < current.number) log.warn('gateway.plan-file-backwards', { number: plan.number, current: current.number });
    if (plan.number <= current.number) return;
    current = plan;
    for (const listener of listeners) listener(plan);
  }

  let isClosed = false;
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      isClosed = true;
      cancel();
    },
  };
}

async function versionOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.ino} ${found.mtimeNs} ${found.size}`;
}
