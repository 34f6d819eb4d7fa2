import type { Clock } from '../../engine/contract/values/clock.ts';

/**
 * Usual maximum number of keys per generation. When it is reached, the older generation of keys is dropped. So a flood of
 * keys does not fill the memory.
 */
const MOST_KEYS = 65_536;

/** A map that forgets a key at the earliest `keepMs` after its last use. */
export class GenerationMap<Value> {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #keepMs: number;
  readonly #most: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #turnsAt: number;

  constructor(clock: Pick<Clock, 'monotonic'>, keepMs: number, most = MOST_KEYS) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#most = most;
    this.#turnsAt = clock.monotonic() + keepMs;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Returns the value of a key, which counts as a use. */
  use(key: string): Value | undefined {
    this.#turn();
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const old = this.#old.get(key);
    if (old !== undefined) this.#young.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    this.#turn();
    this.#young.set(key, value);
  }

  getOrAdd(key: string, make: () => Value): Value {
    const known = this.use(key);
    if (known !== undefined) return known;
    const value = make();
    this.#young.set(key, value);
    return value;
  }

  /** Returns the value of a key without counting as a use. */
  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  #turn(): void {
    const now = this.#clock.monotonic();
    if (now < this.#turnsAt && this.#young.size < this.#most) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#turnsAt = now + this.#keepMs;
  }

  values(): Iterable<Value> {
    return new Set([...this.#old.values(), ...this.#young.values()]);
  }
}
