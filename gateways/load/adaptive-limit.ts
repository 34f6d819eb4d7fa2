/**
 * Limits how many calls of an interface are in flight, and adapts the limit to what the target can serve: it compares
 * the latency of the last moments with the usual latency. Over the limit, calls wait in a short queue or are refused.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';

/** How a call ended. `overload`: a time-out, a connection that failed, or 503. `unknown`: it says nothing. */
export type CallEnd = 'ok' | 'overload' | 'unknown';

export type LimitEvent = { readonly kind: 'limit-changed'; readonly from: number; readonly to: number; readonly inFlight: number };

export interface AdaptiveLimitOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** The operator's limit for all gateways together. */
  readonly ceiling: number;
  /** The limit at the start; 20 if absent. */
  readonly initial?: number | undefined;
  /** The number of gateways that share the ceiling. */
  liveGateways?(): number;
  onChange?(event: LimitEvent): void;
}

const INITIAL_LIMIT = 20;
const WINDOW_FROM_MS = 100;
const WINDOW_TO_MS = 1_000;
const WINDOW_SAMPLES = 10;
/** The usual latency is an average over this many windows. */
const LONG_WINDOWS = 600;
/** The first windows count equally, so that the average is usable early. */
const WARM_UP_WINDOWS = 10;
/**
 * Share of its weight that a window has in the usual latency if calls were refused or queued in it. Its latency contains
 * waiting in the target that this limit itself allowed. With full weight, a long overload would become the usual
 * latency, and the limit would rise without end.
 */
const SATURATED_WEIGHT = 0.1;
const TOLERANCE = 1.5;
const KEEP = 0.8;
const BACKOFF = 0.9;
const WAIT_MS = 100;
const NEWEST_FIRST_MS = 50;
/**
 * A call that was refused after it had waited shows that the queue does not absorb a burst but only delays. For
 * `OVERLOAD_MS` after a refusal, new entries wait this long, so that their refusals are quick.
 */
const OVERLOAD_MS = 1_000;
const OVERLOAD_WAIT_MS = 5;
/** Changes of the limit are reported at most this often, and only if they are larger than a tenth. */
const REPORT_MS = 1_000;
const REPORT_SHARE = 0.1;

interface Waiting {
  readonly since: number;
  settle(isAdmitted: boolean): void;
}

export class AdaptiveLimit {
  readonly #options: AdaptiveLimitOptions;
  #ceiling: number;
  #limit: number;
  #inFlight = 0;
  #queue: Waiting[] = [];
  #refusedAt = -Infinity;

  #windowFrom: number;
  #samples = 0;
  #sumMs = 0;
  #peak = 0;
  #isSaturated = false;
  #hasBackedOff = false;
  #longMs = 0;
  #windows = 0;

  #reported: number;
  #reportedAt = -Infinity;

  constructor(options: AdaptiveLimitOptions) {
    this.#options = options;
    this.#ceiling = options.ceiling;
    this.#limit = Math.min(options.initial ?? INITIAL_LIMIT, this.#share());
    this.#reported = this.limit;
    this.#windowFrom = options.clock.monotonic();
  }

