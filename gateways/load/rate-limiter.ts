/**
 * Limits requests per key over all gateways of an installation, without a round trip per request. Each process paces
 * its own requests (GCRA). For the sum over the processes, time is cut into windows. In each window a process may use a
 * fixed reserve without asking; it leases more from a shared counter. Reserves and leases together never exceed the
 * limit of a window.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { GenerationMap } from './generation-map.ts';

export interface Rate {
  /** The number of requests per period. */
  readonly limit: number;
  readonly periodMs: number;
  /** How many requests may come at once after a pause; the limit if absent. */
  readonly burst?: number | undefined;
}

/** The answer to one request. `waitMs` is 0 if it may continue. */
export interface RateState {
  readonly waitMs: number;
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the whole burst is available again. */
  readonly resetMs: number;
}

export interface RateEvent {
  readonly kind: 'rate-degraded' | 'rate-restored';
  /** The part of the limit that each process applies on its own: 1 / live gateways. */
  readonly gateways: number;
}

/** The state of the shared counters, for all limiters of a process: after a failure none asks again for a second. */
export interface SharedHealth {
  isDown(): boolean;
  failed(gateways: number): void;
  worked(gateways: number): void;
}

export interface RateLimiterOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  readonly shared: Pick<SharedState, 'increment'>;
  readonly health: SharedHealth;
  /** The name of the limit in the shared state. It never contains personal data; `keyOf` makes keys of callers opaque. */
  readonly name: string;
  readonly rate: Rate;
  keyOf(key: string): string;
  liveGateways(): number;
}

const WINDOW_FROM_MS = 100;
const WINDOW_TO_MS = 60_000;
/** This share of a window's budget is reserved for the processes in equal parts; the rest is leased. */
const RESERVED = 0.5;
/** A lease takes this share of a process's part of the leased rest. */
const LEASE_SHARE = 0.25;
/** A request waits no longer than this for a lease; then the shared state counts as down. */
const LEASE_WAIT_MS = 250;
const RETRY_MS = 1_000;

interface Bucket {
  /** When the bucket is full again, by the monotonic clock. */
  fullAt: number;
  window: number;
  /** Requests that may still pass in this window without asking. */
  credit: number;
  isExhausted: boolean;
  lease: Promise<void> | undefined;
}

