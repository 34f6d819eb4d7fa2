/**
 * A process in a simulation: its own clock and its own way to a shared store, so that it can be slow, paused (its timers stand still while
 * time continues) or killed (nothing of it ever continues) without the others noticing.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Collection, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';

export interface SimulatedProcess {
  readonly clock: Clock;
  readonly documents: Documents;
  readonly isDead: boolean;
  pauseUntil(monotonicMs: number): void;
  kill(): void;
  /** Resolves after a random delay, later while paused, never once killed. */
  stall(): Promise<void>;
}

export interface Random {
  /** 0 <= x < 1 */
  next(): number;
  below(limit: number): number;
  chance(probability: number): boolean;
}

/** xorshift32: the same seed gives the same run. */
export function seededRandom(seed: number): Random {
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4_294_967_296;
  };
  for (let warmUp = 0; warmUp < 8; warmUp += 1) next();
  return { next, below: (limit) => Math.floor(next() * limit), chance: (probability) => next() < probability };
}

export function simulateProcess(world: Clock, store: Documents, random: Random, maxStallMs: number): SimulatedProcess {
  let pausedUntil = 0;
  let isDead = false;

  const clock: Clock = {
    now: () => world.now(),
    monotonic: () => world.monotonic(),
    after(delayMs, action) {
      let cancel: () => void;
      const fire = () => {
        if (isDead) return;
        const late = pausedUntil - world.monotonic();
        if (late > 0) cancel = world.after(late, fire);
        else action();
      };
      cancel = world.after(delayMs, fire);
      return () => cancel();
    },
  };

  const stall = (): Promise<void> => {
    if (isDead) return new Promise(() => undefined);
    const delayMs = random.chance(0.3) ? random.below(maxStallMs) : 0;
    if (delayMs === 0 && pausedUntil <= world.monotonic()) return Promise.resolve();
    return new Promise((resolve) => clock.after(delayMs, resolve));
  };

  const slowly = async <T>(work: () => Promise<T>): Promise<T> => {
    await stall();
    const result = await work();
    await stall();
    return result;
  };

  const wrap = <T extends StoredDocument>(inner: Collection<T>): Collection<T> => ({
    name: inner.name,
    get: (id) => slowly(() => inner.get(id)),
    insert: (document, options) => slowly(() => inner.insert(document, options)),
    replaceIf: (document, match, options) => slowly(() => inner.replaceIf(document, match, options)),
    patchIf: (id, match, patch, options) => slowly(() => inner.patchIf(id, match, patch, options)),
    find: (filter, options) => slowly(() => inner.find(filter, options)),
    count: (filter, limit) => slowly(() => inner.count(filter, limit)),
    remove: (id, match) => slowly(() => inner.remove(id, match)),
  });

  return {
    clock,
    documents: { ...store, isExclusive: false, counters: store.counters, open: async (spec) => wrap(await store.open(spec)) },
    get isDead() {
      return isDead;
    },
    pauseUntil(monotonicMs) {
      pausedUntil = Math.max(pausedUntil, monotonicMs);
    },
    kill() {
      isDead = true;
    },
    stall,
  };
}
