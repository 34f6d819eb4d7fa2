/**
 * Decides which partitions to read, and when. One read at a time; under load one list serves many messages. Listed
 * executions are passed on in order to `offer`, which decides what may run.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';

export interface PartitionReaderDeps {
  readonly executions: Pick<Collection<ExecutionDocument>, 'find'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Executions in hand that have not started. */
  waiting(): number;
  /** Takes what may run from a list read at `asOf` (monotonic). Returns how many were taken. */
  offer(
    listed: readonly ExecutionDocument[],
    asOf: number,
    walk?: { readonly blocked: Set<string>; readonly acceptedBefore: number },
  ): number;
}

const PAGE = 200;
const MAX_PAGES = 10;
/** Minimum time between two reads of the store. */
const READ_PAUSE_MS = 10;
/** If a partition's list brought nothing new, the pause before its next read grows with the list's length. */
const REDUNDANT_PAUSE_MS = 1;
const MAX_IN_HAND = 2_000;
/** How long before what waits behind an execution of another worker is checked again. */
const ELSEWHERE_PAUSE_MS = 100;
const FAILED_PAUSE_MS = 1_000;

/** The position of a walk through a partition. */
interface Walk {
  /**
   * Executions accepted after this may stand behind something the walk has already passed, so they are left to the
   * next walk.
   */
  readonly startedAt: number;
  after: string | undefined;
  readonly blocked: Set<string>;
}

export class PartitionReader {
  readonly #deps: PartitionReaderDeps;
  readonly #news = new Set<number>();
  /** The part of `news` that only the reconciler asked for. */
  readonly #unannounced = new Set<number>();
  /** The part of `news` that the doorbell announced to this worker, and so to no other. */
  readonly #rung = new Set<number>();
  readonly #notBefore = new Map<number, number>();
  readonly #backlog = new Set<number>();
  readonly #walks = new Map<number, Walk>();
  readonly #inHand = new Map<number, number>();
  readonly #lookedAtAgain = new Set<number>();
  #reading: Promise<void> | undefined;
  #isStopping = false;
  #lastReadAt = Number.NEGATIVE_INFINITY;

  constructor(deps: PartitionReaderDeps) {
    this.#deps = deps;
  }

  /** Called when these partitions have news. Resolves when nothing is left that may be read now. */
  hear(parts: readonly number[]): Promise<void> {
    for (const part of parts) {
      this.#news.add(part);
      this.#unannounced.delete(part);
    }
    return this.read();
  }

  /** Called when the doorbell rang for these partitions; it rings at this worker only. */
  hearRing(parts: readonly number[]): Promise<void> {
    for (const part of parts) this.#rung.add(part);
    return this.hear(parts);
  }

  /**
   * Reads the partition with the next ones although no ring announced it. What is found there counts as unannounced.
   */
  look(part: number): void {
    if (this.#news.has(part)) return;
    this.#news.add(part);
    this.#unannounced.add(part);
  }

  isUnannounced(part: number): boolean {
    return this.#unannounced.has(part);
  }

  /** Returns true once if the bell rang here for the partition being read. */
  takeRing(part: number): boolean {
    return this.#rung.delete(part);
  }

  reread(part: number, pauseMs: number): void {
    const { clock } = this.#deps;
    this.#news.add(part);
    this.#notBefore.set(part, clock.monotonic() + pauseMs);
    if (pauseMs === 0) void this.read();
    else clock.after(pauseMs, () => void this.read());
  }

  /** Called when something waits behind an execution that another worker runs: no ring comes when that one ends. */
  lookAgain(part: number): void {
    if (this.#lookedAtAgain.has(part)) return;
    this.#lookedAtAgain.add(part);
    // Does not delay a ring in the meantime.
    this.#deps.clock.after(ELSEWHERE_PAUSE_MS, () => {
      this.#lookedAtAgain.delete(part);
      this.#news.add(part);
      void this.read();
    });
  }

  took(part: number): void {
    this.#inHand.set(part, (this.#inHand.get(part) ?? 0) + 1);
  }

