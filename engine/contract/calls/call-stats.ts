/**
 * How calls go, by who is called: an adapter that flows call, an interface that callers call. A call counts once, when it has ended or
 * has to wait for a retry; each try of it is an attempt, which tells how the other side does. One process's own; `engine/processes` sums them up.
 */
import type { Clock } from '../values/clock.ts';
import type { ErrorKind } from '../values/errors.ts';
import { RefusalCauses, type RefusalCause } from './refusal-causes.ts';
import { SlotSums, slotOf } from './slot-sums.ts';

/** `refused`: the other side is well and does not want this message. `unknown`: sent, and no outcome came back. */
export type CallOutcome = 'ok' | 'refused' | 'failed' | 'unknown';

export interface CallCounts {
  readonly id: string;
  /** Calls that ended since the process began, of them failed, their milliseconds, of them refused (absent in processes of the version before). */
  readonly totals: readonly [calls: number, failed: number, ms: number, refused?: number];
  /** Calls that ended in the last minute. */
  readonly perMinute: number;
  /** Of the last five minutes. */
  readonly recent: { readonly calls: number; readonly refused: number; readonly failed: number };
  /** Why calls were refused in the last five minutes, the most frequent first; absent where none was. */
  readonly refusals?: readonly RefusalCause[];
  /** Attempts of the last five minutes that failed, those of calls that wait for their retry among them; absent where none did. */
  readonly failedAttempts?: number;
  /** Attempts of the last five minutes by how long they took: see `percentileMs`. */
  readonly latency: readonly number[];
  readonly lastOkAt?: number;
  /** A refusal is an answer; absent in processes of the version before. */
  readonly lastAnswerAt?: number;
  /** Of the last attempt that failed: a code alone. */
  readonly lastError?: { readonly code: string; readonly at: number };
  /** Attempts in a row that failed, since the other side last answered, and when the first of them ended. */
  readonly failures: number;
  readonly failingSince?: number;
  /** When the oldest attempt began that is still without an answer. */
  readonly unansweredSince?: number;
  /** Under way now. */
  readonly active: number;
  /** Waiting for their turn. */
  readonly waiting: number;
  /** Nothing goes out for a while, since too many failed in a row. */
  readonly isPaused?: boolean;
}

export interface Refusal {
  readonly code: string;
  readonly app?: string | undefined;
}

export interface CallStats {
  /** One try begins; call the answer when it has ended, whatever came of it. Until then it is an attempt that nobody has answered. */
  begun(id: string): () => void;
  /** One try ended. `code`: of its error. */
  attempted(id: string, ms: number, outcome: CallOutcome, code?: string): void;
  /** A call ended, or goes on waiting; it is reported once. `refusal`: why it was refused, and whose call it was, where that is known. */
  called(id: string, ms: number, outcome: CallOutcome, refusal?: Refusal): void;
  /** How calls of these went is forgotten, but for their totals: what gets such an id later is another one. */
  forget(isGone: (id: string) => boolean): void;
  /** Of all that were ever called. */
  counts(): readonly CallCounts[];
}

const MINUTE_SLOTS = 6;
/** Upper bounds of the classes of durations, in milliseconds. */
const BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 350, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10_000, 15_000, 30_000, 60_000];
const CALLS = 0;
const REFUSED = 1;
const FAILED = 2;
const FAILED_ATTEMPTS = 3;
const LATENCY = 4;
const WIDTH = LATENCY + BOUNDS_MS.length + 1;
/** A plan has hundreds: ids beyond this are not counted. */
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

/** An error's outcome for the one that was called: what is wrong with the message is no fault of theirs. */
export function outcomeOf(kind: ErrorKind | undefined): CallOutcome {
  if (kind === undefined) return 'ok';
  if (kind === 'input') return 'refused';
  return kind === 'unknown-outcome' ? 'unknown' : 'failed';
}

/** Within its class a duration is taken to lie where its rank does. Undefined without attempts. */
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
  /** In the order of their begin. */
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

  refused(slot: number, now: number, { code, app }: Refusal): void {
    this.#refusals.add(slot, now, code, app);
  }

  counts(slot: number): CallCounts {
    const [oldest] = this.#open;
    const sum = (field: number, slots?: number) => this.#sums.sum(slot, field, slots);
    const refusals = this.#refusals.list(slot);
    const failedAttempts = sum(FAILED_ATTEMPTS);
    return {
      id: this.#id,
      totals: [...this.#totals],
      perMinute: sum(CALLS, MINUTE_SLOTS),
      recent: { calls: sum(CALLS), refused: sum(REFUSED), failed: sum(FAILED) },
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
