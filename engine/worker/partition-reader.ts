/**
 * Decides which partitions to read, and when. Only one read runs at a time; under load, one list serves many messages.
 * Listed executions are passed in order to `offer`, which decides which may run.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';

export interface PartitionReaderDeps {
  readonly executions: Pick<Collection<ExecutionDocument>, 'find'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Returns the number of executions that this worker has taken and not started. */
  waiting(): number;
  /** Takes the executions that may run from a list that was read at `asOf` (monotonic). Returns how many were taken. */
  offer(listed: readonly ExecutionDocument[], asOf: number, walk?: Walk): number;
}

const PAGE = 200;
const MAX_PAGES = 10;
/** The minimum time between two reads of the store. */
const READ_PAUSE_MS = 10;
/** If a partition's list contained nothing new, the pause before its next read is this long per listed execution. */
const REDUNDANT_PAUSE_MS = 1;
const MAX_IN_HAND = 2_000;
/** If executions wait behind one that another worker runs, the partition is read again after this time. */
const ELSEWHERE_PAUSE_MS = 100;
const FAILED_PAUSE_MS = 1_000;

/**
 * A walk reads a partition with a backlog page by page, from its first execution to its last. This is its state between
 * two pages.
 */
export interface Walk {
  /**
   * When the walk started. After the first page, executions that were accepted later are left to the next walk, because
   * they may have to wait for an execution that this walk has already passed.
   */
  readonly startedAt: number;
  /** The last execution of the page before; undefined on the first page. */
  after: string | undefined;
  readonly blocked: Set<string>;
  /** Another walk must follow: this one has left out executions, or there was news of what it may already have passed. */
  isOutdated: boolean;
}

export class PartitionReader {
  readonly #deps: PartitionReaderDeps;
  readonly #news = new Set<number>();
  /** The partitions to read that no signal announced; only the reconciler asked for them. */
  readonly #unannounced = new Set<number>();
  /** The partitions that the queue signalled to this worker. The queue tells no other worker about them. */
  readonly #rung = new Set<number>();
  readonly #notBefore = new Map<number, number>();
  readonly #backlog = new Set<number>();
  readonly #walks = new Map<number, Walk>();
  readonly #inHand = new Map<number, number>();
  readonly #lookedAtAgain = new Set<number>();
  #reading: Promise<void> | undefined;
  #cancelNextRead: () => void = () => undefined;
  #isStopping = false;
  #lastReadAt = Number.NEGATIVE_INFINITY;

  constructor(deps: PartitionReaderDeps) {
    this.#deps = deps;
  }

  /** Called when these partitions have new work. Resolves when no partition is left that may be read now. */
  hear(parts: readonly number[]): Promise<void> {
    for (const part of parts) {
      this.#addNews(part);
      this.#unannounced.delete(part);
    }
    return this.read();
  }

  /** Called when the queue signalled these partitions; no other worker gets the signal. */
  hearRing(parts: readonly number[]): Promise<void> {
    for (const part of parts) this.#rung.add(part);
    return this.hear(parts);
  }

  /** Adds the partition to the next read although no signal announced it. Work found there counts as unannounced. */
  look(part: number): void {
    if (!this.#news.has(part)) this.#unannounced.add(part);
    this.#addNews(part);
  }

  isUnannounced(part: number): boolean {
    return this.#unannounced.has(part);
  }

  /** Returns true if the queue signalled this partition to this worker since the last call for the partition. */
  takeRing(part: number): boolean {
    return this.#rung.delete(part);
  }

  /** Reads the partition from its first execution. */
  reread(part: number, pauseMs: number): void {
    this.#addNews(part);
    this.#readOnAfter(part, pauseMs);
  }

  /** Called if an execution waits behind one that another worker runs, because no signal comes when that one ends. */
  rereadLater(part: number): void {
    if (this.#lookedAtAgain.has(part)) return;
    this.#lookedAtAgain.add(part);
    // If a signal for the partition comes in the meantime, the partition is read without this delay.
    this.#deps.clock.after(ELSEWHERE_PAUSE_MS, () => {
      this.#lookedAtAgain.delete(part);
      this.#addNews(part);
      void this.read();
    });
  }

