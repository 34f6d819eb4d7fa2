/**
 * Runs an execution from its trigger until it ends or must stop. The planner decides what may run; this class runs it
 * and reports to the journal. Inline and durable runs use the same runner and differ only in their journal. A resumed
 * execution starts from the trigger again. Nodes with a known outcome are skipped. Pure nodes run again and give the
 * same result, because time, randomness and tables are pinned.
 */
import { sleep } from '../contract/values/clock.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';
import { createMessage, withData, type Message } from '../contract/values/message.ts';
import type { Outcome, Reply, Scope } from '../contract/node/node.ts';
import { Progress, type Advance, type Emits, type Ready } from '../plan/progress.ts';
import type { CompiledNode } from '../compile/compile-flow.ts';
import type { StepRecord } from '../execution/execution-document.ts';
import { LostExecution, NothingSent } from '../execution/lost-execution.ts';
import {
  catches,
  errorMessage,
  isHeldAfterWrite,
  isUnknownWanted,
  mayRetry,
  retryDelayMs,
  unroutedEnd,
  type Achieved,
  type Stop,
} from './handle-error.ts';
import { writtenBy } from '../execution/done-writes.ts';
import {
  stepKey,
  type KnownOutcome,
  type RunEnd,
  type RunJob,
  type SettledStep,
  type TokenHolder,
  type WaitPoint,
  type Written,
} from '../execution/run-job.ts';
import { runNodeOnce } from './run-node.ts';
import { outwardKey } from './node-context.ts';
import type { RunDeps } from './run-deps.ts';
import { keepsOutput } from '../execution/leg-payload.ts';
import { branchLost, isDeadline, noReply, silentTooLong } from './run-errors.ts';
import { inputOf, namedPayloads, recordOf, recordOfSkipped, type Place, type Step } from './step.ts';
import { TimeSlice } from './time-slice.ts';

export function runGraph(job: RunJob, deps: RunDeps): Promise<RunEnd> {
  return new GraphRun(job, deps).toEnd();
}

class GraphRun {
  readonly #job: RunJob;
  readonly #deps: RunDeps;
  readonly #progress: Progress<Message>;
  readonly #queue: Ready<Message>[] = [];
  readonly #waits: WaitPoint[] = [];
  readonly #slice = new TimeSlice();
  #underWay = 0;
  #isDraining = false;
  #reply: Reply | undefined;
  #isReplyTold = false;
  #written: Written | undefined;
  #halt: RunEnd | undefined;
  #stop: Stop | undefined;
  /** Pauses of branches; a halt aborts them. */
  readonly #pauses = new Set<AbortController>();
  /** Running steps in branches that may lose, by step key. */
  readonly #guarded = new Map<string, Step>();
  #finish: (end: RunEnd) => void = () => undefined;

  constructor(job: RunJob, deps: RunDeps) {
    this.#job = job;
    this.#deps = deps;
    this.#progress = new Progress(job.flow.graph, (message: Message) => message.data);
  }

