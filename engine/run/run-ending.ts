/** Decides how a run ends, from its results up to now and, if it stopped early, from the reason. */
import type { Clock } from '../contract/values/clock.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';
import type { Message } from '../contract/values/message.ts';
import type { Reply } from '../contract/node/node.ts';
import type { CompiledNode } from '../compile/compile-flow.ts';
import { writtenBy } from '../execution/done-writes.ts';
import type { RunEnd, RunJob, WaitPoint, Written } from '../execution/run-job.ts';
import type { Emits } from '../plan/progress.ts';
import { isHeldAfterWrite, unroutedEnd, type RunResults, type Stop } from './handle-error.ts';
import { noReply } from './run-errors.ts';
import { recordOf, type Step } from './step.ts';

export class RunEnding {
  readonly #job: RunJob;
  readonly #clock: Clock;
  #reply: Reply | undefined;
  #written: Written | undefined;
  #halt: RunEnd | undefined;
  #stop: Stop | undefined;
  #halting: AbortController | undefined;

  constructor(job: RunJob, clock: Clock) {
    this.#job = job;
    this.#clock = clock;
  }

  get reply(): Reply | undefined {
    return this.#reply;
  }

  /** True if the run starts nothing new and only waits for calls in flight. */
  get isHalted(): boolean {
    return this.#halt !== undefined;
  }

  /** Aborts when the run halts, which ends the pauses of its branches. */
  get halting(): AbortSignal {
    this.#halting ??= new AbortController();
    return this.#halting.signal;
  }

  /** Keeps the reply for the end of the run. If a reply was already made, ignores the new one. */
  noteReply(reply: Reply): void {
    this.#reply ??= reply;
  }

  noteWritten(node: CompiledNode, emits: Emits<Message>): void {
    const written = writtenBy(node, emits);
    if (written !== undefined && this.#written !== 'write') this.#written = written;
  }

  lose(cause: unknown): void {
    this.#haltWith({ status: 'lost', cause });
  }

  cancel(): void {
    this.#haltWith(this.#halt ?? { status: 'cancelled', isUnknown: false, hasWritten: false });
  }

  /** Called when no route of the flow handles the error. */
  stopWith(step: Step, error: ErrorRecord): void {
    // An unknown outcome has priority over any other reason to end, except `lost`.
    const isOutweighed = error.kind === 'unknown-outcome' && this.#halt?.status !== 'lost';
    if (this.#halt !== undefined && !isOutweighed) return;
    this.#stop = { error, step, record: recordOf(step, 'failed', [], this.#clock.monotonic()) };
    this.#haltWith(unroutedEnd(this.#stop, this.#job, this.#achieved));
  }

  /** Returns the end of the run. `isDone`: the planner has nothing left to run. */
  toEnd(waits: readonly WaitPoint[], isDone: boolean): RunEnd {
    const halted = this.#haltEnd();
    if (halted?.status === 'held') return { ...halted, waits };
    if (halted !== undefined) return halted;
    return waits.length > 0 ? { status: 'waiting', waits, reply: this.#reply } : this.#ranOut(isDone);
  }

  #haltWith(end: RunEnd): void {
    this.#halt = end;
    this.#halting?.abort();
  }

  /**
   * Computes the end of a halted run at the last moment, because a write in another branch may have finished after the
   * halt.
   */
  #haltEnd(): RunEnd | undefined {
    const halt = this.#halt;
    if (halt?.status === 'cancelled') return { ...halt, hasWritten: this.#written !== undefined };
    const isStopped = halt !== undefined && halt.status !== 'lost';
    return isStopped && this.#stop ? unroutedEnd(this.#stop, this.#job, this.#achieved) : halt;
  }

  #ranOut(isDone: boolean): RunEnd {
    const held = {
      status: 'held',
      node: '',
      path: '',
      outcomeKnown: true,
      reply: this.#reply,
      hasWritten: this.#written !== undefined,
    } as const;
    if (!isDone) {
      const error = new AppError('PLAN_STUCK', 'bug', 'The flow has no step left to run but has not completed.');
      return { ...held, error: toErrorRecord(error) };
    }
    const error = noReply(this.#job.flow);
    return isHeldAfterWrite(error, this.#job, this.#achieved)
      ? { ...held, error, isFailedAfterWrite: true }
      : { status: 'completed', reply: this.#reply };
  }

  get #achieved(): RunResults {
    return { reply: this.#reply, written: this.#written };
  }
}
