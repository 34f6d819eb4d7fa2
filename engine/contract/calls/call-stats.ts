/**
 * Statistics of calls by target: an adapter that flows call, or an interface that callers call. A call counts once,
 * when it has ended or waits for a retry. Each try counts as an attempt; attempts show whether the target works. The
 * numbers are those of one process; `engine/processes` adds up the processes.
 */
import type { Clock } from '../values/clock.ts';
import type { ErrorKind } from '../values/errors.ts';
import { RefusalCauses, type RefusalCause } from './refusal-causes.ts';
import { SlotSums, slotOf } from './slot-sums.ts';

/** `refused`: the target works but rejects this message. `unknown`: the call was sent, but no outcome came back. */
export type CallOutcome = 'ok' | 'refused' | 'failed' | 'unknown';

export interface CallCounts {
  readonly id: string;
  /**
   * Calls that ended since the process started, how many failed, their total milliseconds, and how many were refused
   * (absent in processes of the previous version).
   */
  readonly totals: readonly [calls: number, failed: number, ms: number, refused?: number];
  /** Calls that ended in the last minute. */
  readonly perMinute: number;
  /** Counts of the last five minutes. */
  readonly recent: { readonly calls: number; readonly refused: number; readonly failed: number };
  /** Calls of the last five minutes that a cache answered, and those that it did not; absent without a cache. */
  readonly cache?: { readonly hits: number; readonly misses: number };
  /** Why calls were refused in the last five minutes, the most frequent reason first; absent if none was refused. */
  readonly refusals?: readonly RefusalCause[];
  /**
   * Attempts that failed in the last five minutes, including those of calls that wait for a retry; absent if none
   * failed.
   */
  readonly failedAttempts?: number;
  /** How many attempts of the last five minutes fall into each range of durations. `percentileMs` evaluates them. */
  readonly latency: readonly number[];
  readonly lastOkAt?: number;
  /** When the other side last responded; a refusal counts. Absent in processes of the previous version. */
  readonly lastAnswerAt?: number;
  /** The code of the last failed attempt, and when it ended. */
  readonly lastError?: { readonly code: string; readonly at: number };
  /** How many attempts have failed in a row since the other side last responded, and when the first of them ended. */
  readonly failures: number;
  readonly failingSince?: number;
  /** The start of the oldest attempt that still has no response. */
  readonly unansweredSince?: number;
  /** Calls in flight now. */
  readonly active: number;
  /** Calls that wait because the target's limit of concurrent calls is reached. */
  readonly waiting: number;
  /** True while calls are paused because too many failed in a row. */
  readonly isPaused?: boolean;
}

export interface Refusal {
  readonly code: string;
  readonly app?: string | undefined;
}

export interface CallStats {
  /**
   * Called when an attempt starts. Call the returned function when it has ended, whatever the outcome. Until then the
   * attempt counts as unanswered.
   */
  begun(id: string): () => void;
  /** Called when an attempt ended. `code`: the error code. */
  attempted(id: string, ms: number, outcome: CallOutcome, code?: string): void;
  /** Called once per call of a target with a response cache. */
  cached(id: string, isHit: boolean): void;
  /**
   * Called once per call, when it ended or waits for a retry. `refusal`: why it was refused and whose call it was, if
   * known.
   */
  called(id: string, ms: number, outcome: CallOutcome, refusal?: Refusal): void;
  /**
   * Resets the statistics of the ids for which `isGone` returns true, but keeps their totals. A later target with such
   * an id is a different one, and must not get the old statistics.
   */
  forget(isGone: (id: string) => boolean): void;
  /** Returns the counts of all ids ever called. */
  counts(): readonly CallCounts[];
}

const MINUTE_SLOTS = 6;
/**
 * Attempts are counted by ranges of their duration. These are the upper limits of the ranges, in milliseconds. The last
 * range has no upper limit.
 */
const BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 350, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10_000, 15_000, 30_000, 60_000];
const CALLS = 0;
const REFUSED = 1;
const FAILED = 2;
const FAILED_ATTEMPTS = 3;
const CACHE_HITS = 4;
const CACHE_MISSES = 5;
const LATENCY = 6;
const WIDTH = LATENCY + BOUNDS_MS.length + 1;
/**
 * The maximum number of ids that have statistics; calls of further ids are not counted. An installation has only
 * hundreds of ids.
 */
const MOST = 2000;

export function createCallStats(clock: Clock): CallStats {
  const all = new Map<string, Stats>();
  const of = (id: string): Stats | undefined => {
    const known = all.get(id);
    if (known !== undefined || all.size >= MOST) return known;
    const made = new Stats(id);
    all.set(id, made);
    return made;
  };
  const slotNow = () => slotOf(clock);
  return {
    begun: (id) => of(id)?.begun(clock.now()) ?? (() => undefined),
    attempted: (id, ms, outcome, code) => of(id)?.attempted(slotNow(), clock.now(), ms, outcome, code),
    cached: (id, isHit) => of(id)?.cached(slotNow(), isHit),
    called(id, ms, outcome, refusal) {
      of(id)?.called(slotNow(), ms, outcome);
      if (outcome === 'refused' && refusal !== undefined) of(id)?.refused(slotNow(), clock.now(), refusal);
    },
    forget(isGone) {
      for (const [id, stats] of all) if (isGone(id)) all.set(id, new Stats(id, stats.totals));
    },
    counts: () => Array.from(all.values(), (stats) => stats.counts(slotNow())),
  };
}

