import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Labels, Metrics } from '../contract/observe.ts';

/** Series per metric: beyond them a label that was forgotten to be bounded must not fill the memory. */
const MAX_SERIES = 2000;
const BUCKETS_SEC = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];

export interface HostMetrics extends Metrics {
  /** Everything in the text format of Prometheus. */
  text(): Promise<string>;
}

/** Metrics on prom-client, each made at its first use. Names get the prefix `kangqiao_`; durations are kept in seconds, as is the custom. */
export function createMetrics(): HostMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const gauges = new Map<string, { readonly labels: Labels; readonly read: () => number }[]>();
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

  return {
    count(name, labels = {}, by = 1) {
      const metric = made(
        counters,
        name,
        () => new Counter({ name: nameOf(name), help: name, labelNames: Object.keys(labels), registers: [registry] }),
      );
      if (isWithinLimit(name, labels)) metric.inc(labels, by);
    },
    observeMs(name, durationMs, labels = {}) {
      const metric = made(
        histograms,
        name,
        () =>
          new Histogram({
            name: `${nameOf(name).replace(/_ms$/, '')}_seconds`,
            help: name,
            labelNames: Object.keys(labels),
            buckets: BUCKETS_SEC,
            registers: [registry],
          }),
      );
      if (isWithinLimit(name, labels)) metric.observe(labels, durationMs / 1000);
    },
    gauge(name, read, labels = {}) {
      const reads = made(gauges, name, () => []);
      if (isWithinLimit(name, labels)) reads.push({ labels, read });
      if (reads.length !== 1) return;
      new Gauge({
        name: nameOf(name),
        help: name,
        labelNames: Object.keys(labels),
        registers: [registry],
        collect() {
          for (const entry of reads) this.set(entry.labels, entry.read());
        },
      });
    },
    text: () => registry.metrics(),
  };
}

/** Called for each measurement. A metric's labels are always written in the same order. */
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
