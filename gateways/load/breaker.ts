/**
 * The circuit breaker of an interface and one of its instance groups: it stops calls to a target that fails, lets a few
 * probes through after a pause, and returns to full traffic slowly.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { SecondBuckets } from './second-buckets.ts';

export type BreakerState = 'closed' | 'open' | 'half-open' | 'ramp';

export type BreakerCause = 'failures' | 'slow' | 'rejections' | 'probes' | 'pause-over' | 'recovered';

export interface BreakerEvent {
  readonly kind: 'breaker-changed';
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly cause: BreakerCause;
  /** How long the breaker stays open; 0 in other states. */
  readonly openMs: number;
}

export interface BreakerSettings {
  /** A call that takes longer counts as slow. If absent, no call is slow. */
  readonly slowMs?: number | undefined;
  readonly failureShare?: number | undefined;
  readonly slowShare?: number | undefined;
  readonly minimumCalls?: number | undefined;
}

export interface BreakerOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly settings?: BreakerSettings;
  /** Returns a number from 0 to below 1. */
  random(): number;
  onChange?(event: BreakerEvent): void;
}

/**
 * What `enter` gave to an admitted call, to be returned by `leave`: 0 for a usual call, otherwise the number of the
 * half-open phase that the call is a probe of.
 */
export type BreakerPass = number;

const SECONDS = 10;
const [CALLS, FAILURES, SLOW, OFFERED, REJECTED] = [0, 1, 2, 3, 4];
const MINIMUM_CALLS = 20;
const FAILURE_SHARE = 0.5;
const SLOW_SHARE = 0.6;
const REJECTED_SHARE = 0.5;
const REJECTED_SECONDS = 3;
const OPEN_FROM_MS = 5_000;
const OPEN_TO_MS = 60_000;
const JITTER = 0.2;
const PROBES_AT_ONCE = 3;
const PROBES = 10;
const GOOD_PROBES = 8;
const RAMP_MS = 10_000;
/** The ramp starts with this share of the traffic. */
const RAMP_FROM = 0.1;

