/**
 * Decides which partitions to read, and when. One read at a time; under load one list serves many messages. Listed
 * executions are passed on in order to `offer`, which decides what may run.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';

export interface PartitionReader {
  /** Called when these partitions have news. Resolves when nothing is left that may be read now. */
  hear(parts: readonly number[]): Promise<void>;
  /** Called when the doorbell rang for these partitions; it rings at this worker only. */
  hearRing(parts: readonly number[]): Promise<void>;
  /**
   * Reads the partition with the next ones although no ring announced it. What is found there counts as unannounced.
   */
  look(part: number): void;
  isUnannounced(part: number): boolean;
  /** Returns true once if the bell rang here for the partition being read. */
  takeRing(part: number): boolean;
  reread(part: number, pauseMs: number): void;
  /** Called when something waits behind an execution that another worker runs: no ring comes when that one ends. */
  lookAgain(part: number): void;
  /** Reads until nothing is left that may be read now. */
  read(): Promise<void>;
  took(part: number): void;
  /** Called when this many executions left this worker's hands. */
  left(part: number, count: number): void;
  /**
   * Called when the lane's first execution may not continue. What the walk through its partition lists behind it must
   * not run either.
   */
  block(part: number, laneKey: string): void;
  stop(): void;
}

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

export function createPartitionReader({ executions, clock, log, waiting, offer }: PartitionReaderDeps): PartitionReader {
  const news = new Set<number>();
  /** The part of `news` that only the reconciler asked for. */
  const unannounced = new Set<number>();
  /** The part of `news` that the doorbell announced to this worker, and so to no other. */
  const rung = new Set<number>();
  const notBefore = new Map<number, number>();
  const backlog = new Set<number>();
  const walks = new Map<number, Walk>();
  const inHand = new Map<number, number>();
  const lookedAtAgain = new Set<number>();
  let reading: Promise<void> | undefined;
  let isStopping = false;
  let lastReadAt = Number.NEGATIVE_INFINITY;

  return {
    hear,
    hearRing(parts) {
      for (const part of parts) rung.add(part);
      return hear(parts);
    },
    look(part) {
      if (news.has(part)) return;
      news.add(part);
      unannounced.add(part);
    },
    isUnannounced: (part) => unannounced.has(part),
    takeRing: (part) => rung.delete(part),
    reread,
    lookAgain(part) {
      if (lookedAtAgain.has(part)) return;
      lookedAtAgain.add(part);
      // Does not delay a ring in the meantime.
      clock.after(ELSEWHERE_PAUSE_MS, () => {
        lookedAtAgain.delete(part);
        news.add(part);
        void read();
      });
    },
    read,
    took: (part) => void inHand.set(part, (inHand.get(part) ?? 0) + 1),
    left,
    block: (part, laneKey) => void walks.get(part)?.blocked.add(laneKey),
    stop: () => void (isStopping = true),
  };

  function hear(parts: readonly number[]): Promise<void> {
    for (const part of parts) {
      news.add(part);
      unannounced.delete(part);
    }
    return read();
  }

  function reread(part: number, pauseMs: number): void {
    news.add(part);
    notBefore.set(part, clock.monotonic() + pauseMs);
    if (pauseMs === 0) void read();
    else clock.after(pauseMs, () => void read());
  }

  /** Reads a partition with a backlog again as soon as most of what was taken from it is done. */
  function left(part: number, count: number): void {
    const still = (inHand.get(part) ?? 0) - count;
    inHand.set(part, still);
    if (backlog.has(part) && still <= PAGE / 4) reread(part, 0);
    else if (news.size > 0 && waiting() < MAX_IN_HAND / 2) void read();
  }

  function read(): Promise<void> {
    reading ??= readAll().finally(() => {
      reading = undefined;
      if (!isStopping && waiting() < MAX_IN_HAND && readyNow().length > 0) void read();
    });
    return reading;
  }

  function readyNow(): number[] {
    const now = clock.monotonic();
    return [...news].filter((part) => (notBefore.get(part) ?? 0) <= now);
  }

  async function readAll(): Promise<void> {
    while (!isStopping && waiting() < MAX_IN_HAND) {
      const pauseMs = lastReadAt + READ_PAUSE_MS - clock.monotonic();
      if (pauseMs > 0 && news.size > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      const ready = readyNow();
      if (ready.length === 0) return;
      for (const part of ready) news.delete(part);
      lastReadAt = clock.monotonic();
      try {
        await readPartitions(ready);
      } catch (error) {
        log.error('worker.read_failed', error);
        for (const part of ready) reread(part, FAILED_PAUSE_MS);
        return;
      }
      for (const part of ready) {
        unannounced.delete(part);
        rung.delete(part);
      }
    }
  }

  /** Reads quiet partitions together. A partition with more open executions than fit into a page is read alone. */
  async function readPartitions(parts: readonly number[]): Promise<void> {
    const quiet = parts.filter((part) => !backlog.has(part));
    for (const part of parts) if (backlog.has(part)) await readOn(part);
    if (quiet.length === 0) return;
    const asOf = clock.monotonic();
    const listed = await executions.find({ part: { in: quiet }, open: true }, { sort: ['lane.seq'], limit: PAGE });
    offer(listed, asOf);
    if (listed.length < PAGE) return;
    for (const part of quiet) {
      backlog.add(part);
      news.add(part);
    }
  }

  /**
   * Walks a partition with a backlog page by page, over several calls, so that the blocked lanes of one hospital do
   * not hide what stands behind them. A lane that is blocked or parked stays blocked until the walk ends.
   */
  async function readOn(part: number): Promise<void> {
    const isFresh = !walks.has(part);
    const walk: Walk = walks.get(part) ?? { startedAt: clock.now(), after: undefined, blocked: new Set() };
    walks.set(part, walk);
    let redundant = 0;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const acceptedBefore = walk.after === undefined ? Infinity : walk.startedAt;
      const asOf = clock.monotonic();
      const listed = await readPage(part, walk);
      const taken = offer(listed, asOf, { blocked: walk.blocked, acceptedBefore });
      redundant += listed.length - taken;
      if (listed.length < PAGE) {
        walks.delete(part);
        if (isFresh && page === 0) backlog.delete(part);
        break;
      }
      walk.after = listed.at(-1)!._id;
      if (taken > 0) break;
    }
    const pauseMs = redundant * REDUNDANT_PAUSE_MS;
    if (walks.has(part)) reread(part, Math.max(READ_PAUSE_MS, pauseMs));
    else notBefore.set(part, clock.monotonic() + pauseMs);
  }

  async function readPage(part: number, walk: Walk): Promise<readonly ExecutionDocument[]> {
    const options = { sort: ['lane.seq'], limit: PAGE, ...(walk.after === undefined ? {} : { after: walk.after }) };
    try {
      return await executions.find({ part, open: true }, options);
    } catch (error) {
      // The walk's cursor has expired; the next call starts a new walk.
      walks.delete(part);
      throw error;
    }
  }
}
