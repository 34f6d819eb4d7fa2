import type { Clock } from '../../engine/contract/values/clock.ts';

/**
 * Maximum number of keys per generation. When it is reached, the older generation of keys is dropped. So a flood of
 * keys does not fill the memory.
 */
const MOST_KEYS = 65_536;

/** A map that forgets a key at the earliest `keepMs` after its last use. */
export class GenerationMap<Value> {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #keepMs: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #turnsAt: number;

  constructor(clock: Pick<Clock, 'monotonic'>, keepMs: number) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#turnsAt = clock.monotonic() + keepMs;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  getOrAdd(key: string, make: () => Value): Value {
    const now = this.#clock.monotonic();
    if (now >= this.#turnsAt || this.#young.size >= MOST_KEYS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turnsAt = now + this.#keepMs;
    }
    let value = this.#young.get(key);
    if (value !== undefined) return value;
    value = this.#old.get(key) ?? make();
    this.#young.set(key, value);
    return value;
  }

  /** Returns the value of a key without counting as a use. */
  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  values(): Iterable<Value> {
    return new Set([...this.#old.values(), ...this.#young.values()]);
  }
}
