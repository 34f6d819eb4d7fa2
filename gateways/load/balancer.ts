/** Chooses the instance of a call, among the instances of one group that are usable. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Balancing, GroupInstance } from '../documents/upstream-target.ts';
import { hash32, mix32 } from './hash.ts';
import { OutlierEjection, WatchedInstance, type EjectionEvent, type InstanceState } from './outlier-ejection.ts';

/** `zone` and `tags` as in the document of the interface. */
export type BalancedInstance = GroupInstance;

export interface BalancerOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly instances: readonly BalancedInstance[];
  readonly balancing: Balancing;
  /** The zone of this gateway. Its instances are preferred; undefined if all are alike. */
  readonly zone?: string | undefined;
  /** What is known about the instances, by address. The balancer of the next plan continues with it. */
  readonly known: Map<string, KnownInstance>;
  /** Returns a number from 0 to below 1. */
  random(): number;
  onChange?(event: EjectionEvent): void;
}

/** What this process knows about an instance. */
export interface KnownInstance {
  readonly watched: WatchedInstance;
  readonly seed: number;
  inFlight: number;
  /** The average of recent latencies; undefined before the first call has ended. */
  latencyMs: number | undefined;
  measuredAt: number;
  /** Of smooth weighted round robin: how much the instance is owed. */
  owed: number;
  /** The last result of the active health check; true if there is none. */
  isHealthy: boolean;
}

export interface Candidate extends BalancedInstance {
  readonly known: KnownInstance;
}

export interface ListedInstance {
  readonly address: string;
  readonly state: InstanceState | 'unhealthy';
  readonly weight: number;
  readonly inFlight: number;
  readonly latencyMs: number | undefined;
  /** Calls of the last 10 s that ended, and how many failed. */
  readonly calls: number;
  readonly failures: number;
  readonly ejectedForMs: number | undefined;
}

/** The instances of a group, with its name. */
export interface ListedGroup {
  readonly name: string;
  readonly instances: readonly ListedInstance[];
}

/** The weight of an old latency falls to 1/e in this time. */
const LATENCY_DECAY_MS = 10_000;

export class Balancer {
  readonly #options: BalancerOptions;
  readonly #ejection: OutlierEjection;
  readonly #candidates: readonly Candidate[];
  readonly #hasZones: boolean;
  #turn = 0;