  /** The current limit of this process. */
  get limit(): number {
    return Math.max(1, Math.floor(Math.min(this.#limit, this.#share())));
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** True if the operator's ceiling, not the latency, bounds the calls. */
  get isAtCeiling(): boolean {
    return this.#limit >= this.#share();
  }

  setCeiling(ceiling: number): void {
    this.#ceiling = ceiling;
  }

  /**
   * Admits a call, refuses it, or lets it wait. `leftMs` is the time until its deadline. `onLeave` registers what
   * happens if its caller leaves. Each admitted call must be ended once by `leave`.
   */
  enter(leftMs: number, onLeave: (action: () => void) => void): boolean | Promise<boolean> {
    if (this.#queue.length === 0 && this.#inFlight < this.limit) {
      this.#admit();
      return true;
    }
    this.#isSaturated = true;
    const now = this.#options.clock.monotonic();
    const isOverloaded = now - this.#refusedAt < OVERLOAD_MS;
    const waitMs = Math.min(isOverloaded ? OVERLOAD_WAIT_MS : WAIT_MS, leftMs / 2);
    if (waitMs <= 0 || this.#queue.length >= 2 * this.limit) {
      this.#refusedAt = now;
      return false;
    }
    return this.#wait(now, waitMs, onLeave);
  }

  /** Ends an admitted call. Its latency counts only if it ended well. */
  leave(end: CallEnd, latencyMs: number): void {
    this.#inFlight--;
    if (end === 'ok') {
      this.#samples++;
      this.#sumMs += latencyMs;
    } else if (end === 'overload' && !this.#hasBackedOff) {
      this.#hasBackedOff = true;
      this.#set(this.#limit * BACKOFF);
    }
    this.#turnWindow();
    this.#admitWaiting();
  }

  #wait(now: number, waitMs: number, onLeave: (action: () => void) => void): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        since: now,
        settle: (isAdmitted) => {
          cancel();
          const at = this.#queue.indexOf(waiting);
          if (at < 0) return;
          this.#queue.splice(at, 1);
          if (isAdmitted) this.#admit();
          resolve(isAdmitted);
        },
      };
      const cancel = this.#options.clock.after(waitMs, () => {
        this.#refusedAt = this.#options.clock.monotonic();
        waiting.settle(false);
      });
      this.#queue.push(waiting);
      onLeave(() => waiting.settle(false));
    });
  }

  #admit(): void {
    this.#inFlight++;
    if (this.#inFlight > this.#peak) this.#peak = this.#inFlight;
  }

  #admitWaiting(): void {
    while (this.#queue.length > 0 && this.#inFlight < this.limit) {
      const isLate = this.#options.clock.monotonic() - this.#queue[0]!.since >= NEWEST_FIRST_MS;
      this.#queue.at(isLate ? -1 : 0)!.settle(true);
    }
  }

  #turnWindow(): void {
    const now = this.#options.clock.monotonic();
    const lastedMs = now - this.#windowFrom;
    if (lastedMs < WINDOW_FROM_MS || (lastedMs < WINDOW_TO_MS && this.#samples < WINDOW_SAMPLES)) return;
    if (this.#samples >= WINDOW_SAMPLES) this.#learn(this.#sumMs / this.#samples);
    this.#windowFrom = now;
    this.#samples = 0;
    this.#sumMs = 0;
    this.#peak = this.#inFlight;
    this.#isSaturated = this.#queue.length > 0;
    this.#hasBackedOff = false;
  }

  #learn(shortMs: number): void {
    this.#windows++;
    if (this.#windows <= WARM_UP_WINDOWS) this.#longMs += (shortMs - this.#longMs) / this.#windows;
    else {
      const weight = this.#isSaturated && shortMs > this.#longMs ? SATURATED_WEIGHT : 1;
      this.#longMs += ((shortMs - this.#longMs) * weight) / LONG_WINDOWS;
      // After a long overload the average would take minutes to come down, and allow too much until then.
      if (shortMs < this.#longMs / 2) this.#longMs *= 0.95;
    }
    const gradient = shortMs <= 0 ? 1 : Math.min(1, Math.max(0.5, (TOLERANCE * this.#longMs) / shortMs));
    const next = KEEP * this.#limit + (1 - KEEP) * (gradient * this.#limit + Math.sqrt(this.#limit));
    // Calls far below the limit do not show that the target could serve more.
    if (next <= this.#limit || this.#peak >= this.#limit / 2) this.#set(next);
  }

  #set(limit: number): void {
    this.#limit = Math.min(Math.max(1, limit), this.#share());
    const now = this.#options.clock.monotonic();
    const to = this.limit;
    if (Math.abs(to - this.#reported) <= this.#reported * REPORT_SHARE || now - this.#reportedAt < REPORT_MS) return;
    const from = this.#reported;
    this.#reported = to;
    this.#reportedAt = now;
    this.#options.onChange?.({ kind: 'limit-changed', from, to, inFlight: this.#inFlight });
  }

  #share(): number {
    return Math.max(1, this.#ceiling / Math.max(1, this.#options.liveGateways?.() ?? 1));
  }
}