/**
 * Returns the outcome that an error of this kind means for the called system. An `input` error means `refused`: the
 * fault is in the message, not in the system.
 */
export function outcomeOf(kind: ErrorKind | undefined): CallOutcome {
  if (kind === undefined) return 'ok';
  if (kind === 'input') return 'refused';
  return kind === 'unknown-outcome' ? 'unknown' : 'failed';
}

/**
 * Estimates the duration in milliseconds that this share (0 to 1) of the attempts did not exceed. `latency` contains
 * one count for each range of durations. Returns undefined if there are no attempts.
 */
export function percentileMs(latency: readonly number[], share: number): number | undefined {
  const total = latency.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = total * share;
  for (const [index, count] of latency.entries()) {
    if (count >= left && count > 0) {
      const from = BOUNDS_MS[index - 1] ?? 0;
      const to = BOUNDS_MS[index] ?? from;
      return Math.round(from + (to - from) * (left / count));
    }
    left -= count;
  }
  return BOUNDS_MS.at(-1);
}

class Stats {
  readonly #id: string;
  readonly #sums = new SlotSums(WIDTH);
  readonly #refusals = new RefusalCauses();
  readonly #totals: [number, number, number, number];
  #lastOkAt: number | undefined;
  #lastAnswerAt: number | undefined;
  #lastError: CallCounts['lastError'];
  /** The attempts that have not ended, oldest first. */
  readonly #open = new Set<{ readonly at: number }>();
  #failures = 0;
  #failingSince: number | undefined;

  constructor(id: string, totals: Stats['totals'] = [0, 0, 0, 0]) {
    this.#id = id;
    this.#totals = [...totals];
  }

  get totals(): readonly [number, number, number, number] {
    return this.#totals;
  }

  begun(at: number): () => void {
    const attempt = { at };
    this.#open.add(attempt);
    return () => void this.#open.delete(attempt);
  }

  attempted(slot: number, now: number, ms: number, outcome: CallOutcome, code = ''): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > BOUNDS_MS[bucket]!) bucket += 1;
    this.#sums.add(slot, LATENCY + bucket);
    if (outcome === 'failed' || outcome === 'unknown') {
      this.#sums.add(slot, FAILED_ATTEMPTS);
      this.#failures += 1;
      this.#failingSince ??= now;
      this.#lastError = { code, at: now };
      return;
    }
    this.#failures = 0;
    this.#failingSince = undefined;
    this.#lastAnswerAt = now;
    if (outcome === 'ok') this.#lastOkAt = now;
  }

  called(slot: number, ms: number, outcome: CallOutcome): void {
    const isFailed = outcome === 'failed' || outcome === 'unknown';
    this.#sums.add(slot, CALLS);
    if (outcome === 'refused') this.#sums.add(slot, REFUSED);
    if (isFailed) this.#sums.add(slot, FAILED);
    this.#totals[0] += 1;
    if (isFailed) this.#totals[1] += 1;
    this.#totals[2] += Math.max(0, ms);
    if (outcome === 'refused') this.#totals[3] += 1;
  }

  cached(slot: number, isHit: boolean): void {
    this.#sums.add(slot, isHit ? CACHE_HITS : CACHE_MISSES);
  }

  refused(slot: number, now: number, { code, app }: Refusal): void {
    this.#refusals.add(slot, now, code, app);
  }

  counts(slot: number): CallCounts {
    const [oldest] = this.#open;
    const sum = (field: number, slots?: number) => this.#sums.sum(slot, field, slots);
    const refusals = this.#refusals.list(slot);
    const failedAttempts = sum(FAILED_ATTEMPTS);
    const cache = { hits: sum(CACHE_HITS), misses: sum(CACHE_MISSES) };
    return {
      id: this.#id,
      totals: [...this.#totals],
      perMinute: sum(CALLS, MINUTE_SLOTS),
      recent: { calls: sum(CALLS), refused: sum(REFUSED), failed: sum(FAILED) },
      ...(cache.hits + cache.misses === 0 ? {} : { cache }),
      ...(refusals.length === 0 ? {} : { refusals }),
      ...(failedAttempts === 0 ? {} : { failedAttempts }),
      latency: Array.from({ length: BOUNDS_MS.length + 1 }, (_, bucket) => sum(LATENCY + bucket)),
      ...(this.#lastOkAt === undefined ? {} : { lastOkAt: this.#lastOkAt }),
      ...(this.#lastAnswerAt === undefined ? {} : { lastAnswerAt: this.#lastAnswerAt }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      failures: this.#failures,
      ...(this.#failingSince === undefined ? {} : { failingSince: this.#failingSince }),
      ...(oldest === undefined ? {} : { unansweredSince: oldest.at }),
      active: 0,
      waiting: 0,
    };
  }
}