  constructor(options: BalancerOptions) {
    const { clock, instances, known, onChange } = options;
    this.#options = options;
    this.#candidates = instances.map((instance) => ({ ...instance, known: known.get(instance.address) ?? knowNothing(instance, clock) }));
    this.#hasZones = instances.some(({ zone }) => zone !== undefined);
    known.clear();
    for (const candidate of this.#candidates) known.set(candidate.address, candidate.known);
    const watched = this.#candidates.map((candidate) => candidate.known.watched);
    this.#ejection = new OutlierEjection({ clock, watched, ...(onChange && { onChange }) });
  }

  /**
   * Chooses an instance and counts the call as in flight. `tried` are the instances that this request was sent to
   * before; the chosen one is added. `key` is used by the consistent hash only. If no instance is usable, any may be
   * chosen.
   */
  pick(key: string | undefined, tried: Set<string>): Candidate {
    const chosen = this.#choose(this.#usable(tried), key);
    tried.add(chosen.address);
    chosen.known.inFlight++;
    this.#ejection.begin(chosen.known.watched);
    return chosen;
  }

  /** Called once for each picked instance. Without `isFailure` the call says nothing about the instance. */
  ended({ known }: Candidate, isFailure: boolean | undefined, latencyMs: number): void {
    known.inFlight--;
    this.#ejection.end(known.watched, isFailure);
    // A quick failure must not make an instance attractive.
    if (isFailure !== false) return;
    const now = this.#options.clock.monotonic();
    const { latencyMs: before, measuredAt } = known;
    const keep = before === undefined ? 0 : Math.exp(-Math.max(now - measuredAt, 1) / LATENCY_DECAY_MS);
    known.latencyMs = (before ?? 0) * keep + latencyMs * (1 - keep);
    known.measuredAt = now;
  }

  /** True if the choice depends on the caller, by the key given to `pick`. */
  get needsKey(): boolean {
    return this.#options.balancing === 'consistent-hash';
  }

  /** Returns the instances with their states, for the console. */
  list(): readonly ListedInstance[] {
    return this.#candidates.map(({ known: { isHealthy, inFlight, latencyMs, watched }, ...instance }) => ({
      ...{ ...instance, inFlight, latencyMs },
      state: isHealthy ? this.#ejection.stateOf(watched) : 'unhealthy',
      ...this.#ejection.recentOf(watched),
    }));
  }

  #usable(tried: ReadonlySet<string>): readonly Candidate[] {
    const all = this.#candidates;
    if (all.length === 1) return all;
    const healthy = all.filter(({ known, weight }) => known.isHealthy && weight > 0 && this.#ejection.isUsable(known.watched));
    const usable = healthy.length > 0 ? healthy : all;
    if (tried.size === 0) return this.#near(usable);
    const untried = usable.filter(({ address }) => !tried.has(address));
    return this.#near(untried.length > 0 ? untried : usable);
  }

  /** Returns the instances of the gateway's own zone, or all if there are none. One without a zone is near to all. */
  #near(candidates: readonly Candidate[]): readonly Candidate[] {
    if (this.#options.zone === undefined || !this.#hasZones) return candidates;
    const near = candidates.filter(({ zone = this.#options.zone }) => zone === this.#options.zone);
    return near.length > 0 ? near : candidates;
  }

  #choose(usable: readonly Candidate[], key: string | undefined): Candidate {
    if (usable.length === 1) return usable[0]!;
    switch (this.#options.balancing) {
      case 'weighted':
        return chooseWeighted(usable);
      case 'consistent-hash':
        return key === undefined ? this.#chooseOfTwo(usable) : chooseByHash(usable, key);
      case 'two-choices':
        return this.#chooseOfTwo(usable);
      case 'round-robin':
        return usable[this.#turn++ % usable.length]!;
    }
  }

  /** The better one of two random instances. So no instance gets all calls just because it is fast at the moment. */
  #chooseOfTwo(usable: readonly Candidate[]): Candidate {
    const { random } = this.#options;
    const first = Math.floor(random() * usable.length);
    const second = (first + 1 + Math.floor(random() * (usable.length - 1))) % usable.length;
    const usual = usualLatency(usable);
    const [a, b] = [usable[first]!, usable[second]!];
    return costOf(a, usual) <= costOf(b, usual) ? a : b;
  }
}

function knowNothing({ address }: BalancedInstance, clock: Pick<Clock, 'monotonic'>): KnownInstance {
  return {
    watched: new WatchedInstance(address, clock),
    seed: hash32(address),
    ...{ inFlight: 0, latencyMs: undefined, measuredAt: 0, owed: 0, isHealthy: true },
  };
}

/** Smooth weighted round robin, as in nginx: calls of a heavy instance are spread between those of the others. */
function chooseWeighted(usable: readonly Candidate[]): Candidate {
  let total = 0;
  let chosen = usable[0]!;
  for (const candidate of usable) {
    candidate.known.owed += candidate.weight;
    total += candidate.weight;
    if (candidate.known.owed > chosen.known.owed) chosen = candidate;
  }
  chosen.known.owed -= total;
  return chosen;
}

/**
 * Weighted rendezvous hashing: each instance has a score for the key, and the best one is chosen. If an instance is
 * added or removed, only the keys that it gets or had are moved.
 */
function chooseByHash(usable: readonly Candidate[], key: string): Candidate {
  const hash = hash32(key);
  let chosen = usable[0]!;
  let best = -Infinity;
  for (const candidate of usable) {
    const share = (mix32(hash ^ candidate.known.seed) + 0.5) / 2 ** 32;
    const score = -candidate.weight / Math.log(share);
    if (score > best) {
      best = score;
      chosen = candidate;
    }
  }
  return chosen;
}

/** An instance without calls counts as usual, so that a new one is neither flooded nor avoided. */
function costOf({ known: { inFlight, latencyMs }, weight }: Candidate, usualMs: number): number {
  return ((inFlight + 1) * Math.max(latencyMs ?? usualMs, 0.1)) / Math.max(weight, 1e-9);
}

function usualLatency(candidates: readonly Candidate[]): number {
  let sum = 0;
  let count = 0;
  for (const { known } of candidates)
    if (known.latencyMs !== undefined) {
      sum += known.latencyMs;
      count++;
    }
  return count === 0 ? 1 : sum / count;
}
