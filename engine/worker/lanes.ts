/**
 * The executions that this worker has taken, by lane. The executions of a lane run strictly one after the other, in
 * the order of the list. If a claim is refused, the rest of the lane's list is dropped; the next signal or read lists
 * it again.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';
import type { Slot } from '../execution/run-job.ts';
import type { RunVerdict } from './run-execution.ts';

/**
 * `in-hand`: this worker has already taken the execution. `refused`: it must wait for a new list, and so must the
 * executions after it.
 */
export type TakeOutcome = 'taken' | 'in-hand' | 'refused';

export interface LanesDeps {
  readonly slots: number;
  readonly clock: Clock;
  /** Runs the execution. Never rejects. */
  run(document: ExecutionDocument, slot: Slot): Promise<RunVerdict>;
  /** Called when a lane has ended and one of its executions was refused: the partition must be read again. */
  onReread(part: number): void;
  /**
   * Called when this worker no longer has `count` executions of the partition: they have ended, or were dropped without
   * running.
   */
  onLeave(part: number, count: number): void;
  /**
   * Called if the first execution of the lane may not continue. Executions that an older list shows after it must not
   * run.
   */
  onBlocked(part: number, laneKey: string): void;
}

interface Lane {
  readonly part: number;
  readonly items: ExecutionDocument[];
  readonly ids: Set<string>;
  lastSeq: string;
  isStale: boolean;
}

/**
 * How many finished executions are remembered. A list that was read before their end still shows them, and they must
 * not be taken again.
 */
const REMEMBERED = 5_000;

export class Lanes {
  readonly #deps: LanesDeps;
  readonly #slots: Slots;
  readonly #lanes = new Map<string, Lane>();
  /** For each execution id, when the execution ended in this process. */
  readonly #done = new Map<string, number>();
  #size = 0;
  #isDraining = false;
  #onEmpty: (() => void) | undefined;

  constructor(deps: LanesDeps) {
    this.#deps = deps;
    this.#slots = new Slots(deps.slots);
  }

  /** The number of executions that were taken and not started. */
  get size(): number {
    return this.#size;
  }

  get running(): number {
    return this.#slots.taken;
  }

  /** Takes no more executions. Resolves when this worker is finished with all that it has taken. */
  drain(): Promise<void> {
    this.#isDraining = true;
    return this.#lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => (this.#onEmpty = resolve));
  }

  /**
   * Returns true if the execution ended here after the read of a list that still shows it as open. If a later list
   * shows it as open, it really is open again: a crash of the database may lose the last ends, because they are not
   * flushed one by one.
   */
  isDone(executionId: string, asOf: number): boolean {
    return (this.#done.get(executionId) ?? Number.NEGATIVE_INFINITY) >= asOf;
  }

  /** Adds an execution to its lane. `asOf` (monotonic) is when the read that listed it started. */
  take(document: ExecutionDocument, asOf: number): TakeOutcome {
    if (this.#isDraining || this.isDone(document._id, asOf)) return 'refused';
    const key = laneKeyOf(document);
    const seq = document.lane?.seq ?? '';
    const lane = this.#lanes.get(key);
    if (!lane) {
      const fresh: Lane = { part: document.part, items: [document], ids: new Set([document._id]), lastSeq: seq, isStale: false };
      this.#lanes.set(key, fresh);
      this.#size += 1;
      void this.#work(key, fresh);
      return 'taken';
    }
    if (lane.ids.has(document._id)) return 'in-hand';
    // Only an execution with a later sequence may be appended; every other one waits for a new list.
    if (seq <= lane.lastSeq) lane.isStale = true;
    if (lane.isStale) return 'refused';
    lane.items.push(document);
    lane.ids.add(document._id);
    lane.lastSeq = seq;
    this.#size += 1;
    return 'taken';
  }

  async #work(key: string, lane: Lane): Promise<void> {
    let isCut = false;
    for (let document = lane.items.shift(); document && !this.#isDraining; document = lane.items.shift()) {
      await this.#slots.acquire();
      this.#size -= 1;
      if (this.#isDraining) {
        this.#slots.release();
        break;
      }
      const verdict = await this.#deps.run(document, this.#slots);
      this.#slots.release();
      lane.ids.delete(document._id);
      this.#deps.onLeave(lane.part, 1);
      if (verdict === 'done') this.#remember(document._id);
      else {
        lane.isStale ||= verdict === 'refused';
        isCut = true;
        break;
      }
    }
    if (isCut || lane.isStale) this.#deps.onBlocked(lane.part, key);
    this.#leave(key, lane);
  }

  #leave(key: string, lane: Lane): void {
    this.#size -= lane.items.length;
    this.#lanes.delete(key);
    this.#deps.onLeave(lane.part, lane.items.length);
    if (lane.isStale) this.#deps.onReread(lane.part);
    if (this.#lanes.size === 0) this.#onEmpty?.();
  }

  #remember(id: string): void {
    this.#done.set(id, this.#deps.clock.monotonic());
    if (this.#done.size > REMEMBERED) this.#done.delete(this.#done.keys().next().value!);
  }
}

/** Limits how many executions run at the same time. Those that resume come first, then each in the order in which it asked. */
class Slots implements Slot {
  readonly #limit: number;
  readonly #resuming: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  acquire(): Promise<void> {
    return this.#take(this.#waiting);
  }

  resume(): Promise<void> {
    return this.#take(this.#resuming);
  }

  release(): void {
    const next = this.#resuming.shift() ?? this.#waiting.shift();
    if (next) next();
    else this.#taken -= 1;
  }

  #take(queue: (() => void)[]): Promise<void> {
    if (this.#taken >= this.#limit) return new Promise((resolve) => queue.push(resolve));
    this.#taken += 1;
    return Promise.resolve();
  }
}

/** Returns the key of the lane. An execution without a lane key gets a lane of its own, with its id as the key. */
export function laneKeyOf(document: ExecutionDocument): string {
  return document.lane?.key ?? document._id;
}
