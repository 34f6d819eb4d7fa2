import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Labels, Metrics, Read } from '../contract/values/observe.ts';
import { Durations } from './durations.ts';

/** Maximum series per metric, so that a label with unbounded values cannot fill the memory. */
const MAX_SERIES = 2000;

interface Count {
  readonly labels: Labels;
  value: number;
}

export interface HostMetrics extends Metrics {
  /** All metrics in Prometheus text format. */
  text(): Promise<string>;
}

/**
 * Metrics on prom-client, each created at first use. Names get the prefix `kangqiao_`; durations are in seconds, by
 * convention.
 */
export function createMetrics(): HostMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counts = new Map<string, Map<string, Count>>();
  const durations = new Map<string, Map<string, Durations>>();
  const reads = new Map<string, { readonly labels: Labels; readonly read: Read }[]>();
  const series = new Map<string, Set<string>>();

  const isWithinLimit = (name: string, labels: Labels): boolean => {
    let seen = series.get(name);
    if (seen === undefined) series.set(name, (seen = new Set()));
    const key = seriesKey(labels);
    if (seen.has(key)) return true;
    if (seen.size >= MAX_SERIES) return false;
    seen.add(key);
    return true;
  };

  /** Adds a reader. Returns the readers of this name for the first one; undefined if the metric exists already. */
  const readers = (name: string, read: Read, labels: Labels) => {
    const entries = made(reads, name, () => []);
    if (isWithinLimit(name, labels)) entries.push({ labels, read });
    return entries.length === 1 ? entries : undefined;
  };
  const described = (name: string, labels: Labels) => ({
    name: nameOf(name),
    help: name,
    labelNames: Object.keys(labels),
    registers: [registry],
  });
  /** Counted here: many are counted with each message, and prom-client checks and joins the labels each time. */
  const shown = (name: string, labels: Labels): Map<string, Count> => {
    const all = new Map<string, Count>();
    const counter: Counter = new Counter({
      ...described(name, labels),
      collect() {
        counter.reset();
        for (const count of all.values()) counter.inc(count.labels, count.value);
      },
    });
    return all;
  };

  return {
    count(name, labels = {}, by = 1) {
      const all = made(counts, name, () => shown(name, labels));
      const key = seriesKey(labels);
      const known = all.get(key);
      if (known !== undefined) known.value += by;
      else if (all.size < MAX_SERIES) all.set(key, { labels, value: by });
    },
    observeMs(name, durationMs, labels = {}) {
      const all = made(durations, name, () => new Map<string, Durations>());
      const key = seriesKey(labels);
      if (all.has(key) || all.size < MAX_SERIES) made(all, key, () => new Durations(labels)).observe(durationMs / 1000);
    },
    gauge(name, read, labels = {}) {
      const entries = readers(name, read, labels);
      if (entries === undefined) return;
      const gauge: Gauge = new Gauge({
        ...described(name, labels),
        collect: () => collect(gauge, entries, (values, value) => gauge.set(values, value)),
      });
    },
    total(name, read, labels = {}) {
      const entries = readers(name, read, labels);
      if (entries === undefined) return;
      const counter: Counter = new Counter({
        ...described(name, labels),
        collect: () => collect(counter, entries, (values, value) => counter.inc(values, value)),
      });
    },
    async text() {
      let text = await registry.metrics();
      for (const [name, all] of durations) {
        const spelled = `${nameOf(name).replace(/_ms$/, '')}_seconds`;
        text += `\n# HELP ${spelled} ${name}\n# TYPE ${spelled} histogram\n`;
        for (const series of all.values()) text += series.text(spelled);
      }
      return text;
    },
  };
}

/** Leaves out what cannot be read now: an old value would look like the current one. */
async function collect(
  metric: { reset(): void; remove(): void },
  entries: readonly { readonly labels: Labels; readonly read: Read }[],
  put: (labels: Labels, value: number) => void,
): Promise<void> {
  const values = await Promise.all(entries.map(async ({ read }) => read()).map((value) => value.catch(() => undefined)));
  metric.reset();
  // Without labels, a reset leaves a zero.
  if (Object.keys(entries[0]?.labels ?? {}).length === 0) metric.remove();
  entries.forEach(({ labels }, index) => {
    const value = values[index];
    if (value !== undefined) put(labels, value);
  });
}

/** Called for each measurement. Callers always pass a metric's labels in the same order. */
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
