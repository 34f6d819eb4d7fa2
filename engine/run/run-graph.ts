/**
 * Runs an execution from its trigger until it ends or must stop. The planner decides which nodes may run; this class
 * runs them and reports to the journal. Inline and durable runs use this same runner and differ only in their journal.
 * A resumed execution starts from the trigger again. Nodes with a known outcome are skipped. Pure nodes run again and
 * give the same result, because time, randomness and tables are pinned.
 */
import type { ErrorRecord } from '../contract/values/errors.ts';
import { createMessage, type Message } from '../contract/values/message.ts';
import { Progress, type Advance, type Emits, type Ready } from '../plan/progress.ts';
import type { CompiledNode } from '../compile/compile-flow.ts';
import type { StepRecord } from '../execution/execution-document.ts';
import { keepsOutput } from '../execution/leg-payload.ts';
import { stepKey, type KnownOutcome, type RunEnd, type RunJob, type SettledStep, type WaitPoint } from '../execution/run-job.ts';
import { catches, errorMessage } from './handle-error.ts';
import type { RunDeps } from './run-deps.ts';
import { RunEnding } from './run-ending.ts';
import { branchLost } from './run-errors.ts';
import { inputOf, recordOf, recordOfSkipped, type Place, type Step } from './step.ts';
import { StepRunner, type StepGraph } from './step-runner.ts';
import { TimeSlice } from './time-slice.ts';

export function runGraph(job: RunJob, deps: RunDeps): Promise<RunEnd> {
  return new GraphRun(job, deps).toEnd();
}

class GraphRun implements StepGraph {
  readonly #job: RunJob;
  readonly #deps: RunDeps;
  readonly #progress: Progress<Message>;
  readonly #ending: RunEnding;
  readonly #steps: StepRunner;
  readonly #queue: Ready<Message>[] = [];
  readonly #waits: WaitPoint[] = [];
  readonly #slice = new TimeSlice();
  #underWay = 0;
  #isDraining = false;
  #isReplySent = false;
  /** The running steps in branches that a join may stop waiting for, by step key. */
  readonly #guarded = new Map<string, Step>();
  #finish: (end: RunEnd) => void = () => undefined;

  constructor(job: RunJob, deps: RunDeps) {
    this.#job = job;
    this.#deps = deps;
    this.#progress = new Progress(job.flow.graph, (message: Message) => message.data);
    this.#ending = new RunEnding(job, deps.clock);
    this.#steps = new StepRunner(job, deps, this.#ending, this);
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
   * Starts the ready nodes. Synchronous nodes run one after the other without yielding to the event loop, until the
   * time slice is used up.
   */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let ready = this.#queue.shift(); ready !== undefined && !this.#ending.isHalted; ready = this.#queue.shift()) {
      this.#launch(ready);
      // `isDraining` stays set until the next time slice, so that steps which end meanwhile only add to the queue.
      if (this.#slice.isOver()) return this.#slice.next(() => this.#reopen());
    }
    this.#isDraining = false;
    if (this.#underWay > 0) return;
    this.#finish(this.#ending.toEnd(this.#waits, this.#progress.isDone));
  }

  #goOn(): void {
    this.#drain();
    this.#sendReply();
  }

