/**
 * Runs an execution from its trigger to where it ends or must stop: the planner says what may run, this runs it and tells the journal.
 * Inline and durable ways use the same runner; they differ in their journal alone. An execution that is taken up again starts here anew:
 * nodes whose outcome is known are not run again, pure ones are, and give the same, since their time, randomness and tables are pinned.
 */
import { AppError, toErrorRecord, type ErrorRecord } from '../contract/errors.ts';
import { createMessage, withData, type Message } from '../contract/message.ts';
import type { Outcome, Reply, Scope } from '../contract/node.ts';
import type { GraphNode } from '../plan/flow-graph.ts';
import { Progress, type Advance, type BodyRun, type Emits, type Ready } from '../plan/progress.ts';
import type { CompiledNode } from './compile-flow.ts';
import type { StepRecord } from './execution-document.ts';
import { LostExecution } from './lost-execution.ts';
import { catches, errorMessage, namesUnknown, retryDelayMs } from './handle-error.ts';
import { stepKey, type KnownOutcome, type RunEnd, type RunJob, type SettledStep, type WaitPoint } from './run-job.ts';
import { outwardKey, runNodeOnce, type RunDeps } from './run-node.ts';

export function runGraph(job: RunJob, deps: RunDeps): Promise<RunEnd> {
  return new GraphRun(job, deps).toEnd();
}

const NO_NODES: Readonly<Record<string, unknown>> = {};

