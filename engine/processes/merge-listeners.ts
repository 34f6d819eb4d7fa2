import type { TriggerState, TriggerStatus } from '../trigger/trigger-run.ts';
import type { ProcessAbout } from './process-document.ts';

export type ProcessName = Pick<ProcessAbout, 'role' | 'host' | 'pid'>;

export interface ListenerOfProcess extends TriggerStatus {
  /** The process that listens, or that tried last. */
  readonly process: ProcessName;
}

/**
 * Order in which states are preferred. A person wants to know where a flow listens or, if it listens nowhere, what is
 * wrong.
 */
const RANK: Readonly<Record<TriggerState, number>> = { listening: 0, failing: 1, starting: 2, standby: 3, stopped: 4 };

/** Returns one entry per flow, from the process that listens. Message counts are sums over all processes. */
export function mergeListeners(
  processes: readonly (ProcessName & { readonly listeners: readonly TriggerStatus[] })[],
): readonly ListenerOfProcess[] {
  const merged = new Map<string, ListenerOfProcess>();
  for (const { role, host, pid, listeners } of processes) {
    for (const status of listeners) {
      const known = merged.get(status.flowId);
      const arrivals = (known?.arrivals ?? 0) + status.arrivals;
      const isBetter = known === undefined || RANK[status.state] < RANK[known.state];
      merged.set(status.flowId, { ...(isBetter ? { ...status, process: { role, host, pid } } : known), arrivals });
    }
  }
  return [...merged.values()];
}
