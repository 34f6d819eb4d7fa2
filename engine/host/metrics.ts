import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Labels, Metrics, Read, ReadAll } from '../contract/values/observe.ts';
import { Durations } from './durations.ts';

/**
 * Maximum series per metric, so that a label with unbounded values cannot fill the memory. It is enough for the four
 * outcomes of 1,000 interfaces. What further interfaces do is counted in the series of the interface `other`.
 */
const MAX_SERIES = 4000;
/** How many series of the interface `other` there may be beyond that. */
const MAX_OTHER_SERIES = 200;

interface Count {
  readonly labels: Labels;
  value: number;
}

interface Reader {
  readonly labels: Labels;
  readonly read: Read;
}

export interface HostMetrics extends Metrics {
  /** Returns all metrics in Prometheus text format. */
  text(): Promise<string>;
}

/**
 * Creates metrics on prom-client; each is registered at its first use. Names get the prefix `kangqiao_`. Durations are
 * in seconds, as Prometheus recommends.
 */
export function createMetrics(): HostMetrics {
  return new PrometheusMetrics();
}

class PrometheusMetrics implements HostMetrics {
  readonly #registry = new Registry();
  readonly #counts = new Map<string, Map<string, Count>>();
  readonly #durations = new Map<string, Map<string, Durations>>();
  readonly #readers = new Map<string, Reader[]>();
  readonly #groupReaders = new Map<string, ReadAll[]>();
  readonly #series = new Map<string, Set<string>>();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  count(name: string, labels: Labels = {}, by = 1): void {
    const all = made(this.#counts, name, () => this.#showCounts(name, labels));
    const series = seriesOf(all, labels, (kept) => ({ labels: kept, value: 0 }));
    if (series !== undefined) series.value += by;
  }

  observeMs(name: string, durationMs: number, labels: Labels = {}): void {
    const all = made(this.#durations, name, () => new Map<string, Durations>());
    seriesOf(all, labels, (kept) => new Durations(kept))?.observe(durationMs / 1000);
  }

  gauge(name: string, read: Read, labels: Labels = {}): void {
    const readers = this.#addReader(name, read, labels);
    if (readers === undefined) return;
    const gauge: Gauge = new Gauge({
      ...this.#describe(name, labels),
      collect: () => collect(gauge, readers, (values, value) => gauge.set(values, value)),
    });
  }

  total(name: string, read: Read, labels: Labels = {}): void {
    const readers = this.#addReader(name, read, labels);
    if (readers === undefined) return;
    const counter: Counter = new Counter({
      ...this.#describe(name, labels),
      collect: () => collect(counter, readers, (values, value) => counter.inc(values, value)),
    });
  }

  gauges(name: string, labelNames: readonly string[], read: ReadAll): void {
    const readers = made(this.#groupReaders, name, () => []);
    readers.push(read);
    if (readers.length > 1) return;
    const gauge: Gauge = new Gauge({
      ...{ name: nameOf(name), help: name, labelNames: [...labelNames], registers: [this.#registry] },
      async collect() {
        const found = await Promise.all(readers.map(async (values) => values()).map((values) => values.catch(() => [])));
        gauge.reset();
        const all = new Map<string, Count>();
        for (const values of found)
          for (const { labels, value } of values) {
            const series = seriesOf(all, labels, (kept) => ({ labels: kept, value: 0 }));
            if (series !== undefined) series.value += value;
          }
        for (const { labels, value } of all.values()) gauge.set(labels, value);
      },
    });
  }

  async text(): Promise<string> {
    let text = await this.#registry.metrics();
    for (const [name, all] of this.#durations) {
      const spelled = `${nameOf(name).replace(/_ms$/, '')}_seconds`;
      text += `\n# HELP ${spelled} ${name}\n# TYPE ${spelled} histogram\n`;
      for (const series of all.values()) text += series.text(spelled);
    }
    return text;
  }

  /**
   * Creates a metric that shows the counts in the returned map, by series. The counts are kept in this map and not in
   * prom-client, because many are counted with each message, and prom-client checks and joins the labels each time.
   */
  #showCounts(name: string, labels: Labels): Map<string, Count> {
    const all = new Map<string, Count>();
    const counter: Counter = new Counter({
      ...this.#describe(name, labels),
      collect() {
        counter.reset();
        for (const count of all.values()) counter.inc(count.labels, count.value);
      },
    });
    return all;
  }

  /**
   * Adds a reader. If it is the metric's first one, returns the metric's list of readers. Otherwise returns undefined,
   * because the metric is registered already.
   */
  #addReader(name: string, read: Read, labels: Labels): readonly Reader[] | undefined {
    const readers = made(this.#readers, name, () => []);
    if (this.#isWithinLimit(name, labels)) readers.push({ labels, read });
    return readers.length === 1 ? readers : undefined;
  }

  #isWithinLimit(name: string, labels: Labels): boolean {
    const seen = made(this.#series, name, () => new Set<string>());
    const key = seriesKey(labels);
    if (seen.has(key)) return true;
    if (seen.size >= MAX_SERIES) return false;
    seen.add(key);
    return true;
  }

  #describe(name: string, labels: Labels) {
    return { name: nameOf(name), help: name, labelNames: Object.keys(labels), registers: [this.#registry] };
  }
}

/**
 * Reads all values of a metric. Leaves out a value that cannot be read now, because the old value would look like the
 * current one.
 */
async function collect(
  metric: { reset(): void; remove(): void },
  readers: readonly Reader[],
  put: (labels: Labels, value: number) => void,
): Promise<void> {
  const values = await Promise.all(readers.map(async ({ read }) => read()).map((value) => value.catch(() => undefined)));
  metric.reset();
  // For a metric without labels, `reset` leaves the value 0. Remove it, because there may be no current value.
  if (Object.keys(readers[0]?.labels ?? {}).length === 0) metric.remove();
  readers.forEach(({ labels }, index) => {
    const value = values[index];
    if (value !== undefined) put(labels, value);
  });
}

/** Returns the series with these labels, or the one of the interface `other`. Returns undefined if there are too many. */
function seriesOf<Series>(all: Map<string, Series>, labels: Labels, make: (labels: Labels) => Series): Series | undefined {
  const key = seriesKey(labels);
  const known = all.get(key);
  if (known !== undefined) return known;
  const isOther = labels['interface'] === 'other';
  if (all.size >= MAX_SERIES && !isOther) return 'interface' in labels ? seriesOf(all, { ...labels, interface: 'other' }, make) : undefined;
  if (all.size >= MAX_SERIES + MAX_OTHER_SERIES) return undefined;
  const series = make(labels);
  all.set(key, series);
  return series;
}

/**
 * Returns the key of a series. It runs for each measurement, so it does not sort the labels: callers always pass a
 * metric's labels in the same order.
 */
function seriesKey(labels: Labels): string {
  let key = '';
  for (const label in labels) key += `${label}=${labels[label]}\n`;
  return key;
}

function made<Value>(all: Map<string, Value>, name: string, make: () => Value): Value {
  const known = all.get(name);
  if (known !== undefined) return known;
  const value = make();
  all.set(name, value);
  return value;
}

function nameOf(name: string): string {
  return `kangqiao_${name.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
}