export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #costMs: number;
  readonly #burst: number;
  readonly #burstMs: number;
  readonly #windowMs: number;
  readonly #budget: number;
  readonly #buckets: GenerationMap<Bucket>;

  constructor(options: RateLimiterOptions) {
    const { limit, periodMs, burst = limit } = options.rate;
    this.#options = options;
    this.#costMs = periodMs / limit;
    this.#burst = burst;
    this.#burstMs = burst * this.#costMs;
    this.#windowMs = Math.min(WINDOW_TO_MS, Math.max(WINDOW_FROM_MS, this.#burstMs));
    this.#budget = Math.max(1, Math.floor(this.#windowMs / this.#costMs));
    this.#buckets = new GenerationMap(options.clock, Math.max(this.#burstMs, this.#windowMs));
  }

  /** Takes one request of this key. */
  take(key: string): RateState | Promise<RateState> {
    const bucket = this.#bucketOf(key);
    const paced = this.#pace(bucket, this.#costMs, this.#burstMs);
    if (paced !== undefined) return paced;
    const gateways = Math.max(1, this.#options.liveGateways());
    if (gateways === 1) return this.#spend(bucket, this.#costMs, this.#burstMs);
    if (this.#options.health.isDown()) return this.#takeAlone(bucket, gateways);
    this.#enterWindow(bucket, gateways);
    if (bucket.credit >= 1) {
      bucket.credit--;
      // Ask before the credit is used up, so that no request waits. With leases of one request, wait: a caller who
      // stays within the reserve then causes no round trip at all.
      if (bucket.credit < Math.floor(this.#chunk(gateways) / 2) && !bucket.isExhausted) void this.#lease(key, bucket, gateways);
      return this.#spend(bucket, this.#costMs, this.#burstMs);
    }
    if (bucket.isExhausted) return this.#refuse(this.#windowLeftMs());
    return this.#lease(key, bucket, gateways).then(() => this.#takeLeased(bucket, gateways));
  }

  /** Returns the state of a key in this process without taking a request. `waitMs` is above 0 if it would be refused. */
  peek(key: string): RateState {
    const bucket = this.#buckets.get(key);
    const usedMs = Math.max(0, (bucket?.fullAt ?? 0) - this.#options.clock.monotonic());
    const remaining = Math.max(0, Math.floor((this.#burstMs - usedMs) / this.#costMs + 1e-6));
    if (bucket === undefined || !this.#isLimited(bucket)) return { waitMs: 0, limit: this.#burst, remaining, resetMs: usedMs };
    return this.#refuse(remaining > 0 ? this.#windowLeftMs() : usedMs + this.#costMs - this.#burstMs);
  }

  /** Returns how many keys had requests lately, and how many of them would be refused now. */
  counts(): { readonly callers: number; readonly limited: number } {
    const all = [...this.#buckets.values()];
    return { callers: all.length, limited: all.filter((bucket) => this.#isLimited(bucket)).length };
  }

  /** Returns the number of remembered keys; for tests. */
  size(): number {
    return this.#buckets.size;
  }

  #isLimited({ fullAt, window, credit, isExhausted }: Bucket): boolean {
    const usedMs = Math.max(0, fullAt - this.#options.clock.monotonic());
    if (usedMs + this.#costMs - this.#burstMs > 1e-6) return true;
    return isExhausted && credit < 1 && window === this.#window() && this.#options.liveGateways() > 1 && !this.#options.health.isDown();
  }

  #takeLeased(bucket: Bucket, gateways: number): RateState {
    if (this.#options.health.isDown()) return this.#takeAlone(bucket, gateways);
    const paced = this.#pace(bucket, this.#costMs, this.#burstMs);
    if (paced !== undefined) return paced;
    if (bucket.credit < 1) return this.#refuse(bucket.isExhausted ? this.#windowLeftMs() : this.#costMs);
    bucket.credit--;
    return this.#spend(bucket, this.#costMs, this.#burstMs);
  }

  /** Without the shared state each process applies its equal part of the limit. */
  #takeAlone(bucket: Bucket, gateways: number): RateState {
    const costMs = this.#costMs * gateways;
    const burstMs = Math.max(costMs, this.#burstMs);
    return this.#pace(bucket, costMs, burstMs) ?? this.#spend(bucket, costMs, burstMs);
  }

  /** GCRA: only the time is stored at which the bucket is full again. Returns a refusal, or undefined. */
  #pace(bucket: Bucket, costMs: number, burstMs: number): RateState | undefined {
    const now = this.#options.clock.monotonic();
    const waitMs = Math.max(bucket.fullAt, now) + costMs - now - burstMs;
    // A sum of fractions may exceed the burst by less than any time that matters.
    return waitMs > 1e-6 ? this.#refuse(waitMs) : undefined;
  }

  #spend(bucket: Bucket, costMs: number, burstMs: number): RateState {
    const now = this.#options.clock.monotonic();
    bucket.fullAt = Math.max(bucket.fullAt, now) + costMs;
    const resetMs = bucket.fullAt - now;
    return { waitMs: 0, limit: this.#burst, remaining: Math.max(0, Math.floor((burstMs - resetMs) / costMs + 1e-6)), resetMs };
  }

  #refuse(waitMs: number): RateState {
    return { waitMs: Math.max(1, waitMs), limit: this.#burst, remaining: 0, resetMs: Math.max(1, waitMs) };
  }

  #bucketOf(key: string): Bucket {
    return this.#buckets.getOrAdd(key, () => ({ fullAt: 0, window: -1, credit: 0, isExhausted: false, lease: undefined }));
  }

  #enterWindow(bucket: Bucket, gateways: number): void {
    const window = this.#window();
    if (bucket.window === window) return;
    bucket.window = window;
    bucket.credit = this.#reserve(gateways);
    bucket.isExhausted = false;
    bucket.lease = undefined;
  }

  #lease(key: string, bucket: Bucket, gateways: number): Promise<void> {
    bucket.lease ??= this.#askForLease(key, bucket, gateways);
    return bucket.lease;
  }

  async #askForLease(key: string, bucket: Bucket, gateways: number): Promise<void> {
    const { window } = bucket;
    const { clock, shared, health, name, keyOf } = this.#options;
    const leasable = this.#budget - this.#reserve(gateways) * gateways;
    const wanted = Math.min(this.#chunk(gateways), leasable);
    let cancel: () => void = () => undefined;
    try {
      const tooLate = new Promise<'too-late'>((resolve) => (cancel = clock.after(LEASE_WAIT_MS, () => resolve('too-late'))));
      const asked = shared.increment(`rate:${name}:${keyOf(key)}:${window}`, wanted, this.#windowMs + RETRY_MS);
      asked.catch(() => undefined);
      const used = await Promise.race([asked, tooLate]);
      if (used === 'too-late') return health.failed(gateways);
      health.worked(gateways);
      if (bucket.window !== window) return;
      const granted = Math.max(0, Math.min(wanted, leasable - (used - wanted)));
      bucket.credit += granted;
      bucket.isExhausted = granted < wanted;
    } catch {
      health.failed(gateways);
    } finally {
      cancel();
      if (bucket.window === window) bucket.lease = undefined;
    }
  }

  #reserve(gateways: number): number {
    return Math.floor((this.#budget * RESERVED) / gateways);
  }

  #chunk(gateways: number): number {
    return Math.max(1, Math.ceil((this.#budget * (1 - RESERVED) * LEASE_SHARE) / gateways));
  }

  /** Windows follow the wall clock, because all processes must agree on them. */
  #window(): number {
    return Math.floor(this.#options.clock.now() / this.#windowMs);
  }

  #windowLeftMs(): number {
    return (this.#window() + 1) * this.#windowMs - this.#options.clock.now();
  }
}

export function createSharedHealth(clock: Pick<Clock, 'monotonic'>, onChange: (event: RateEvent) => void): SharedHealth {
  let downUntil = -Infinity;
  let isDegraded = false;
  return {
    isDown: () => clock.monotonic() < downUntil,
    failed(gateways) {
      downUntil = clock.monotonic() + RETRY_MS;
      if (!isDegraded) onChange({ kind: 'rate-degraded', gateways });
      isDegraded = true;
    },
    worked(gateways) {
      if (isDegraded) onChange({ kind: 'rate-restored', gateways });
      isDegraded = false;
    },
  };
}

/** Headers that tell a caller its limit (draft-ietf-httpapi-ratelimit-headers). */
export function rateHeaders(
  name: string,
  { limit, remaining, resetMs }: Omit<RateState, 'waitMs'>,
  periodMs: number,
): Record<string, string> {
  const resetSec = String(Math.ceil(resetMs / 1_000));
  return {
    'ratelimit-policy': `"${name}";q=${limit};w=${Math.max(1, Math.round(periodMs / 1_000))}`,
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': resetSec,
  };
}
