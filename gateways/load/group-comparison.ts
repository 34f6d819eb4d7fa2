import type { Clock } from '../../engine/contract/values/clock.ts';

/** Figures of one group over about the last minute. */
export interface GroupStats {
  readonly calls: number;
  readonly failureShare: number;
  readonly p95Ms: number;
}

const SLICE_MS = 10_000;
const SLICES = 6;
/** Latencies are counted in classes that grow by an eighth, from 1 ms to about 10 minutes. */
const GROWTH = 1.125;
const CLASSES = 114;

interface Slice {
  number: number;
  readonly calls: [number, number];
  readonly failures: [number, number];
  readonly latencies: readonly [Uint32Array, Uint32Array];
}

/** Counts calls, failures and latencies of the old and the new group. */
export class GroupComparison {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #slices: Slice[] = Array.from({ length: SLICES }, () => ({
    number: -1,
    calls: [0, 0],
    failures: [0, 0],
    latencies: [new Uint32Array(CLASSES), new Uint32Array(CLASSES)],
  }));

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  add(isGrey: boolean, isFailure: boolean, latencyMs: number): void {
    const group = isGrey ? 1 : 0;
    const slice = this.#slice();
    slice.calls[group]++;
    if (isFailure) slice.failures[group]++;
    slice.latencies[group][classOf(latencyMs)]!++;
  }

  stats(isGrey: boolean): GroupStats {
    const group = isGrey ? 1 : 0;
    const current = this.#number();
    const latencies = new Uint32Array(CLASSES);
    let calls = 0;
    let failures = 0;
    for (const slice of this.#slices) {
      if (current - slice.number >= SLICES) continue;
      calls += slice.calls[group];
      failures += slice.failures[group];
      for (let i = 0; i < CLASSES; i++) latencies[i]! += slice.latencies[group][i]!;
    }
    return { calls, failureShare: calls === 0 ? 0 : failures / calls, p95Ms: percentile(latencies, 0.95 * calls) };
  }

  #slice(): Slice {
    const number = this.#number();
    const slice = this.#slices[number % SLICES]!;
    if (slice.number !== number) {
      slice.number = number;
      slice.calls.fill(0);
      slice.failures.fill(0);
      for (const classes of slice.latencies) classes.fill(0);
    }
    return slice;
  }

  #number(): number {
    return Math.floor(this.#clock.monotonic() / SLICE_MS);
  }
}

function classOf(latencyMs: number): number {
  if (latencyMs <= 1) return 0;
  return Math.min(CLASSES - 1, Math.floor(Math.log(latencyMs) / Math.log(GROWTH)) + 1);
}

/** Returns the upper bound of the class in which the `rank`-th latency lies. */
function percentile(latencies: Uint32Array, rank: number): number {
  let seen = 0;
  for (let i = 0; i < CLASSES; i++) {
    seen += latencies[i]!;
    if (seen > 0 && seen >= rank) return GROWTH ** i;
  }
  return 0;
}
