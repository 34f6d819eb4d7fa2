import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Labels, Metrics } from '../contract/observe.ts';
import { Durations } from './durations.ts';

/** Series per metric: beyond them a label that was forgotten to be bounded must not fill the memory. */
const MAX_SERIES = 2000;

export interface HostMetrics extends Metrics {
  /** Everything in the text format of Prometheus. */
  text(): Promise<string>;
}

/** Metrics on prom-client, each made at its first use. Names get the prefix `kangqiao_`; durations are kept in seconds, as is the custom. */
export function createMetrics(): HostMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const durations = new Map<string, Map<string, Durations>>();
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
      const all = made(durations, name, () => new Map<string, Durations>());
      const key = seriesKey(labels);
      if (all.has(key) || all.size < MAX_SERIES) made(all, key, () => new Durations(labels)).observe(durationMs / 1000);
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
