/**
 * Runs the steps of one run: their attempts, retries and waits, and their own error handling. Passes emitted messages,
 * and errors that a node does not handle, back to the graph.
 */
import { sleep } from '../contract/values/clock.ts';
import { markReceiverFault } from '../contract/calls/receiver-fault.ts';
import { toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';
import { withData, type Message } from '../contract/values/message.ts';
import type { Outcome, Scope } from '../contract/node/node.ts';
import type { Emits } from '../plan/progress.ts';
import type { StepRecord } from '../execution/execution-document.ts';
import { LostExecution, NothingSent } from '../execution/lost-execution.ts';
import { stepKey, type RunJob, type WaitPoint } from '../execution/run-job.ts';
import { errorMessage, isUnknownWanted, mayRetry, retryDelayMs } from './handle-error.ts';
import { outwardKey } from './node-context.ts';
import type { RunDeps } from './run-deps.ts';
import type { RunEnding } from './run-ending.ts';
import { allFailed, isDeadline, silentTooLong, tokenTaken, tooFewArrived } from './run-errors.ts';
import { runNodeOnce } from './run-node.ts';
import { namedPayloads, recordOf, type Place, type Step } from './step.ts';

/** The functions of the graph that steps call. If a function returns no promise, its work is done. */
export interface StepGraph {
  /** Returns true if the join no longer waits for the branch of the step. */
  isLost(place: Place): boolean;
  settle(step: Step, emits: Emits<Message>): Promise<void> | void;
  openLoop(place: Place, items: readonly Message[]): void;
  /** Passes an error that the node does not handle to the catch, loop or join that handles it. */
  route(step: Step, error: ErrorRecord, record: StepRecord | undefined): void;
  /** Registers a wait. The run continues with its other branches, and ends as `waiting`. */
  wait(step: Step, point: Omit<WaitPoint, 'node' | 'path'>): void;
  abandon(step: Step): void;
}

export class StepRunner {
  readonly #job: RunJob;
  readonly #deps: RunDeps;
  readonly #ending: RunEnding;
  readonly #graph: StepGraph;

  constructor(job: RunJob, deps: RunDeps, ending: RunEnding, graph: StepGraph) {
    this.#job = job;
    this.#deps = deps;
    this.#ending = ending;
    this.#graph = graph;
  }

  /** Runs the step. `isShort`: the step is a join that can no longer get as many arrivals as it needs. */
  run(step: Step, isShort: boolean): Promise<void> | void {
    const { node, place } = step;
    if (isShort) return this.fail(step, place.node.join?.first === undefined ? tooFewArrived(node) : allFailed(node, step.message));
    const waited = this.#job.waited.get(stepKey(place.run.path, node.id));
    const attempts = waited?.attempts ?? 0;
    if (attempts > 0) step.triedSince = waited!.triedSince ?? step.startedAt;
    if (attempts > 0 && waited!.untilMs > step.startedAt)
      return this.#graph.wait(step, { untilMs: waited!.untilMs, attempts, triedSince: step.triedSince });
    step.attempt = attempts + 1;
    if (node.effect === 'write' || node.effect === 'idempotent-write') return this.#runEffect(step);
    return this.#attempt(step);
  }

  /** Called if no retry is left. Applies the node's error handling. */
  fail(step: Step, error: ErrorRecord): Promise<void> | void {
    const { node, place, message } = step;
    this.#noteCall(step, error);
    if (error.kind === 'unknown-outcome' && node.effect === 'write' && !isUnknownWanted(this.#job.flow, place.node, node)) {
      return this.#ending.stopWith(step, error);
    }
    if (node.onError === 'port' && node.ports.some((port) => port.name === 'error')) {
      return this.#graph.settle(step, { error: errorMessage(message, error, node.id) });
    }
    const mainPort = node.ports.find((port) => port.name !== 'error')?.name;
    if (node.onError === 'continue' && mainPort !== undefined) return this.#graph.settle(step, { [mainPort]: message });
    this.#graph.route(step, error, recordOf(step, 'failed', [], this.#deps.clock.monotonic(), error));
  }

  async #runEffect(step: Step): Promise<void> {
    const { node, place, message } = step;
    const { origin, journal } = this.#job;
    const announced = node.effect === 'write' ? { key: outwardKey(origin, node.id, place.run.path), message } : undefined;
    await journal.before(announced, recordOf(step, 'completed', [], this.#deps.clock.monotonic()));
    if (this.#job.signal.aborted) return this.#onAbort(step);
    if (this.#graph.isLost(place)) {
      if (announced) journal.refused?.({ node: node.id, scope: place.run.path });
      return this.#graph.abandon(step);
    }
    if (this.#ending.isHalted) journal.notBegun?.(step.node.id, place.run.path);
    else await this.#attempt(step);
  }

  #attempt(step: Step): Promise<void> | void {
    const { node, message, attempt } = step;
    const { run } = step.place;
    let outcome: Outcome | Promise<Outcome>;
    try {
      const scope: Scope = { message, nodes: namedPayloads(this.#job.flow, run), now: this.#job.acceptedAt, user: this.#job.user ?? step };
      outcome =
        this.#job.mock?.(node.id, message, run.path) ??
        runNodeOnce({ node, path: run.path, message, scope, attempt }, this.#factsOf(step), this.#deps);
    } catch (thrown) {
      return this.#onError(step, thrown);
    }
    if (!(outcome instanceof Promise)) return this.#onOutcome(step, outcome);
    return outcome.then(
      (settled) => this.#onOutcome(step, settled),
      (thrown: unknown) => this.#onError(step, thrown),
    );
  }

  #factsOf({ node: { effect }, stop }: Step): RunJob {
    if (!stop || effect === 'write' || effect === 'idempotent-write') return this.#job;
    return { ...this.#job, signal: AbortSignal.any([this.#job.signal, stop.signal]) };
  }

  #onOutcome(step: Step, outcome: Outcome): Promise<void> | void {
    const { node, place } = step;
    if ('reject' in outcome) {
      return node.definition.kind === 'control' ? this.fail(step, outcome.reject) : this.#afterFailure(step, outcome.reject);
    }
    if ('wait' in outcome) return step.stop?.signal.aborted ? this.#graph.abandon(step) : this.#onWait(step, outcome.wait);
    if ('reply' in outcome) {
      if (this.#ending.reply) this.#deps.log.warn('flow.second_reply_ignored', { flowId: this.#job.flow.flowId, node: node.id });
      else {
        try {
          this.#job.checkReply?.(outcome.reply);
        } catch (thrown) {
          return this.#onError(step, thrown, { fault: 'receiver' });
        }
      }
      this.#ending.noteReply(outcome.reply);
    }
    if (place.node.role === 'for-each' && 'emit' in outcome && outcome.emit) return this.#graph.openLoop(place, outcome.emit['each'] ?? []);
    this.#noteCall(step);
    const emitted = outcome.emit ?? { out: [step.message] };
    const emits: Record<string, Message> = {};
    for (const port in emitted) if (emitted[port]!.length > 0) emits[port] = emitted[port]![0]!;
    this.#ending.noteWritten(node, emits);
    return this.#graph.settle(step, emits);
  }

  /** `more`: fields that the thrown error does not have. */
  #onError(step: Step, thrown: unknown, more: Pick<ErrorRecord, 'fault'> = {}): Promise<void> | void {
    const { flow, executionId, signal, depth } = this.#job;
    // In a called flow the calling node decides, because it knows what was sent before.
    if (thrown instanceof NothingSent && depth === 0) return this.#onNothingSent(step);
    if (thrown instanceof LostExecution) throw thrown;
    const { definition } = step.node;
    const isCall = definition.kind === 'action' && definition.adapter !== undefined;
    const record = { ...toErrorRecord(thrown), ...more };
    const error = isCall ? markReceiverFault(record) : record;
    if (thrown === step.stop?.signal.reason && step.stop?.signal.aborted) return this.#graph.abandon(step);
    if (error.kind === 'bug') this.#deps.log.error('flow.node_failed', thrown, { flowId: flow.flowId, node: step.node.id, executionId });
    if (signal.aborted && (error.kind === 'transient' || thrown === signal.reason)) return this.#onAbort(step);
    return this.#afterFailure(step, error);
  }

  /**
   * Called if this process may have lost its claims before the node sent its first byte. Makes the step wait for
   * another attempt that is due at once. If this process still owns the execution, it stores this wait, and the next
   * claim starts the node again. In a sync flow, the run fails instead.
   */
  #onNothingSent(step: Step): void {
    if (!this.#job.mayWait) return this.#ending.stopWith(step, toErrorRecord(silentTooLong()));
    this.#graph.wait(step, { untilMs: this.#deps.clock.now(), attempts: step.attempt - 1, triedSince: step.triedSince });
  }

  /** Called if a cancel, the deadline or a stopping worker ended the node before it sent anything. */
  #onAbort(step: Step): void {
    const reason: unknown = this.#job.signal.reason;
    const error = toErrorRecord(reason);
    if (reason instanceof LostExecution) this.#ending.lose(reason);
    else if (error.code === 'EXECUTION_CANCELLED') this.#ending.cancel();
    // Nothing was sent: the next process starts the node again at once.
    else if (error.code === 'WORKER_STOPPING') this.#graph.wait(step, { untilMs: this.#deps.clock.now(), attempts: 0 });
    else {
      if (isDeadline(reason)) this.#noteCall(step, error);
      this.#ending.stopWith(step, error);
    }
  }

  #afterFailure(step: Step, error: ErrorRecord): Promise<void> | void {
    const { node, attempt } = step;
    const { clock, metrics } = this.#deps;
    const { maxSleepMs, mayWait, deadlineMs, origin } = this.#job;
    if (step.stop?.signal.aborted || !mayRetry(node, error, attempt)) return this.fail(step, error);
    const delayMs = retryDelayMs(node, attempt, error.retryAfterMs ?? 0, origin);
    const untilMs = clock.now() + delayMs;
    if (untilMs > step.triedSince + (node.retry.totalMs ?? Infinity)) return this.fail(step, error);
    // While a caller waits for the reply, a pause longer than the node's `capMs` counts as an error.
    if (!mayWait && (delayMs > node.retry.capMs || untilMs >= deadlineMs)) return this.fail(step, error);
    metrics.count('node_retries_total', { type: node.node.type });
    if (delayMs > maxSleepMs) {
      this.#noteCall(step, error);
      return this.#graph.wait(step, { untilMs, attempts: attempt, triedSince: step.triedSince, error });
    }
    return this.#pause(step, delayMs, () => {
      step.attempt += 1;
      return this.#attempt(step);
    });
  }

  #onWait(step: Step, wait: Extract<Outcome, { wait: unknown }>['wait']): Promise<void> | void {
    const { node, place, message } = step;
    const { clock } = this.#deps;
    const { maxSleepMs, waited: waits } = this.#job;
    const waited = waits.get(stepKey(place.run.path, node.id));
    const resumed = waited?.resumedWith;
    const now = clock.now();
    const token = 'resumeToken' in wait ? wait.resumeToken : undefined;
    const untilMs = waited?.untilMs ?? wait.untilMs ?? Number.MAX_SAFE_INTEGER;
    if (resumed) return this.#graph.settle(step, { out: withData(message, resumed.data, resumed.mediaType) });
    if (untilMs <= now) return this.#graph.settle(step, { [token === undefined ? 'out' : 'timeout']: message });
    if (token !== undefined) return this.#waitForMessage(step, token, untilMs);
    if (untilMs - now > maxSleepMs) return this.#graph.wait(step, { untilMs });
    return this.#pause(step, untilMs - now, () => this.#graph.settle(step, { out: message }));
  }

  async #waitForMessage(step: Step, resumeToken: string, untilMs: number): Promise<void> {
    const { node, place } = step;
    const holder = await this.#job.journal.waiting?.(resumeToken, stepKey(place.run.path, node.id), untilMs);
    if (holder !== undefined) return this.fail(step, tokenTaken(node, holder));
    this.#graph.wait(step, { untilMs, resumeToken });
  }

  /** Continues after the pause, unless another branch halted the run meanwhile. */
  async #pause(step: Step, delayMs: number, goOn: () => Promise<void> | void): Promise<void> {
    if (this.#ending.isHalted) return;
    try {
      const ends = [this.#job.signal, this.#ending.halting, ...(step.stop ? [step.stop.signal] : [])];
      await sleep(this.#deps.clock, delayMs, AbortSignal.any(ends));
    } catch {
      if (step.stop?.signal.aborted) this.#graph.abandon(step);
      else if (!this.#ending.isHalted) this.#onAbort(step);
      return;
    }
    if (!this.#ending.isHalted) await goOn();
  }

  /**
   * Counts one adapter call per step, however many attempts it has: when it ends, or waits for a retry. Mocked calls
   * do not count.
   */
  #noteCall({ node, place, startedMonotonic }: Step, error?: ErrorRecord): void {
    const { adapter } = node.node;
    if (adapter === undefined || this.#job.mock !== undefined) return;
    const waited = this.#job.waited.get(stepKey(place.run.path, node.id));
    // The call was counted as failed when the step started to wait.
    if ((waited?.attempts ?? 0) > 0) return;
    this.#deps.calls?.called(adapter, this.#deps.clock.monotonic() - startedMonotonic, error);
  }
}