  toEnd(): Promise<RunEnd> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      const { flow, input } = this.#job;
      this.#take(this.#progress.start(flow.triggerPort, input));
      this.#goOn();
    });
  }

  /**
   * Runs what is ready. Synchronous nodes follow each other without yielding to the event loop, until the time slice
   * is used up.
   */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let ready = this.#queue.shift(); ready !== undefined && !this.#halt; ready = this.#queue.shift()) {
      this.#launch(ready);
      // `isDraining` stays set until then: what ends in between only adds to the queue.
      if (this.#slice.isOver()) return this.#slice.next(() => this.#reopen());
    }
    this.#isDraining = false;
    if (this.#underWay > 0) return;
    const waits = this.#waits;
    const waiting: RunEnd = { status: 'waiting', waits, reply: this.#reply };
    const halt = this.#haltEnd();
    if (halt?.status === 'held') this.#finish({ ...halt, waits });
    else this.#finish(halt ?? (waits.length > 0 ? waiting : this.#ended()));
  }

  /** Computed at the very end: a write in another branch may have finished after the run was stopped. */
  #haltEnd(): RunEnd | undefined {
    const halt = this.#halt;
    if (halt?.status === 'cancelled') return { ...halt, hasWritten: this.#written !== undefined };
    const isStopped = halt !== undefined && halt.status !== 'lost';
    return isStopped && this.#stop ? unroutedEnd(this.#stop, this.#job, this.#achieved) : halt;
  }

  get #achieved(): Achieved {
    return { reply: this.#reply, written: this.#written };
  }

  #ended(): RunEnd {
    const held = {
      status: 'held',
      node: '',
      path: '',
      outcomeKnown: true,
      reply: this.#reply,
      hasWritten: this.#written !== undefined,
    } as const;
    if (!this.#progress.isDone) {
      const error = new AppError('PLAN_STUCK', 'bug', 'The flow has nothing left to run but is not done.');
      return { ...held, error: toErrorRecord(error) };
    }
    const error = noReply(this.#job.flow);
    return isHeldAfterWrite(error, this.#job, this.#achieved)
      ? { ...held, error, isFailedAfterWrite: true }
      : { status: 'completed', reply: this.#reply };
  }

  #goOn(): void {
    this.#drain();
    this.#tellReply();
  }

  #reopen(): void {
    this.#isDraining = false;
    this.#goOn();
  }

  /** The caller gets the reply now and does not wait for the rest of the flow. */
  #tellReply(): void {
    if (this.#reply === undefined || this.#isReplyTold || this.#underWay === 0) return;
    this.#isReplyTold = true;
    this.#job.onReply?.(this.#reply);
  }

  /** Starts nothing new; waits for calls in flight. */
  #haltWith(end: RunEnd): void {
    this.#halt = end;
    for (const pause of this.#pauses) pause.abort();
  }

  /** Continues after the pause, unless the run was halted meanwhile, because another branch has ended it. */
  async #pause(step: Step, delayMs: number, goOn: () => Promise<void> | void): Promise<void> {
    if (this.#halt) return;
    const pause = new AbortController();
    this.#pauses.add(pause);
    try {
      const ends = [this.#job.signal, pause.signal, ...(step.stop ? [step.stop.signal] : [])];
      await sleep(this.#deps.clock, delayMs, AbortSignal.any(ends));
    } catch {
      if (step.stop?.signal.aborted) this.#abandon(step);
      else if (!this.#halt) this.#onAbort(step);
      return;
    } finally {
      this.#pauses.delete(pause);
    }
    if (!this.#halt) await goOn();
  }

  #launch(ready: Ready<Message>): void {
    const node = this.#job.flow.nodes.get(ready.node.id)!;
    try {
      const step = this.#begin(ready, node, inputOf(ready));
      const known = this.#job.known.get(stepKey(ready.run.path, node.id));
      if (!known && this.#hasLost(ready, node)) return this.#abandon(step);
      this.#job.entering?.(node.id, ready.run.path, step.message);
      const work = known ? this.#settleKnown(step, known) : this.#run(step, ready.isShort);
      if (work) this.#track(work);
    } catch (thrown) {
      this.#lost(thrown);
    }
  }

  #begin(place: Place, node: CompiledNode, message: Message): Step {
    const { clock } = this.#deps;
    const startedAt = clock.now();
    const step = { place, node, message, startedAt, startedMonotonic: clock.monotonic(), attempt: 1, triedSince: startedAt };
    if (place.node.guard < 0) return step;
    const guarded = { ...step, stop: new AbortController() };
    this.#guarded.set(stepKey(place.run.path, node.id), guarded);
    return guarded;
  }

  /** Whether its branch has lost. Also true if an earlier claim decided that but stored no outcome of this node. */
  #hasLost({ node: { guard }, node, run }: Place, compiled: CompiledNode): boolean {
    if (this.#progress.isLost(node, run)) return true;
    if (guard < 0 || !keepsOutput(compiled)) return false;
    return this.#job.known.has(stepKey(run.path, this.#job.flow.graph.nodes[guard]!.id));
  }

  /**
   * Called when its branch lost. A step that changes nothing outside is stopped. A running write finishes, and its
   * outcome is kept.
   */
  #lose(place: Place): void {
    const key = stepKey(place.run.path, place.node.id);
    const step = this.#guarded.get(key);
    // The step is still queued.
    if (step === undefined) return;
    const wait = this.#waits.findIndex(({ node, path }) => stepKey(path, node) === key);
    if (wait >= 0) this.#waits.splice(wait, 1);
    step.stop!.abort(branchLost());
    if (wait >= 0 || place.node.role === 'for-each') this.#abandon(step);
  }

  #abandon({ place, node }: Step): void {
    this.#guarded.delete(stepKey(place.run.path, node.id));
    this.#note({ record: recordOfSkipped(place, this.#deps.clock.now()), node, emits: undefined });
    this.#take(this.#progress.abandon(place.node, place.run));
  }

  #track(work: Promise<void>): void {
    this.#underWay += 1;
    const goOn = () => {
      this.#underWay -= 1;
      this.#goOn();
    };
    work.then(goOn, (thrown: unknown) => {
      this.#lost(thrown);
      goOn();
    });
  }

  #lost(thrown: unknown): void {
    this.#haltWith({ status: 'lost', cause: thrown });
  }

  #settleKnown(step: Step, known: KnownOutcome): void {
    if ('emits' in known) {
      this.#noteWritten(step.node, known.emits);
      this.#take(this.#progress.settle(step.place.node, step.place.run, known.emits));
    } else this.#routeError(step, known.error, undefined);
  }

  #run(step: Step, isShort: boolean): Promise<void> | void {
    const { node, place } = step;
    if (isShort) return this.#settleError(step, place.node.join?.first === undefined ? tooFewArrived(node) : allFailed(node, step.message));
    const waited = this.#job.waited.get(stepKey(place.run.path, node.id));
    const attempts = waited?.attempts ?? 0;
    if (attempts > 0) step.triedSince = waited!.triedSince ?? step.startedAt;
    if (attempts > 0 && waited!.untilMs > step.startedAt)
      return this.#wait(step, { untilMs: waited!.untilMs, attempts, triedSince: step.triedSince });
    step.attempt = attempts + 1;
    if (node.effect === 'write' || node.effect === 'idempotent-write') return this.#runEffect(step);
    return this.#attempt(step);
  }

  async #runEffect(step: Step): Promise<void> {
    const { node, place, message } = step;
    const { origin, journal } = this.#job;
    const announced = node.effect === 'write' ? { key: outwardKey(origin, node.id, place.run.path), message } : undefined;
    await journal.before(announced, recordOf(step, 'completed', [], this.#deps.clock.monotonic()));
    if (this.#job.signal.aborted) return this.#onAbort(step);
    if (this.#progress.isLost(place.node, place.run)) {
      if (announced) journal.refused?.({ node: node.id, scope: place.run.path });
      return this.#abandon(step);
    }
    if (this.#halt) journal.notBegun?.(step.node.id, place.run.path);
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
      return node.definition.kind === 'control' ? this.#settleError(step, outcome.reject) : this.#afterFailure(step, outcome.reject);
    }
    if ('wait' in outcome) return step.stop?.signal.aborted ? this.#abandon(step) : this.#onWait(step, outcome.wait);
    if ('reply' in outcome) {
      if (this.#reply) this.#deps.log.warn('flow.second_reply_ignored', { flowId: this.#job.flow.flowId, node: node.id });
      this.#reply ??= outcome.reply;
    }
    if (place.node.role === 'for-each' && 'emit' in outcome && outcome.emit) {
      this.#take(this.#progress.openLoop(place.node, place.run, outcome.emit['each'] ?? []));
      return;
    }
    this.#noteCall(step);
    const emitted = outcome.emit ?? { out: [step.message] };
    const emits: Record<string, Message> = {};
    for (const port in emitted) if (emitted[port]!.length > 0) emits[port] = emitted[port]![0]!;
    this.#noteWritten(node, emits);
    return this.#settle(step, emits);
  }

  /**
   * Counts one adapter call per step, whatever the number of attempts: when it ends, or waits for a retry. Mocked
   * calls do not count.
   */
  #noteCall({ node, place, startedMonotonic }: Step, error?: ErrorRecord): void {
    const { adapter } = node.node;
    if (adapter === undefined || this.#job.mock !== undefined) return;
    const waited = this.#job.waited.get(stepKey(place.run.path, node.id));
    // It was counted as failed when it began to wait.
    if ((waited?.attempts ?? 0) > 0) return;
    this.#deps.calls?.called(adapter, this.#deps.clock.monotonic() - startedMonotonic, error);
  }

  #noteWritten(node: CompiledNode, emits: Emits<Message>): void {
    const written = writtenBy(node, emits);
    if (written !== undefined && this.#written !== 'write') this.#written = written;
  }

  #settle(step: Step, emits: Emits<Message>): Promise<void> | void {
    const { node, place } = step;
    const record = recordOf(step, 'completed', Object.keys(emits), this.#deps.clock.monotonic());
    const stored = this.#tell({ record, node, emits });
    if (!stored) {
      this.#take(this.#progress.settle(place.node, place.run, emits));
      return;
    }
    return stored.then(() => this.#take(this.#progress.settle(place.node, place.run, emits)));
  }

  #onError(step: Step, thrown: unknown): Promise<void> | void {
    const { flow, executionId, signal, depth } = this.#job;
    // In a called flow the calling node decides, because it knows what was sent before.
    if (thrown instanceof NothingSent && depth === 0) return this.#onNothingSent(step);
    if (thrown instanceof LostExecution) throw thrown;
    const error = toErrorRecord(thrown);
    if (thrown === step.stop?.signal.reason && step.stop?.signal.aborted) return this.#abandon(step);
    if (error.kind === 'bug') this.#deps.log.error('flow.node_failed', thrown, { flowId: flow.flowId, node: step.node.id, executionId });
    if (signal.aborted && (error.kind === 'transient' || thrown === signal.reason)) return this.#onAbort(step);
    return this.#afterFailure(step, error);
  }

  /**
   * This process may have been given up before the first byte was sent. If it was not, the end is stored, and the
   * next claim starts the node at once.
   */
  #onNothingSent(step: Step): void {
    if (!this.#job.mayWait) return this.#stopWith(step, toErrorRecord(silentTooLong()));
    this.#wait(step, { untilMs: this.#deps.clock.now(), attempts: step.attempt - 1, triedSince: step.triedSince });
  }

  /** A cancel, the deadline or a drain ended the node before it sent anything. */
  #onAbort(step: Step): void {
    const reason: unknown = this.#job.signal.reason;
    const error = toErrorRecord(reason);
    if (reason instanceof LostExecution) this.#lost(reason);
    else if (error.code === 'EXECUTION_CANCELLED')
      this.#haltWith(this.#halt ?? { status: 'cancelled', isUnknown: false, hasWritten: false });
    // Nothing was sent: the next process starts the node again at once.
    else if (error.code === 'WORKER_STOPPING') this.#wait(step, { untilMs: this.#deps.clock.now(), attempts: 0 });
    else {
      if (isDeadline(reason)) this.#noteCall(step, error);
      this.#stopWith(step, error);
    }
  }

  #afterFailure(step: Step, error: ErrorRecord): Promise<void> | void {
    const { node, attempt } = step;
    const { clock, metrics } = this.#deps;
    const { maxSleepMs, mayWait, deadlineMs, origin } = this.#job;
    if (step.stop?.signal.aborted || !mayRetry(node, error, attempt)) return this.#settleError(step, error);
    const delayMs = retryDelayMs(node, attempt, error.retryAfterMs ?? 0, origin);
    const untilMs = clock.now() + delayMs;
    if (untilMs > step.triedSince + (node.retry.totalMs ?? Infinity)) return this.#settleError(step, error);
    const isSlept = delayMs <= maxSleepMs;
    // While a caller waits for the reply, a pause longer than the node's own cap is an error.
    const isTooLong = !mayWait && delayMs > node.retry.capMs;
    if (isSlept && (isTooLong || untilMs >= deadlineMs)) return this.#settleError(step, error);
    metrics.count('node_retries_total', { type: node.node.type });
    if (!isSlept) {
      this.#noteCall(step, error);
      return this.#wait(step, { untilMs, attempts: attempt, triedSince: step.triedSince, error });
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
    if (resumed) return this.#settle(step, { out: withData(message, resumed.data, resumed.mediaType) });
    if (untilMs <= now) return this.#settle(step, { [token === undefined ? 'out' : 'timeout']: message });
    if (token !== undefined) return this.#waitForMessage(step, token, untilMs);
    if (untilMs - now > maxSleepMs) return this.#wait(step, { untilMs });
    return this.#pause(step, untilMs - now, () => this.#settle(step, { out: message }));
  }

  async #waitForMessage(step: Step, resumeToken: string, untilMs: number): Promise<void> {
    const { node, place } = step;
    const holder = await this.#job.journal.waiting?.(resumeToken, stepKey(place.run.path, node.id), untilMs);
    if (holder !== undefined) return this.#settleError(step, tokenTaken(node, holder));
    this.#wait(step, { untilMs, resumeToken });
  }

  /** The run continues with its other branches, and ends as `waiting`. */
  #wait({ node, place }: Step, point: Omit<WaitPoint, 'node' | 'path'>): void {
    this.#waits.push({ node: node.id, path: place.run.path, ...point });
  }

  /** Called when no retry is left. */
  #settleError(step: Step, error: ErrorRecord): Promise<void> | void {
    const { node, place, message } = step;
    this.#noteCall(step, error);
    if (error.kind === 'unknown-outcome' && node.effect === 'write' && !isUnknownWanted(this.#job.flow, place.node, node)) {
      return this.#stopWith(step, error);
    }
    if (node.onError === 'port' && node.ports.some((port) => port.name === 'error')) {
      return this.#settle(step, { error: errorMessage(message, error, node.id) });
    }
    const mainPort = node.ports.find((port) => port.name !== 'error')?.name;
    if (node.onError === 'continue' && mainPort !== undefined) return this.#settle(step, { [mainPort]: message });
    this.#routeError(step, error, recordOf(step, 'failed', [], this.#deps.clock.monotonic(), error));
  }

  #routeError(step: Step, error: ErrorRecord, record: StepRecord | undefined): void {
    const { node, place, message } = step;
    const { nodes } = this.#job.flow;
    const route = this.#progress.fail(
      place.node,
      place.run,
      error,
      (candidate) => catches(nodes.get(candidate.id)!, error),
      () => errorMessage(message, error, node.id),
    );
    if (route.to === 'execution') return this.#stopWith(step, error);
    if (route.to === 'loop') {
      // Nodes behind the loop start only after the failed step is recorded.
      const wasDraining = this.#isDraining;
      this.#isDraining = true;
      const work = this.#settleError(this.#begin(route, nodes.get(route.node.id)!, message), error);
      this.#isDraining = wasDraining;
      if (work) this.#track(work);
    }
    // An item that stops the whole run is not settled, because a person who retries the execution wants it tried
    // again.
    const isStopped = this.#halt !== undefined && (route.to === 'loop' || route.to === 'nowhere');
    if (record && !isStopped) this.#note({ record, node, emits: undefined });
    else if (record && node.effect === 'write' && error.kind !== 'unknown-outcome') this.#job.journal.refused?.(record);
    if (route.to === 'catch') this.#queue.push(route.ready);
    if (route.to === 'catch' || route.to === 'item' || route.to === 'join') this.#take(route.advance);
  }

  /** Records a step that nothing waits for. A failure to store it still ends the run. */
  #note(step: SettledStep): void {
    const stored = this.#tell(step);
    if (stored) this.#track(stored);
  }

  #tell(step: SettledStep): Promise<void> | void {
    this.#job.tally?.step(step.record);
    return this.#job.journal.settled(step);
  }

  /** Called when no route of the flow handles the error. */
  #stopWith(step: Step, error: ErrorRecord): void {
    // An unknown outcome takes precedence over any other reason to end, except `lost`.
    const isOutweighed = error.kind === 'unknown-outcome' && this.#halt?.status !== 'lost';
    if (this.#halt !== undefined && !isOutweighed) return;
    this.#stop = { error, step, record: recordOf(step, 'failed', [], this.#deps.clock.monotonic()) };
    this.#haltWith(unroutedEnd(this.#stop, this.#job, this.#achieved));
  }

  #take(advance: Advance<Message>): void {
    const { nodes } = this.#job.flow;
    for (const place of advance.skipped) {
      const record = recordOfSkipped(place, this.#deps.clock.now());
      this.#note({ record, node: nodes.get(place.node.id)!, emits: undefined });
    }
    for (const ready of advance.ready) this.#queue.push(ready);
    for (const place of advance.lost) this.#lose(place);
    for (const loop of advance.finishedLoops) {
      const done = createMessage(loop.results);
      const work = this.#settle(this.#begin(loop, nodes.get(loop.node.id)!, done), { done });
      if (work) this.#track(work);
    }
    this.#drain();
  }
}