class GraphRun {
  readonly #job: RunJob;
  readonly #deps: RunDeps;
  readonly #progress: Progress<Message>;
  readonly #queue: Ready<Message>[] = [];
  readonly #waits: WaitPoint[] = [];
  #underWay = 0;
  #isDraining = false;
  #reply: Reply | undefined;
  #halt: RunEnd | undefined;
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
      this.#drain();
    });
  }

  /** Works off what may run; synchronous nodes follow one another without a turn of the event loop. */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let ready = this.#queue.shift(); ready !== undefined && !this.#halt; ready = this.#queue.shift()) this.#launch(ready);
    this.#isDraining = false;
    if (this.#underWay > 0) return;
    const waiting: RunEnd = { status: 'waiting', waits: this.#waits, reply: this.#reply };
    this.#finish(this.#halt ?? (this.#waits.length > 0 ? waiting : this.#ended()));
  }

  #ended(): RunEnd {
    if (this.#progress.isDone) return { status: 'completed', reply: this.#reply };
    const error = new AppError('PLAN_STUCK', 'bug', 'The flow has nothing left to run but is not done.');
    return { status: 'held', error: toErrorRecord(error), node: '', path: '', outcomeKnown: true };
  }

  #launch(ready: Ready<Message>): void {
    const node = this.#job.flow.nodes.get(ready.node.id)!;
    try {
      this.#job.entering?.(node.id, ready.run.path, this.#inputOf(ready));
      const known = this.#job.known.get(stepKey(ready.run.path, node.id));
      const work = known ? this.#settleKnown(ready, node, known) : this.#run(ready, node);
      if (work) this.#track(work);
    } catch (thrown) {
      this.#lost(thrown);
    }
  }

  #track(work: Promise<void>): void {
    this.#underWay += 1;
    const goOn = () => {
      this.#underWay -= 1;
      this.#drain();
    };
    work.then(goOn, (thrown: unknown) => {
      this.#lost(thrown);
      goOn();
    });
  }

  #lost(thrown: unknown): void {
    this.#halt = { status: 'lost', cause: thrown };
  }

  #settleKnown(ready: Ready<Message>, node: CompiledNode, known: KnownOutcome): void {
    if ('emits' in known) this.#take(this.#progress.settle(ready.node, ready.run, known.emits));
    else this.#routeError(ready, node, this.#inputOf(ready), known.error, undefined);
  }

  #run(ready: Ready<Message>, node: CompiledNode): Promise<void> | void {
    const message = this.#inputOf(ready);
    const started = { at: this.#deps.clock.now(), monotonic: this.#deps.clock.monotonic() };
    if (ready.isShort) {
      const error = new AppError('JOIN_NOT_ENOUGH', 'input', `Fewer branches arrived at join ${node.id} than it demands.`, {
        values: { node: node.id },
      });
      return this.#settleError(ready, node, message, toErrorRecord(error), 1, started);
    }
    const waited = this.#job.waited.get(stepKey(ready.run.path, node.id));
    const attempts = waited?.attempts ?? 0;
    if (attempts > 0 && waited!.untilMs > started.at) {
      this.#waits.push({ node: node.id, path: ready.run.path, untilMs: waited!.untilMs, attempts });
      return;
    }
    const attempt = attempts + 1;
    if (node.effect === 'write' || node.effect === 'idempotent-write') return this.#runEffect(ready, node, message, attempt, started);
    return this.#attempt(ready, node, message, attempt, started);
  }

  async #runEffect(ready: Ready<Message>, node: CompiledNode, message: Message, attempt: number, started: Started): Promise<void> {
    const { origin, journal } = this.#job;
    const { path } = ready.run;
    const intent =
      node.effect === 'write'
        ? { node: node.id, scope: path, key: outwardKey(origin, node.id, path), digest: digestOf(message), at: started.at }
        : undefined;
    await journal.before(intent, stepRecord(node, path, 'completed', [], started, this.#deps.clock.monotonic(), attempt));
    if (this.#job.signal.aborted) {
      this.#onAbort(ready, node);
      return;
    }
    await this.#attempt(ready, node, message, attempt, started);
  }

  #attempt(ready: Ready<Message>, node: CompiledNode, message: Message, attempt: number, started: Started): Promise<void> | void {
    let outcome: Outcome | Promise<Outcome>;
    try {
      const scope: Scope = { message, nodes: this.#nodesOf(ready.run), now: this.#job.acceptedAt };
      outcome =
        this.#job.mock?.(node.id, message, ready.run.path) ??
        runNodeOnce({ node, path: ready.run.path, message, scope, attempt }, this.#job, this.#deps);
    } catch (thrown) {
      return this.#onError(ready, node, message, thrown, attempt, started);
    }
    if (!(outcome instanceof Promise)) return this.#onOutcome(ready, node, message, outcome, attempt, started);
    return outcome.then(
      (settled) => this.#onOutcome(ready, node, message, settled, attempt, started),
      (thrown: unknown) => this.#onError(ready, node, message, thrown, attempt, started),
    );
  }

  #onOutcome(
    ready: Ready<Message>,
    node: CompiledNode,
    message: Message,
    outcome: Outcome,
    attempt: number,
    started: Started,
  ): Promise<void> | void {
    if ('reject' in outcome) {
      if (node.definition.kind === 'control') return this.#settleError(ready, node, message, outcome.reject, attempt, started);
      return this.#afterFailure(ready, node, message, outcome.reject, attempt, started);
    }
    if ('wait' in outcome) return this.#onWait(ready, node, message, outcome.wait, attempt, started);
    if ('reply' in outcome) {
      if (this.#reply) this.#deps.log.warn('flow.second_reply_ignored', { flowId: this.#job.flow.flowId, node: node.id });
      this.#reply ??= outcome.reply;
    }
    if (ready.node.role === 'for-each' && 'emit' in outcome && outcome.emit) {
      this.#take(this.#progress.openLoop(ready.node, ready.run, outcome.emit['each'] ?? []));
      return;
    }
    const emitted = outcome.emit ?? { out: [message] };
    const emits: Record<string, Message> = {};
    for (const port in emitted) if (emitted[port]!.length > 0) emits[port] = emitted[port]![0]!;
    return this.#settle(ready.node, ready.run, node, emits, attempt, started);
  }

  #settle(
    graphNode: GraphNode,
    run: BodyRun<Message>,
    node: CompiledNode,
    emits: Emits<Message>,
    attempt: number,
    started: Started,
  ): Promise<void> | void {
    const record = stepRecord(node, run.path, 'completed', Object.keys(emits), started, this.#deps.clock.monotonic(), attempt);
    const stored = this.#tell({ record, node, emits });
    if (!stored) {
      this.#take(this.#progress.settle(graphNode, run, emits));
      return;
    }
    return stored.then(() => this.#take(this.#progress.settle(graphNode, run, emits)));
  }

  #onError(
    ready: Ready<Message>,
    node: CompiledNode,
    message: Message,
    thrown: unknown,
    attempt: number,
    started: Started,
  ): Promise<void> | void {
    if (thrown instanceof LostExecution) throw thrown;
    const error = toErrorRecord(thrown);
    if (error.kind === 'bug')
      this.#deps.log.error('flow.node_failed', thrown, {
        flowId: this.#job.flow.flowId,
        node: node.id,
        executionId: this.#job.executionId,
      });
    const { signal } = this.#job;
    if (signal.aborted && (error.kind === 'transient' || thrown === signal.reason)) {
      this.#onAbort(ready, node);
      return;
    }
    return this.#afterFailure(ready, node, message, error, attempt, started);
  }

  /** Cancel, deadline or drain ended the node before it sent anything. */
  #onAbort(ready: Ready<Message>, node: CompiledNode): void {
    const reason: unknown = this.#job.signal.reason;
    const error = toErrorRecord(reason);
    if (reason instanceof LostExecution) this.#halt = { status: 'lost', cause: reason };
    else if (error.code === 'EXECUTION_CANCELLED') this.#halt ??= { status: 'cancelled' };
    else if (error.code === 'WORKER_STOPPING') {
      // Nothing was sent: the next process begins the node anew, at once.
      this.#waits.push({ node: node.id, path: ready.run.path, untilMs: this.#deps.clock.now(), attempts: 0 });
    } else this.#stopWith(ready, node, error);
  }

  #afterFailure(
    ready: Ready<Message>,
    node: CompiledNode,
    message: Message,
    error: ErrorRecord,
    attempt: number,
    started: Started,
  ): Promise<void> | void {
    // Not knowing is as good as not done where doing it again with the same key is the same as doing it once.
    const kind = error.kind === 'unknown-outcome' && node.effect !== 'write' ? 'transient' : error.kind;
    if (kind !== 'transient' || !node.retry.on.includes(kind) || attempt > node.retry.max) {
      return this.#settleError(ready, node, message, error, attempt, started);
    }
    const delayMs = retryDelayMs(node, attempt, error.retryAfterMs ?? 0, this.#job.origin);
    const now = this.#deps.clock.now();
    if (delayMs <= this.#job.maxSleepMs) {
      // Where somebody waits for the answer, a pause longer than the node's own bound is an error now.
      const isTooLong = !this.#job.mayWait && delayMs > node.retry.capMs;
      if (isTooLong || now + delayMs >= this.#job.deadlineMs) return this.#settleError(ready, node, message, error, attempt, started);
      this.#countRetry(node);
      return this.#sleep(delayMs).then((slept) =>
        slept ? this.#attempt(ready, node, message, attempt + 1, started) : this.#onAbort(ready, node),
      );
    }
    this.#countRetry(node);
    this.#waits.push({ node: node.id, path: ready.run.path, untilMs: now + delayMs, attempts: attempt });
  }

  #countRetry({ node }: CompiledNode): void {
    this.#deps.metrics.count('node_retries_total', { type: node.type });
  }

  #onWait(
    ready: Ready<Message>,
    node: CompiledNode,
    message: Message,
    wait: Extract<Outcome, { wait: unknown }>['wait'],
    attempt: number,
    started: Started,
  ): Promise<void> | void {
    const waited = this.#job.waited.get(stepKey(ready.run.path, node.id));
    const resumed = waited?.resumedWith;
    const now = this.#deps.clock.now();
    const token = 'resumeToken' in wait ? wait.resumeToken : undefined;
    const untilMs = waited?.untilMs ?? wait.untilMs ?? Number.MAX_SAFE_INTEGER;
    const over = (port: string, emitted: Message) => this.#settle(ready.node, ready.run, node, { [port]: emitted }, attempt, started);
    if (resumed) return over('out', withData(message, resumed.data, resumed.mediaType));
    if (untilMs <= now) return over(token === undefined ? 'out' : 'timeout', message);
    if (token === undefined && untilMs - now <= this.#job.maxSleepMs) {
      return this.#sleep(untilMs - now).then((slept) => (slept ? over('out', message) : this.#onAbort(ready, node)));
    }
    this.#waits.push({ node: node.id, path: ready.run.path, untilMs, ...(token === undefined ? {} : { resumeToken: token }) });
  }

  /** Answers false when the run was ended meanwhile. */
  #sleep(delayMs: number): Promise<boolean> {
    const { signal } = this.#job;
    return new Promise((resolve) => {
      const onAbort = () => {
        cancel();
        resolve(false);
      };
      const cancel = this.#deps.clock.after(delayMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve(true);
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Retries are used up, or there are none. */
  #settleError(
    ready: Ready<Message>,
    node: CompiledNode,
    message: Message,
    error: ErrorRecord,
    attempt: number,
    started: Started,
  ): Promise<void> | void {
    if (error.kind === 'unknown-outcome' && node.effect === 'write' && !this.#isUnknownWanted(ready.node, node)) {
      this.#stopWith(ready, node, error);
      return;
    }
    if (node.onError === 'port' && node.ports.some((port) => port.name === 'error')) {
      return this.#settle(ready.node, ready.run, node, { error: errorMessage(message, error, node.id) }, attempt, started);
    }
    const mainPort = node.ports.find((port) => port.name !== 'error')?.name;
    if (node.onError === 'continue' && mainPort !== undefined) {
      return this.#settle(ready.node, ready.run, node, { [mainPort]: message }, attempt, started);
    }
    this.#routeError(
      ready,
      node,
      message,
      error,
      stepRecord(node, ready.run.path, 'failed', [], started, this.#deps.clock.monotonic(), attempt, error),
    );
  }

  /** Whether a write was done is a question for a person, unless the flow's author answered it beforehand. */
  #isUnknownWanted(graphNode: GraphNode, node: CompiledNode): boolean {
    const { graph, nodes } = this.#job.flow;
    return node.takesUnknown || graph.catches.get(graphNode.body)?.some((candidate) => namesUnknown(nodes.get(candidate.id)!)) === true;
  }

  #routeError(
    ready: Pick<Ready<Message>, 'node' | 'run'>,
    node: CompiledNode,
    message: Message,
    error: ErrorRecord,
    record: StepRecord | undefined,
  ): void {
    const route = this.#progress.fail(
      ready.node,
      ready.run,
      error,
      (candidate) => catches(this.#job.flow.nodes.get(candidate.id)!, error),
      () => errorMessage(message, error, node.id),
    );
    if (route.to === 'execution') {
      this.#stopWith(ready, node, error);
      return;
    }
    if (route.to === 'loop') {
      const loop = this.#job.flow.nodes.get(route.node.id)!;
      const now = { at: this.#deps.clock.now(), monotonic: this.#deps.clock.monotonic() };
      // What comes behind the loop is launched after the failed step is noted.
      const wasDraining = this.#isDraining;
      this.#isDraining = true;
      const work = this.#settleError({ node: route.node, run: route.run, inputs: [], isShort: false }, loop, message, error, 1, now);
      this.#isDraining = wasDraining;
      if (work) this.#track(work);
    }
    // An item that stops the whole run is not settled: whoever lets it go on wants it tried again.
    const isStopped = this.#halt !== undefined && (route.to === 'loop' || route.to === 'nowhere');
    if (record && !isStopped) this.#note({ record, node, emits: undefined });
    if (route.to === 'catch') this.#queue.push(route.ready);
    if (route.to === 'catch' || route.to === 'item') this.#take(route.advance);
  }

  /** A step that nothing waits for; a store that fails to keep it still ends the run. */
  #note(step: SettledStep): void {
    const stored = this.#tell(step);
    if (stored) this.#track(stored);
  }

  #tell(step: SettledStep): Promise<void> | void {
    this.#job.tally?.step(step.record);
    return this.#job.journal.settled(step);
  }

  /** No route of the flow takes the error: an explicit end fails, an unknown outcome is held, the rest as the node's handling says. */
  #stopWith(ready: Pick<Ready<Message>, 'node' | 'run'>, node: CompiledNode, error: ErrorRecord): void {
    const isUnknown = error.kind === 'unknown-outcome';
    const isHeld = isUnknown || (this.#isHoldable(error) && node.exhausted === 'hold' && ready.node.role !== 'end');
    // Not knowing whether something was done outweighs whatever else ended the run.
    if (isUnknown && this.#halt?.status !== 'lost') this.#halt = undefined;
    this.#halt ??= isHeld
      ? { status: 'held', error, node: node.id, path: ready.run.path, outcomeKnown: error.kind !== 'unknown-outcome' }
      : { status: 'failed', error, node: node.id, reply: this.#reply, isDeadLetter: node.exhausted === 'dead-letter' };
  }

  /** Nobody waits any more for a sync flow that a worker goes on with: what may pass is left to a person, as in a durable flow. */
  #isHoldable(error: ErrorRecord): boolean {
    return this.#job.flow.document.mode === 'durable' || (this.#job.mayWait && error.kind !== 'input');
  }

  #take(advance: Advance<Message>): void {
    const { flow } = this.#job;
    const { clock } = this.#deps;
    for (const { node, run } of advance.skipped) {
      const compiled = flow.nodes.get(node.id)!;
      this.#note({
        record: stepRecord(compiled, run.path, 'skipped', [], { at: clock.now(), monotonic: 0 }, 0, 0),
        node: compiled,
        emits: undefined,
      });
    }
    for (const ready of advance.ready) this.#queue.push(ready);
    for (const { node, run, results } of advance.finishedLoops) {
      const compiled = flow.nodes.get(node.id)!;
      const work = this.#settle(node, run, compiled, { done: createMessage(results) }, 1, {
        at: clock.now(),
        monotonic: clock.monotonic(),
      });
      if (work) this.#track(work);
    }
    this.#drain();
  }

  #inputOf(ready: Ready<Message>): Message {
    const first = ready.inputs[0]!.message;
    if (ready.node.role !== 'join') return first;
    return withData(first, Object.fromEntries(ready.inputs.map(({ from, message }) => [from.id, message.data])), 'application/json');
  }

  /** Payloads of nodes that expressions name, of this body and those around it. */
  #nodesOf(run: BodyRun<Message>): Readonly<Record<string, unknown>> {
    const { namedNodes, graph } = this.#job.flow;
    if (namedNodes.size === 0) return NO_NODES;
    const found: Record<string, unknown> = {};
    for (let body: BodyRun<Message> | undefined = run; body; body = body.parent) {
      for (const id of namedNodes) {
        const index = graph.byId.get(id)?.index;
        const emits = index === undefined || id in found ? undefined : body.outputs[index];
        const message = emits && Object.values(emits)[0];
        if (message) found[id] = message.data;
      }
    }
    return found;
  }
}

interface Started {
  readonly at: number;
  readonly monotonic: number;
}

function stepRecord(
  node: CompiledNode,
  scope: string,
  status: StepRecord['status'],
  ports: readonly string[],
  started: Started,
  now: number,
  attempt: number,
  error?: ErrorRecord,
): StepRecord {
  const durationMs = Math.max(0, Math.round((now - started.monotonic) * 1000) / 1000);
  const record = { node: node.id, scope, status, ports, startedAt: started.at, durationMs, attempt };
  return error === undefined ? record : { ...record, error };
}

function digestOf(message: Message): string {
  return outwardKey(
    message.data instanceof Uint8Array ? Buffer.from(message.data).toString('base64') : (JSON.stringify(message.data) ?? ''),
    'digest',
    '',
  );
}
