import type { Clock } from '../../engine/contract/values/clock.ts';

/** Counts several things over the last seconds, one bucket for each second, so that old counts drop out. */
export class SecondBuckets {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #seconds: number;
  readonly #fields: number;
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  #second: number;

  constructor(clock: Pick<Clock, 'monotonic'>, seconds: number, fields: number) {
    this.#clock = clock;
    this.#seconds = seconds;
    this.#fields = fields;
    this.#counts = new Float64Array(seconds * fields);
    this.#sums = new Float64Array(fields);
    this.#second = this.#now();
  }

  add(field: number, by = 1): void {
    this.#turn();
    this.#counts[(this.#second % this.#seconds) * this.#fields + field]! += by;
    this.#sums[field]! += by;
  }

  /** Returns the sum of a field over all buckets. */
  sum(field: number): number {
    this.#turn();
    return this.#sums[field]!;
  }

  /** Returns the count of a field in one second: 0 is the current second, 1 the one before. */
  ago(field: number, seconds: number): number {
    this.#turn();
    if (seconds >= this.#seconds || seconds > this.#second) return 0;
    return this.#counts[((this.#second - seconds) % this.#seconds) * this.#fields + field]!;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sums.fill(0);
    this.#second = this.#now();
  }

  #turn(): void {
    const now = this.#now();
    if (now - this.#second >= this.#seconds) return this.reset();
    while (this.#second < now) {
      this.#second++;
      const from = (this.#second % this.#seconds) * this.#fields;
      for (let field = 0; field < this.#fields; field++) {
        this.#sums[field]! -= this.#counts[from + field]!;
        this.#counts[from + field] = 0;
      }
    }
  }

  #now(): number {
    return Math.floor(this.#clock.monotonic() / 1_000);
  }
}