  #reopen(): void {
    this.#isDraining = false;
    this.#goOn();
  }

  /** Passes the reply to the caller at once, without waiting for the rest of the flow. */
  #sendReply(): void {
    const { reply } = this.#ending;
    if (reply === undefined || this.#isReplySent || this.#underWay === 0) return;
    this.#isReplySent = true;
    this.#job.onReply?.(reply);
  }

  #launch(ready: Ready<Message>): void {
    const node = this.#job.flow.nodes.get(ready.node.id)!;
    try {
      const step = this.#begin(ready, node, inputOf(ready));
      const known = this.#job.known.get(stepKey(ready.run.path, node.id));
      if (!known && this.#hasLost(ready, node)) return this.abandon(step);
      this.#job.entering?.(node.id, ready.run.path, step.message);
      const work = known ? this.#settleKnown(step, known) : this.#steps.run(step, ready.isShort);
      if (work) this.#track(work);
    } catch (thrown) {
      this.#ending.lose(thrown);
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

  /**
   * Returns true if the join no longer waits for the node's branch. Also true if an earlier claim decided that, but
   * stored no outcome of this node.
   */
  #hasLost({ node: { guard }, node, run }: Place, compiled: CompiledNode): boolean {
    if (this.#progress.isLost(node, run)) return true;
    if (guard < 0 || !keepsOutput(compiled)) return false;
    return this.#job.known.has(stepKey(run.path, this.#job.flow.graph.nodes[guard]!.id));
  }

  /**
   * Called when the join no longer waits for the node's branch. Stops the running step, unless it changes another
   * system. A running write finishes, and its outcome is stored.
   */
  #lose(place: Place): void {
    const key = stepKey(place.run.path, place.node.id);
    const step = this.#guarded.get(key);
    // The step is still queued.
    if (step === undefined) return;
    const wait = this.#waits.findIndex(({ node, path }) => stepKey(path, node) === key);
    if (wait >= 0) this.#waits.splice(wait, 1);
    step.stop!.abort(branchLost());
    if (wait >= 0 || place.node.role === 'for-each') this.abandon(step);
  }

  isLost({ node, run }: Place): boolean {
    return this.#progress.isLost(node, run);
  }

  openLoop({ node, run }: Place, items: readonly Message[]): void {
    this.#take(this.#progress.openLoop(node, run, items));
  }

  abandon({ place, node }: Step): void {
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
      this.#ending.lose(thrown);
      goOn();
    });
  }

  #settleKnown(step: Step, known: KnownOutcome): void {
    if ('emits' in known) {
      this.#ending.noteWritten(step.node, known.emits);
      this.#take(this.#progress.settle(step.place.node, step.place.run, known.emits));
    } else this.route(step, known.error, undefined);
  }

  settle(step: Step, emits: Emits<Message>): Promise<void> | void {
    const { node, place } = step;
    const record = recordOf(step, 'completed', Object.keys(emits), this.#deps.clock.monotonic());
    const stored = this.#tell({ record, node, emits });
    if (!stored) {
      this.#take(this.#progress.settle(place.node, place.run, emits));
      return;
    }
    return stored.then(() => this.#take(this.#progress.settle(place.node, place.run, emits)));
  }

  wait({ node, place }: Step, point: Omit<WaitPoint, 'node' | 'path'>): void {
    this.#waits.push({ node: node.id, path: place.run.path, ...point });
  }

  route(step: Step, error: ErrorRecord, record: StepRecord | undefined): void {
    const { node, place, message } = step;
    const { nodes } = this.#job.flow;
    const route = this.#progress.fail(
      place.node,
      place.run,
      error,
      (candidate) => catches(nodes.get(candidate.id)!, error),
      () => errorMessage(message, error, node.id),
    );
    if (route.to === 'execution') return this.#ending.stopWith(step, error);
    if (route.to === 'loop') {
      // Nodes after the loop must start only after the failed step is recorded.
      const wasDraining = this.#isDraining;
      this.#isDraining = true;
      const work = this.#steps.fail(this.#begin(route, nodes.get(route.node.id)!, message), error);
      this.#isDraining = wasDraining;
      if (work) this.#track(work);
    }
    // Do not settle an item that stops the whole run: if a person retries the execution, the item must run again.
    const isStopped = this.#ending.isHalted && (route.to === 'loop' || route.to === 'nowhere');
    if (record && !isStopped) this.#note({ record, node, emits: undefined });
    else if (record && node.effect === 'write' && error.kind !== 'unknown-outcome') this.#job.journal.refused?.(record);
    if (route.to === 'catch') this.#queue.push(route.ready);
    if (route.to === 'catch' || route.to === 'item' || route.to === 'join') this.#take(route.advance);
  }

  /**
   * Records a step without making other steps wait until it is stored. If it cannot be stored, the run ends as `lost`.
   */
  #note(step: SettledStep): void {
    const stored = this.#tell(step);
    if (stored) this.#track(stored);
  }

  #tell(step: SettledStep): Promise<void> | void {
    this.#job.tally?.step(step.record);
    return this.#job.journal.settled(step);
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
      const work = this.settle(this.#begin(loop, nodes.get(loop.node.id)!, done), { done });
      if (work) this.#track(work);
    }
    this.#drain();
  }
}
