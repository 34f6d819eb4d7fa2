/**
 * Counts requests of a key per day and month, exactly and over all gateways. A process leases a few requests at a time
 * from the store, and gives back what it does not use.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { QuotaStore } from '../policy-ports.ts';
import { GenerationMap } from './generation-map.ts';
import { startOfPeriod, type QuotaPeriod } from './quota-periods.ts';

export interface QuotaState {
  readonly isAllowed: boolean;
  readonly limit: number;
  /** At least this many are left, as far as this process knows. */
  readonly remaining: number;
  readonly resetMs: number;
}

export interface QuotaOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  readonly store: QuotaStore;
  readonly name: string;
  readonly period: QuotaPeriod;
  readonly limit: number;
  readonly timeZone: string;
  keyOf(key: string): string;
  liveGateways(): number;
}

const LARGEST_LEASE = 1_000;
/** A process leases this share of its part of what is left, so that little is held elsewhere near the end. */
const LEASE_SHARE = 1 / 16;
/** What was not used for this long is given back, so that other gateways can use it. */
const IDLE_MS = 5_000;
/** How long an exhausted quota is believed. Other gateways may give back what they did not use. */
const EXHAUSTED_MS = 1_000;
const KEEP_MS = 3_600_000;

interface Held {
  startsAt: number;
  endsAt: number;
  storeKey: string;
  credit: number;
  /** The count in the store, when this process asked last. */
  used: number;
  exhaustedUntil: number;
  usedAt: number;
  lease: Promise<void> | undefined;
}

export class Quota {
  readonly #options: QuotaOptions;
  readonly #held: GenerationMap<Held>;
  #stopSweeping: () => void = () => undefined;
  #isSweeping = false;

  constructor(options: QuotaOptions) {
    this.#options = options;
    this.#held = new GenerationMap(options.clock, KEEP_MS);
  }

  /** Takes one request. Rejects if the store is down and the lease is used up. */
  take(key: string): QuotaState | Promise<QuotaState> {
    const held = this.#heldOf(key);
    if (held.credit > 0) return this.#use(held);
    if (this.#options.clock.monotonic() < held.exhaustedUntil) return this.#state(held, false);
    if (held.lease === undefined) {
      const lease = this.#lease(held).finally(() => {
        if (held.lease === lease) held.lease = undefined;
      });
      held.lease = lease;
    }
    return held.lease.then(() => this.#takeLeased(key));
  }

  /**
   * Returns how many requests of this key were counted in the current period, as far as this process knows. Returns
   * undefined if it has not counted any.
   */
  peek(key: string): number | undefined {
    const held = this.#held.get(key);
    return held === undefined || this.#options.clock.now() >= held.endsAt ? undefined : held.used - held.credit;
  }

  /**
   * Returns the state that the next request of this key would find, without counting one. What other processes have
   * leased counts as used, as it does for a request. Rejects if the store is down.
   */
  async look(key: string): Promise<QuotaState> {
    const { clock, store, period, timeZone, limit } = this.#options;
    const { endsAt, label } = startOfPeriod(clock.now(), period, timeZone);
    const held = this.#held.get(key);
    const credit = held !== undefined && held.endsAt === endsAt ? held.credit : 0;
    const remaining = Math.max(0, limit - (await store.used(this.#storeKey(label, key))) + credit);
    return { isAllowed: remaining > 0, limit, remaining, resetMs: Math.max(1, endsAt - clock.now()) };
  }

  /** Returns how many keys this process counts in the current period, and how many have used up their quota. */
  counts(): { readonly callers: number; readonly limited: number } {
    const { clock, limit } = this.#options;
    const all = [...this.#held.values()].filter(({ endsAt }) => clock.now() < endsAt);
    return { callers: all.length, limited: all.filter(({ used, credit }) => used - credit >= limit).length };
  }

  /** Gives a request back that was refused later and so did not use the quota. */
  giveBack(key: string): void {
    this.#heldOf(key).credit++;
  }

  /** Gives back all unused leases; called when the gateway stops. */
  async stop(): Promise<void> {
    this.#stopSweeping();
    await Promise.allSettled([...this.#held.values()].map((held) => this.#return(held)));
  }

  #takeLeased(key: string): QuotaState | Promise<QuotaState> {
    const held = this.#heldOf(key);
    if (held.credit > 0) return this.#use(held);
    // Requests that waited for the same lease may have used it up: ask again, unless nothing is left.
    return this.#options.clock.monotonic() < held.exhaustedUntil ? this.#state(held, false) : this.take(key);
  }

  #use(held: Held): QuotaState {
    held.credit--;
    held.usedAt = this.#options.clock.monotonic();
    this.#sweepLater();
    return this.#state(held, true);
  }

  #state(held: Held, isAllowed: boolean): QuotaState {
    const { limit, clock } = this.#options;
    const remaining = isAllowed ? Math.max(0, limit - held.used + held.credit) : 0;
    return { isAllowed, limit, remaining, resetMs: Math.max(1, held.endsAt - clock.now()) };
  }

  async #lease(held: Held): Promise<void> {
    const { store, limit, clock, liveGateways } = this.#options;
    const part = (Math.max(0, limit - held.used) * LEASE_SHARE) / Math.max(1, liveGateways());
    const wanted = Math.max(1, Math.min(LARGEST_LEASE, Math.floor(part)));
    const { storeKey } = held;
    const { granted, used } = await store.lease(storeKey, wanted, limit, held.endsAt);
    // The period has ended meanwhile.
    if (held.storeKey !== storeKey) return;
    held.credit += granted;
    held.used = used;
    held.usedAt = clock.monotonic();
    if (granted === 0) held.exhaustedUntil = clock.monotonic() + EXHAUSTED_MS;
    else this.#sweepLater();
  }

  #heldOf(key: string): Held {
    const { clock, period, timeZone } = this.#options;
    const held = this.#held.getOrAdd(key, () => ({
      ...{ startsAt: 0, endsAt: 0, storeKey: '', credit: 0, used: 0, exhaustedUntil: -Infinity, usedAt: 0, lease: undefined },
    }));
    const now = clock.now();
    if (now >= held.startsAt && now < held.endsAt) return held;
    const { startsAt, endsAt, label } = startOfPeriod(now, period, timeZone);
    // What was leased for the last period is worthless now.
    Object.assign(held, { startsAt, endsAt, credit: 0, used: 0, exhaustedUntil: -Infinity, lease: undefined });
    held.storeKey = this.#storeKey(label, key);
    return held;
  }

  #storeKey(label: string, key: string): string {
    return `${this.#options.name}:${label}:${this.#options.keyOf(key)}`;
  }

  #sweepLater(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    this.#stopSweeping = this.#options.clock.after(IDLE_MS, () => {
      this.#isSweeping = false;
      this.#sweep();
    });
  }

  #sweep(): void {
    const now = this.#options.clock.monotonic();
    let isAnyHeld = false;
    for (const held of this.#held.values()) {
      if (held.credit === 0) continue;
      if (now - held.usedAt >= IDLE_MS) void this.#return(held);
      else isAnyHeld = true;
    }
    if (isAnyHeld) this.#sweepLater();
  }

  async #return(held: Held): Promise<void> {
    const { credit, storeKey } = held;
    if (credit === 0 || this.#options.clock.now() >= held.endsAt) return;
    held.credit = 0;
    try {
      await this.#options.store.giveBack(storeKey, credit);
      held.used -= credit;
    } catch {
      // The requests stay counted: the quota is then a little smaller, never larger.
    }
  }
}
