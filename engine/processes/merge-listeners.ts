import type { Refusals, TriggerState, TriggerStatus } from '../trigger/trigger-run.ts';
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

/** Returns one entry per flow, from the process that listens. Counts are sums over all processes. */
export function mergeListeners(
  processes: readonly (ProcessName & { readonly listeners: readonly TriggerStatus[] })[],
): readonly ListenerOfProcess[] {
  const merged = new Map<string, ListenerOfProcess>();
  for (const { role, host, pid, listeners } of processes) {
    for (const status of listeners) {
      const known = merged.get(status.flowId);
      const arrivals = (known?.arrivals ?? 0) + status.arrivals;
      const isBetter = known === undefined || RANK[status.state] < RANK[known.state];
      const refusals = sumRefusals(known?.refusals, status.refusals);
      const listener = isBetter ? { ...status, process: { role, host, pid } } : known;
      merged.set(status.flowId, { ...listener, arrivals, ...(refusals === undefined ? {} : { refusals }) });
    }
  }
  return [...merged.values()];
}

function sumRefusals(one: Refusals | undefined, other: Refusals | undefined): Refusals | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { ...(one.lastAt > other.lastAt ? one : other), count: one.count + other.count };
}
