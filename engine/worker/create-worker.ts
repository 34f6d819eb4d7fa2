/**
 * The worker. Signals tell it which partitions have new work. It reads the open executions of these partitions in
 * order, and runs each lane strictly in that order. The order never comes from the queue, so losing the whole queue
 * loses nothing. The reconciler finds what no signal announced: waits that are due, executions of dead owners, and
 * executions that this process stopped working on.
 */
import { AppError } from '../contract/values/errors.ts';
import type { Consumer } from '../contract/ports/work-queue.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';
import { cancelled } from '../run/run-errors.ts';
import { PARTITIONS } from '../execution/execution-document.ts';
import { createForeignFlows, PASSED_ON_CHANNEL } from './create-foreign-flows.ts';
import { createLaneRunner } from './create-lane-runner.ts';
import { createOffer } from './create-offer.ts';
import { createReconciler } from './create-reconciler.ts';
import { Lanes } from './lanes.ts';
import { PartitionReader } from './partition-reader.ts';
import type { RunExecutionDeps } from './run-execution.ts';

export interface WorkerDeps extends RunExecutionDeps {
  readonly shared: SharedState;
  /** The executions that run in this process, including inline ones. */
  readonly active: Set<string>;
  /** The maximum number of executions that run at the same time. */
  readonly slots?: number;
}

export interface Worker {
  start(): Promise<void>;
  /**
   * Takes no more executions. Resolves when the running ones have settled, or after `boundMs`; executions that still
   * run are then left to other processes.
   */
  stop(boundMs: number): Promise<void>;
  status(): { readonly running: number; readonly waiting: number };
}

/** The channel for hints that an execution was cancelled. */
export const CANCEL_CHANNEL = 'executions.cancel';

const DEFAULT_SLOTS = 64;
/** The share of the stop time in which running executions may finish; after it they are aborted. */
const DRAIN_SHARE = 0.8;
const ALL_PARTITIONS = Array.from({ length: PARTITIONS }, (_, part) => part);

export function createWorker(deps: WorkerDeps): Worker {
  const { clock, log, executions, shared, slots = DEFAULT_SLOTS } = deps;
  const waiting = () => lanes.size;
  const reader = new PartitionReader({ executions, clock, log, waiting, offer: (...listed) => offer(...listed) });
  const foreign = createForeignFlows({ ...deps, reader });
  const runner = createLaneRunner({ ...deps, reader, foreign, waiting });
  const lanes: Lanes = new Lanes({
    ...{ slots, clock, run: runner.run },
    onReread: (part) => reader.reread(part, 0),
    onLeave: (part, count) => reader.left(part, count),
    onBlocked: (part, laneKey) => reader.block(part, laneKey),
  });
  const offer = createOffer({ ...deps, lanes, reader, isForeign: foreign.isForeign });
  const reconciler = createReconciler({ ...deps, reader });
  const unsubscribe: (() => void)[] = [];
  let consumer: Consumer | undefined;

  return {
    async start() {
      unsubscribe.push(await shared.subscribe(CANCEL_CHANNEL, (id) => runner.abort(id, cancelled())));
      unsubscribe.push(await shared.subscribe(PASSED_ON_CHANNEL, (part) => void reader.hear([Number(part)])));
      consumer = await deps.workQueue.consume((parts) => reader.hearRing(parts));
      reconciler.start();
      await reader.hear(ALL_PARTITIONS);
    },
    async stop(boundMs) {
      reader.stop();
      reconciler.stop();
      for (const end of unsubscribe) end();
      await consumer?.stop();
      const drained = lanes.drain();
      await within(boundMs * DRAIN_SHARE, drained);
      runner.abortAll(new AppError('WORKER_STOPPING', 'transient', 'The worker is stopping.'));
      await within(boundMs * (1 - DRAIN_SHARE), drained);
    },
    status: () => ({ running: lanes.running, waiting: lanes.size }),
  };

  async function within(boundMs: number, work: Promise<void>): Promise<void> {
    let cancelBound: () => void = () => undefined;
    const bound = new Promise<void>((resolve) => (cancelBound = clock.after(boundMs, resolve)));
    await Promise.race([work, bound]);
    cancelBound();
  }
}
