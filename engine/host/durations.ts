import type { Labels } from '../contract/values/observe.ts';

/** Upper bounds of the buckets, in seconds. */
const BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60] as const;

/**
 * Counts the durations of one series in the buckets of a Prometheus histogram. Implemented here because each request is
 * counted, and prom-client's histogram checks and joins the labels on every observation.
 */
export class Durations {
  readonly #labels: string;
  /** The count of each bucket. The last one counts durations above the last bound. */
  readonly #counts = new Array<number>(BOUNDS.length + 1).fill(0);
  #sumSec = 0;

  constructor(labels: Labels) {
    this.#labels = Object.entries(labels)
      .map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`)
      .join(',');
  }

  observe(durationSec: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && durationSec > BOUNDS[bucket]!) bucket++;
    this.#counts[bucket]! += 1;
    this.#sumSec += durationSec;
  }

  /** Returns the lines of the series in Prometheus text format, under this metric name. */
  text(name: string): string {
    let count = 0;
    const buckets = [...BOUNDS, '+Inf'].map((bound, bucket) => {
      count += this.#counts[bucket]!;
      return `${name}_bucket{le="${bound}"${this.#labels && ','}${this.#labels}} ${count}\n`;
    });
    const labels = this.#labels && `{${this.#labels}}`;
    return `${buckets.join('')}${name}_sum${labels} ${this.#sumSec}\n${name}_count${labels} ${count}\n`;
  }
}
