/**
 * Reads the partitions regularly to find work that no signal announced: waits that are due, waits whose message has
 * arrived, executions of dead owners, and executions that this process stopped working on.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { Logger } from '../contract/values/observe.ts';
import { PARTITIONS } from '../execution/execution-document.ts';
import { wakeResumed } from '../execution/wait-tokens.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { Owners } from '../ownership/owners.ts';
import type { WorkerCounts } from './worker-counts.ts';

export interface Reconciler {
  start(): void;
  stop(): void;
}

export type ReconcilerDeps = Parameters<typeof wakeResumed>[1] & {
  readonly clock: Clock;
  readonly log: Logger;
  readonly owners: Pick<Owners, 'ends'>;
  readonly counts: WorkerCounts;
  readonly reader: Pick<PartitionReader, 'look' | 'read'>;
};

const EVERY_MS = 1_000;
const PARTITIONS_A_ROUND = 4;
const PAGE = 200;
const MAX_PAGES = 10;

export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { clock, log, owners, reader } = deps;
  let cancel: () => void = () => undefined;
  let isStopping = false;
  let round = 0;
  let endsSeen = 0;

  return {
    start: schedule,
    stop() {
      isStopping = true;
      cancel();
    },
  };

  function schedule(): void {
    cancel = clock.after(EVERY_MS, () => {
      void reconcile()
        .catch((error: unknown) => log.error('worker.reconcile_failed', error))
        .finally(() => {
          if (!isStopping) schedule();
        });
    });
  }

  async function reconcile(): Promise<void> {
    const parts = Array.from({ length: PARTITIONS_A_ROUND }, (_, step) => (round * PARTITIONS_A_ROUND + step) % PARTITIONS);
    for (const part of parts) reader.look(part);
    // Executions of a dead owner can be in any partition, so check all partitions now, not only those of this round.
    if (endsSeen !== owners.ends) for (let part = 0; part < PARTITIONS; part += 1) reader.look(part);
    endsSeen = owners.ends;
    round += 1;
    await wakeForgotten(parts);
    const due = await deps.executions.find({ open: true, due: { lte: clock.now() } }, { sort: ['due'], limit: PAGE });
    for (const document of due) reader.look(document.part);
    await reader.read();
  }

  /** Finds waits whose message is already stored. Their process crashed before it could match the two. */
  async function wakeForgotten(parts: readonly number[]): Promise<void> {
    for (let page = 0, after: string | undefined; page < MAX_PAGES; page += 1) {
      const waiting = await deps.executions.find(
        { part: { in: parts }, open: true, status: 'waiting', wake: { exists: true } },
        { limit: PAGE, ...(after === undefined ? {} : { after }) },
      );
      deps.counts.found.resume += await wakeResumed(waiting, deps);
      if (waiting.length < PAGE) return;
      after = waiting.at(-1)!._id;
    }
  }
}