function tooFewArrived({ id }: CompiledNode): ErrorRecord {
  return toErrorRecord(
    new AppError('JOIN_NOT_ENOUGH', 'input', `Fewer branches arrived at join ${id} than it demands.`, { values: { node: id } }),
  );
}

/** `message`: the error of each branch, by the node it came from. */
function allFailed({ id }: CompiledNode, { data }: Message): ErrorRecord {
  const failures = Object.values(data as Readonly<Record<string, { readonly error?: ErrorRecord; readonly node?: string }>>);
  const causes = failures.flatMap(({ error, node }) => (error === undefined ? [] : [{ error, node }]));
  const kinds = new Set(causes.map(({ error }) => error.kind));
  const kind = kinds.has('bug') ? 'bug' : kinds.size === 1 && kinds.has('transient') ? 'transient' : 'input';
  const codes = causes.map(({ error }) => error.code).join(', ');
  return toErrorRecord(
    new AppError('JOIN_ALL_FAILED', kind, `All branches of join ${id} failed: ${codes}.`, {
      values: { node: id, codes },
      fix: 'See why each of them failed.',
      issues: causes.map(({ error: { code, message }, node }) => ({
        path: '',
        code,
        message,
        severity: 'error',
        ...(node === undefined ? {} : { node }),
      })),
    }),
  );
}

/** Does not show the token: it may be a patient's number. */
function tokenTaken({ id }: CompiledNode, { execution, step }: TokenHolder): ErrorRecord {
  return toErrorRecord(
    new AppError('WAIT_TOKEN_TAKEN', 'input', `Node ${id} cannot wait under its token: step ${step} of execution ${execution} has it.`, {
      values: { node: id, step, execution },
      fix: 'Make the token unique within the flow, for example with the sender and the step in it; let this one go on when that execution has ended.',
    }),
  );
}