export class Breaker {
  readonly #options: BreakerOptions;
  readonly #counts: SecondBuckets;
  #settings: BreakerSettings;
  #state: BreakerState = 'closed';
  #openMs = OPEN_FROM_MS;
  /** When the state `open` or `ramp` ends. */
  #endsAt = 0;
  #changedAt: number;
  #phase = 0;
  #probing = 0;
  #judged = 0;
  #good = 0;
  /** Collects the admitted share of traffic during the ramp; a call passes for each whole one. */
  #credit = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#settings = options.settings ?? {};
    this.#counts = new SecondBuckets(options.clock, SECONDS, 5);
    this.#changedAt = options.clock.monotonic();
  }

  get state(): BreakerState {
    this.#turn();
    return this.#state;
  }

  /** How long the state has lasted, and after how long it ends without a call; undefined if it does not. */
  get times(): { readonly lastedMs: number; readonly leftMs: number | undefined } {
    const { state } = this;
    const now = this.#options.clock.monotonic();
    const endsAt = state === 'open' || state === 'ramp' ? this.#endsAt : undefined;
    return { lastedMs: now - this.#changedAt, leftMs: endsAt === undefined ? undefined : endsAt - now };
  }

  /** Changes the thresholds; counts and state stay. */
  configure(settings: BreakerSettings): void {
    this.#settings = settings;
  }

  /** Admits a call, or returns undefined. */
  enter(): BreakerPass | undefined {
    this.#turn();
    switch (this.#state) {
      case 'closed':
        return 0;
      case 'open':
        return undefined;
      case 'half-open':
        if (this.#probing >= PROBES_AT_ONCE || this.#probing + this.#judged >= PROBES) return undefined;
        this.#probing++;
        return this.#phase;
      case 'ramp':
        this.#credit += this.#rampShare();
        if (this.#credit < 1) return undefined;
        this.#credit -= 1;
        return 0;
    }
  }

  /** Ends an admitted call. Without `isFailure` the call says nothing, because its caller left for example. */
  leave(pass: BreakerPass, isFailure: boolean | undefined, latencyMs: number): void {
    this.#turn();
    if (pass !== 0) return this.#endProbe(pass, isFailure, latencyMs);
    if (isFailure === undefined || this.#state === 'open' || this.#state === 'half-open') return;
    this.#counts.add(CALLS!);
    if (isFailure) this.#counts.add(FAILURES!);
    if (this.#isSlow(latencyMs)) this.#counts.add(SLOW!);
    this.#judge();
  }

  /** Counts a call at the concurrency limit. `isRejected`: it was refused while the operator's ceiling was reached. */
  noteAdmission(isRejected: boolean): void {
    this.#turn();
    this.#counts.add(OFFERED!);
    if (!isRejected) return;
    this.#counts.add(REJECTED!);
    if (this.#state !== 'closed' && this.#state !== 'ramp') return;
    for (let second = 1; second <= REJECTED_SECONDS; second++) {
      const offered = this.#counts.ago(OFFERED!, second);
      if (offered < this.#minimum() || this.#counts.ago(REJECTED!, second) < REJECTED_SHARE * offered) return;
    }
    this.#open('rejections');
  }

  /** How long callers should wait until calls are admitted again, in milliseconds. */
  retryAfterMs(): number {
    const now = this.#options.clock.monotonic();
    const endsAt = this.#state === 'open' ? this.#endsAt : now;
    return Math.max(1_000, endsAt - now);
  }

  #turn(): void {
    const now = this.#options.clock.monotonic();
    if (this.#state === 'open' && now >= this.#endsAt) this.#halfOpen();
    else if (this.#state === 'ramp' && now >= this.#endsAt) {
      this.#openMs = OPEN_FROM_MS;
      this.#change('closed', 'recovered');
    }
  }

  #halfOpen(): void {
    this.#phase++;
    this.#probing = 0;
    this.#judged = 0;
    this.#good = 0;
    this.#change('half-open', 'pause-over');
  }

  #endProbe(phase: number, isFailure: boolean | undefined, latencyMs: number): void {
    if (phase !== this.#phase || this.#state !== 'half-open') return;
    this.#probing--;
    if (isFailure === undefined) return;
    this.#judged++;
    if (!isFailure && !this.#isSlow(latencyMs)) this.#good++;
    if (this.#judged - this.#good > PROBES - GOOD_PROBES) return this.#open('probes');
    if (this.#judged < PROBES) return;
    this.#counts.reset();
    this.#credit = 0;
    this.#endsAt = this.#options.clock.monotonic() + RAMP_MS;
    this.#change('ramp', 'recovered');
  }

  #judge(): void {
    const calls = this.#counts.sum(CALLS!);
    if (calls < this.#minimum()) return;
    if (this.#counts.sum(FAILURES!) >= (this.#settings.failureShare ?? FAILURE_SHARE) * calls) this.#open('failures');
    else if (this.#counts.sum(SLOW!) >= (this.#settings.slowShare ?? SLOW_SHARE) * calls) this.#open('slow');
  }

  #open(cause: BreakerCause): void {
    // The pause doubles only if the target failed again before it had recovered.
    if (this.#state !== 'closed') this.#openMs = Math.min(OPEN_TO_MS, this.#openMs * 2);
    const openMs = this.#openMs * (1 - JITTER + 2 * JITTER * this.#options.random());
    this.#endsAt = this.#options.clock.monotonic() + openMs;
    this.#change('open', cause, openMs);
  }

  #change(to: BreakerState, cause: BreakerCause, openMs = 0): void {
    const from = this.#state;
    this.#state = to;
    this.#changedAt = this.#options.clock.monotonic();
    this.#options.onChange?.({ kind: 'breaker-changed', from, to, cause, openMs });
  }

  #rampShare(): number {
    const left = (this.#endsAt - this.#options.clock.monotonic()) / RAMP_MS;
    return RAMP_FROM + (1 - RAMP_FROM) * (1 - left);
  }

  #isSlow(latencyMs: number): boolean {
    return this.#settings.slowMs !== undefined && latencyMs > this.#settings.slowMs;
  }

  #minimum(): number {
    return this.#settings.minimumCalls ?? MINIMUM_CALLS;
  }
}
