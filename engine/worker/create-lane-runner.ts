/**
 * Runs one execution for its lane and acts on the verdict: signals the partition when the execution is due, reads it
 * again, leaves the execution to other processes, or holds it for a person.
 */
import { toErrorRecord } from '../contract/values/errors.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import { createThrottledWarning } from '../contract/values/throttled-warning.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';
import { transition, type ExecutionState } from '../execution/transition.ts';
import type { ForeignFlows } from './create-foreign-flows.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { LanesDeps } from './lanes.ts';
import { runExecution, type RunExecutionDeps } from './run-execution.ts';

export interface LaneRunner {
  readonly run: LanesDeps['run'];
  abort(executionId: string, reason: Error): void;
  abortAll(reason: Error): void;
}

export interface LaneRunnerDeps extends RunExecutionDeps {
  readonly workQueue: WorkQueue;
  readonly active: Set<string>;
  readonly reader: Pick<PartitionReader, 'reread'>;
  readonly foreign: Pick<ForeignFlows, 'leaveAlone'>;
  /** Returns the number of executions that this worker has taken and not started. */
  waiting(): number;
}

/** After a store failure, the partition is read again after this pause. */
const LET_GO_PAUSE_MS = 1_000;

export function createLaneRunner(deps: LaneRunnerDeps): LaneRunner {
  const { clock, log, reader } = deps;
  const controllers = new Map<string, AbortController>();
  const warnOfStore = createThrottledWarning(log, clock, 'worker.store_failing');

  return {
    async run(document, slot) {
      const controller = new AbortController();
      controllers.set(document._id, controller);
      deps.active.add(document._id);
      try {
        const verdict = await runExecution(document, deps, controller, slot);
        if (verdict === 'let-go') letGo(document);
        if (verdict === 'foreign') deps.foreign.leaveAlone(document);
        if (typeof verdict === 'object' && verdict.due !== undefined) void ringWhenDue(document.part, verdict.due);
        // A cancelled execution was taken out of its order, so the lane may be able to continue.
        if (document.cancelRequested || controller.signal.aborted) reader.reread(document.part, 0);
        return verdict;
      } catch (error) {
        log.error('worker.execution_failed', error, { executionId: document._id, flowId: document.flowId });
        if (toErrorRecord(error).kind === 'transient' || !(await holdBroken(document, error))) {
          letGo(document);
          return 'let-go';
        }
        return { parked: 'held' };
      } finally {
        // A cancelled execution ends without waiting for its lane, so a later run may already be registered under the
        // same id.
        if (controllers.get(document._id) === controller) {
          controllers.delete(document._id);
          deps.active.delete(document._id);
        }
      }
    },
    abort: (executionId, reason) => controllers.get(executionId)?.abort(reason),
    abortAll(reason) {
      for (const controller of controllers.values()) controller.abort(reason);
    },
  };

  /** Called if the store failed: reads the partition again after a pause. */
  function letGo({ part }: ExecutionDocument): void {
    warnOfStore({ waiting: deps.waiting() });
    deps.metrics.count('executions_let_go_total');
    reader.reread(part, LET_GO_PAUSE_MS);
  }

  async function ringWhenDue(part: number, due: number): Promise<void> {
    await deps.workQueue
      .ring(part, { delayMs: Math.max(0, due - clock.now()) })
      .catch((error: unknown) => log.error('worker.ring_failed', error));
  }

  /**
   * Holds an execution that cannot be loaded. Returns false if the hold could not be stored; it is then tried again
   * later.
   */
  async function holdBroken(document: ExecutionDocument, error: unknown): Promise<boolean> {
    const { code, kind } = toErrorRecord(error);
    const epoch = document.epoch + 1;
    const hold = (state: ExecutionState, outcomeKnown: boolean) => {
      const unloadable = { kind: 'unloadable', error: { code, kind }, at: clock.now(), epoch, outcomeKnown } as const;
      const { match, patch } = transition(state, unloadable);
      return deps.executions.patchIf(document._id, match, patch);
    };
    try {
      const result = await hold(document, document.status !== 'running');
      // The execution failed after its claim. It is unknown what was done since then, so it must not run again without
      // a person's decision.
      if (result.outcome === 'no-match') await hold({ ...document, status: 'running', epoch }, false);
      return true;
    } catch (failure) {
      log.error('worker.hold_failed', failure, { executionId: document._id });
      return false;
    }
  }
}