  took(part: number): void {
    this.#inHand.set(part, (this.#inHand.get(part) ?? 0) + 1);
  }

  /**
   * Called when this worker is finished with this many executions. Reads a partition with a backlog again as soon as
   * most executions taken from it are done.
   */
  left(part: number, count: number): void {
    const still = (this.#inHand.get(part) ?? 0) - count;
    this.#inHand.set(part, still);
    if (this.#backlog.has(part) && still <= PAGE / 4) this.#readOnAfter(part, 0);
    else if (this.#news.size > 0 && this.#deps.waiting() < MAX_IN_HAND / 2) void this.read();
  }

  /**
   * Called if the first execution of the lane may not continue. Executions of the lane that the current walk lists
   * later must not run either.
   */
  block(part: number, laneKey: string): void {
    this.#walks.get(part)?.blocked.add(laneKey);
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** Reads until no partition is left that may be read now. */
  read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
      this.#readWhenReady();
    });
    return this.#reading;
  }

  #addNews(part: number): void {
    this.#news.add(part);
    const walk = this.#walks.get(part);
    if (walk !== undefined) walk.isOutdated = true;
  }

  /** Continues the walk of the partition, or starts one. */
  #readOnAfter(part: number, pauseMs: number): void {
    this.#news.add(part);
    this.#notBefore.set(part, this.#deps.clock.monotonic() + pauseMs);
    void this.read();
  }

  /** Reads as soon as the first of the partitions with news may be read. */
  #readWhenReady(): void {
    this.#cancelNextRead();
    if (!this.#mayRead || this.#news.size === 0) return;
    const { clock } = this.#deps;
    const readyAt = Math.min(...[...this.#news].map((part) => this.#notBefore.get(part) ?? 0));
    if (readyAt <= clock.monotonic()) void this.read();
    else this.#cancelNextRead = clock.after(readyAt - clock.monotonic(), () => void this.read());
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
      if (this.#readyNow().length === 0) return;
      const pauseMs = this.#lastReadAt + READ_PAUSE_MS - clock.monotonic();
      if (pauseMs > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      const ready = this.#readyNow();
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

  /**
   * Reads partitions without a backlog together. A partition with more open executions than fit into a page is read
   * alone.
   */
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
   * Reads a partition with a backlog page by page, over several calls, so that blocked lanes of one hospital do not
   * hide the executions after them. A blocked lane stays blocked until the walk ends.
   */
  async #readOn(part: number): Promise<void> {
    const { clock, offer } = this.#deps;
    const isFresh = !this.#walks.has(part);
    const walk: Walk = this.#walks.get(part) ?? { startedAt: clock.now(), after: undefined, blocked: new Set(), isOutdated: false };
    this.#walks.set(part, walk);
    let redundant = 0;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const asOf = clock.monotonic();
      const listed = await this.#readPage(part, walk);
      const taken = offer(listed, asOf, walk);
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
    if (this.#walks.has(part) || walk.isOutdated) this.#readOnAfter(part, Math.max(READ_PAUSE_MS, pauseMs));
    else this.#notBefore.set(part, clock.monotonic() + pauseMs);
  }

  async #readPage(part: number, walk: Walk): Promise<readonly ExecutionDocument[]> {
    const options = { sort: ['lane.seq'], limit: PAGE, ...(walk.after === undefined ? {} : { after: walk.after }) };
    try {
      return await this.#deps.executions.find({ part, open: true }, options);
    } catch (error) {
      // The cursor of the walk may have expired; the next call starts a new walk.
      this.#walks.delete(part);
      throw error;
    }
  }
}
