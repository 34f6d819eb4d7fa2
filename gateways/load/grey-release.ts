/**
 * Grey release: decides which of two instance groups serves a request, raises the share of the new group in steps, and
 * takes it to zero if it is worse than the old one.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { GroupComparison, type GroupStats } from './group-comparison.ts';
import { hashShare } from './hash.ts';

export interface GreyRules {
  /** Identifies the release; a new one starts again, and is not rolled back. */
  readonly releaseId: string;
  /** Values of the tag that go to the new group. The tag is read from a source that the caller cannot write. */
  readonly tags?: readonly string[] | undefined;
  /** Stable keys (users, apps) that always go to the new group. */
  readonly allowed?: readonly string[] | undefined;
  /** Districts or domains that always go to the new group. */
  readonly districts?: readonly string[] | undefined;
  /** Share of the other requests in percent, if there are no steps. */
  readonly percent?: number | undefined;
  readonly steps?: GreySteps | undefined;
}

export interface GreySteps {
  /** Epoch milliseconds. All gateways compute the same step from it, so a user sees the same group everywhere. */
  readonly startsAt: number;
  readonly holdMs: number;
  readonly percents?: readonly number[] | undefined;
}

export interface GreySubject {
  readonly tag?: string | undefined;
  readonly district?: string | undefined;
  /** The stable key, such as the user or the app. */
  readonly key: string;
}

export interface RollbackLimits {
  /** Requests that each group must have within a minute before they are compared. */
  readonly minimumCalls?: number | undefined;
  /** The new group may fail by so many points more than the old one: 0.05 is 5 of 100 requests. */
  readonly errorMargin?: number | undefined;
  /** The p95 of the new group may be so many times that of the old one. */
  readonly latencyFactor?: number | undefined;
}

export type GreyEvent =
  | { readonly kind: 'grey-step'; readonly percent: number }
  | {
      readonly kind: 'grey-rolled-back';
      /** `elsewhere`: another gateway has found it. */
      readonly cause: 'errors' | 'latency' | 'elsewhere';
      readonly percent: number;
      readonly grey?: GroupStats;
      readonly base?: GroupStats;
    };

export interface GreyReleaseOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly rules: GreyRules;
  /** Undefined: no automatic rollback. */
  readonly limits?: RollbackLimits | undefined;
  onChange?(event: GreyEvent): void;
}

export const GREY_STEPS = [1, 5, 25, 50, 100] as const;

const MINIMUM_CALLS = 100;
const ERROR_MARGIN = 0.05;
const LATENCY_FACTOR = 1.5;
/** Differences below this are no reason for a rollback, however large they are as a factor. */
const LATENCY_FLOOR_MS = 20;
const COMPARE_MS = 1_000;

export class GreyRelease {
  readonly #options: GreyReleaseOptions;
  readonly #comparison: GroupComparison;
  #rules: GreyRules;
  #limits: RollbackLimits | undefined;
  #tags: ReadonlySet<string> = new Set();
  #allowed: ReadonlySet<string> = new Set();
  #districts: ReadonlySet<string> = new Set();
  #isRolledBack = false;
  #percent: number;
  #comparedAt = 0;
  /** The last complete figures of the old group, for the time when it has too few requests. */
  #baseline: GroupStats | undefined;

  constructor(options: GreyReleaseOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#limits = options.limits;
    this.#comparison = new GroupComparison(options.clock);
    this.configure(options.rules, options.limits);
    this.#percent = this.#planned();
    this.#comparedAt = options.clock.monotonic();
  }

  /** Changes the rules of the same release; what was counted stays, and a rollback too. */
  configure(rules: GreyRules, limits: RollbackLimits | undefined): void {
    this.#rules = rules;
    this.#limits = limits;
    this.#tags = new Set(rules.tags);
    this.#allowed = new Set(rules.allowed);
    this.#districts = new Set(rules.districts);
  }

  get isRolledBack(): boolean {
    return this.#isRolledBack;
  }

  /** The current share of the new group in percent. */
  get percent(): number {
    return this.#isRolledBack ? 0 : this.#percent;
  }

  /** Returns true if the new group serves this subject. */
  isGrey({ tag, district, key }: GreySubject): boolean {
    this.#turn();
    if (this.#isRolledBack) return false;
    if (tag !== undefined && this.#tags.has(tag)) return true;
    if (this.#allowed.has(key)) return true;
    if (district !== undefined && this.#districts.has(district)) return true;
    // The position of a key never changes. So a larger share keeps those who are in, and adds only the difference.
    return hashShare(`${this.#rules.releaseId} ${key}`) * 100 < this.#percent;
  }

  /** Counts the end of a call in one of the groups. */
  ended(isGrey: boolean, isFailure: boolean, latencyMs: number): void {
    this.#comparison.add(isGrey, isFailure, latencyMs);
    const now = this.#options.clock.monotonic();
    if (now - this.#comparedAt < COMPARE_MS) return;
    this.#comparedAt = now;
    this.#compare();
  }

  /** Takes the new group to zero, because another gateway has found it worse. */
  rollBack(): void {
    if (!this.#isRolledBack) this.#rollBack('elsewhere');
  }

  #compare(): void {
    const limits = this.#limits;
    if (limits === undefined || this.#isRolledBack) return;
    const minimum = limits.minimumCalls ?? MINIMUM_CALLS;
    const current = this.#comparison.stats(false);
    if (current.calls >= minimum) this.#baseline = current;
    const base = this.#baseline;
    const grey = this.#comparison.stats(true);
    if (base === undefined || grey.calls < minimum) return;
    if (grey.failureShare > base.failureShare + (limits.errorMargin ?? ERROR_MARGIN)) this.#rollBack('errors', grey, base);
    else if (grey.p95Ms > base.p95Ms * (limits.latencyFactor ?? LATENCY_FACTOR) && grey.p95Ms - base.p95Ms > LATENCY_FLOOR_MS)
      this.#rollBack('latency', grey, base);
  }

  #rollBack(cause: 'errors' | 'latency' | 'elsewhere', grey?: GroupStats, base?: GroupStats): void {
    const { percent } = this;
    this.#isRolledBack = true;
    this.#options.onChange?.({ kind: 'grey-rolled-back', cause, percent, ...(grey && base && { grey, base }) });
  }

  #turn(): void {
    const planned = this.#planned();
    if (planned === this.#percent) return;
    this.#percent = planned;
    if (!this.#isRolledBack) this.#options.onChange?.({ kind: 'grey-step', percent: planned });
  }

  #planned(): number {
    const { percent = 0, steps } = this.#rules;
    if (steps === undefined) return percent;
    const { startsAt, holdMs, percents = GREY_STEPS } = steps;
    const passedMs = this.#options.clock.now() - startsAt;
    if (passedMs < 0) return 0;
    return percents[Math.min(percents.length - 1, Math.floor(passedMs / holdMs))] ?? 0;
  }
}
