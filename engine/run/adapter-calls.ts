/** Counts the adapter calls that nodes report, and adds the state of the adapter gates. */
import { createCallStats, outcomeOf, type CallCounts } from '../contract/calls/call-stats.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { Metrics } from '../contract/values/observe.ts';
import type { AdapterGates } from './adapter-gates.ts';

type CallError = Pick<ErrorRecord, 'code' | 'kind'>;

export interface AdapterCalls {
  /**
   * Called when an attempt of a node starts. Call the returned function once when the attempt ends. `ended`: this
   * process ended the call, which says nothing about the other side.
   */
  begun(adapterId: string): (end?: CallError | 'ended') => void;
  /**
   * Called when a node has finished its call, or waits for a retry. `ms` does not include earlier claims of the
   * execution.
   */
  called(adapterId: string, ms: number, error?: CallError): void;
  /** Called when the adapter is deleted. */
  forget(adapterId: string): void;
  counts(): readonly CallCounts[];
}

export interface AdapterCallsDeps {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly gates: Pick<AdapterGates, 'states'>;
}

export function createAdapterCalls({ clock, metrics, gates }: AdapterCallsDeps): AdapterCalls {
  const stats = createCallStats(clock);
  return {
    begun(adapter) {
      const begunAt = clock.monotonic();
      const answered = stats.begun(adapter);
      return (end) => {
        answered();
        if (end === 'ended') return;
        const ms = clock.monotonic() - begunAt;
        const outcome = outcomeOf(end?.kind);
        metrics.observeMs('adapter_attempt_ms', ms, { adapter, outcome });
        stats.attempted(adapter, ms, outcome, end?.code);
      };
    },
    called(adapter, ms, error) {
      const outcome = outcomeOf(error?.kind);
      metrics.count('adapter_calls_total', { adapter, outcome });
      stats.called(adapter, ms, outcome, error);
    },
    forget: (adapterId) => stats.forget((id) => id === adapterId),
    counts() {
      const states = gates.states();
      return stats.counts().map((counts) => ({ ...counts, ...states.get(counts.id) }));
    },
  };
}