  /**
   * Called when this many executions left this worker's hands. Reads a partition with a backlog again as soon as most
   * of what was taken from it is done.
   */
  left(part: number, count: number): void {
    const still = (this.#inHand.get(part) ?? 0) - count;
    this.#inHand.set(part, still);
    if (this.#backlog.has(part) && still <= PAGE / 4) this.reread(part, 0);
    else if (this.#news.size > 0 && this.#deps.waiting() < MAX_IN_HAND / 2) void this.read();
  }

  /**
   * Called when the lane's first execution may not continue. What the walk through its partition lists behind it must
   * not run either.
   */
  block(part: number, laneKey: string): void {
    this.#walks.get(part)?.blocked.add(laneKey);
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** Reads until nothing is left that may be read now. */
  read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
      if (this.#mayRead && this.#readyNow().length > 0) void this.read();
    });
    return this.#reading;
  }

  get #mayRead(): boolean {
    return !this.#isStopping && this.#deps.waiting() < MAX_IN_HAND;
  }

  #readyNow(): number[] {
    const now = this.#deps.clock.monotonic();
    return [...this.#news].filter((part) => (this.#notBefore.get(part) ?? 0) <= now);
  }

  async #readAll(): Promise<void> {
    const { clock, log } = this.#deps;
    while (this.#mayRead) {
      const pauseMs = this.#lastReadAt + READ_PAUSE_MS - clock.monotonic();
      if (pauseMs > 0 && this.#news.size > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      const ready = this.#readyNow();
      if (ready.length === 0) return;
      for (const part of ready) this.#news.delete(part);
      this.#lastReadAt = clock.monotonic();
      try {
        await this.#readPartitions(ready);
      } catch (error) {
        log.error('worker.read_failed', error);
        for (const part of ready) this.reread(part, FAILED_PAUSE_MS);
        return;
      }
      for (const part of ready) {
        this.#unannounced.delete(part);
        this.#rung.delete(part);
      }
    }
  }

  /** Reads quiet partitions together. A partition with more open executions than fit into a page is read alone. */
  async #readPartitions(parts: readonly number[]): Promise<void> {
    const { executions, clock, offer } = this.#deps;
    const quiet = parts.filter((part) => !this.#backlog.has(part));
    for (const part of parts) if (this.#backlog.has(part)) await this.#readOn(part);
    if (quiet.length === 0) return;
    const asOf = clock.monotonic();
    const listed = await executions.find({ part: { in: quiet }, open: true }, { sort: ['lane.seq'], limit: PAGE });
    offer(listed, asOf);
    if (listed.length < PAGE) return;
    for (const part of quiet) {
      this.#backlog.add(part);
      this.#news.add(part);
    }
  }

  /**
   * Walks a partition with a backlog page by page, over several calls, so that the blocked lanes of one hospital do
   * not hide what stands behind them. A lane that is blocked or parked stays blocked until the walk ends.
   */
  async #readOn(part: number): Promise<void> {
    const { clock, offer } = this.#deps;
    const isFresh = !this.#walks.has(part);
    const walk: Walk = this.#walks.get(part) ?? { startedAt: clock.now(), after: undefined, blocked: new Set() };
    this.#walks.set(part, walk);
    let redundant = 0;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const acceptedBefore = walk.after === undefined ? Infinity : walk.startedAt;
      const asOf = clock.monotonic();
      const listed = await this.#readPage(part, walk);
      const taken = offer(listed, asOf, { blocked: walk.blocked, acceptedBefore });
      redundant += listed.length - taken;
      if (listed.length < PAGE) {
        this.#walks.delete(part);
        if (isFresh && page === 0) this.#backlog.delete(part);
        break;
      }
      walk.after = listed.at(-1)!._id;
      if (taken > 0) break;
    }
    const pauseMs = redundant * REDUNDANT_PAUSE_MS;
    if (this.#walks.has(part)) this.reread(part, Math.max(READ_PAUSE_MS, pauseMs));
    else this.#notBefore.set(part, clock.monotonic() + pauseMs);
  }

  async #readPage(part: number, walk: Walk): Promise<readonly ExecutionDocument[]> {
    const options = { sort: ['lane.seq'], limit: PAGE, ...(walk.after === undefined ? {} : { after: walk.after }) };
    try {
      return await this.#deps.executions.find({ part, open: true }, options);
    } catch (error) {
      // The walk's cursor has expired; the next call starts a new walk.
      this.#walks.delete(part);
      throw error;
    }
  }
}
