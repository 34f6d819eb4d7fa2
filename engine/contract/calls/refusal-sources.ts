/**
 * Counts refused calls of the last five minutes whose caller did not prove who it is, by code and by source. Keeps only
 * a few codes, and a few sources for each, so that senders of invalid calls cannot fill the memory.
 */
import { SlotSums } from './slot-sums.ts';

/** Who sent a call: the app that the request claims, or the address if it claims none. Anyone may claim any app. */
export interface Source {
  readonly app?: string;
  readonly ip?: string;
}

export interface UnprovenRefusal {
  readonly code: string;
  readonly count: number;
  /** When refusals with this code started. After five minutes without such a refusal, the next one sets it again. */
  readonly since: number;
  /** The sources of most of these calls, the most frequent first. */
  readonly from: readonly (Source & { readonly count: number })[];
}

interface Counted {
  readonly since: number;
  readonly sums: SlotSums;
  readonly sources: Map<string, { readonly source: Source; readonly sums: SlotSums }>;
}

const MOST_CODES = 12;
const MOST_SOURCES = 50;
const SHOWN = 3;

export class RefusalSources {
  readonly #codes = new Map<string, Counted>();

  add(slot: number, now: number, code: string, source: Source): void {
    let counted = this.#codes.get(code);
    if (counted === undefined || counted.sums.sum(slot, 0) === 0) {
      this.#forget(slot);
      if (this.#codes.size >= MOST_CODES) return;
      counted = { since: now, sums: new SlotSums(1), sources: new Map() };
      this.#codes.set(code, counted);
    }
    counted.sums.add(slot, 0);
    const key = keyOf(source);
    const known = counted.sources.get(key);
    if (known === undefined && counted.sources.size >= MOST_SOURCES) dropRarest(counted, slot);
    const ofSource = known ?? { source, sums: new SlotSums(1) };
    counted.sources.set(key, ofSource);
    ofSource.sums.add(slot, 0);
  }

  list(slot: number): readonly UnprovenRefusal[] {
    this.#forget(slot);
    return Array.from(this.#codes, ([code, { since, sums, sources }]) => {
      const from = Array.from(sources.values(), (one) => ({ ...one.source, count: one.sums.sum(slot, 0) }));
      return { code, since, count: sums.sum(slot, 0), from: mostFrequent(from.filter(({ count }) => count > 0)) };
    }).sort(inOrder);
  }

  #forget(slot: number): void {
    for (const [code, { sums }] of this.#codes) if (sums.sum(slot, 0) === 0) this.#codes.delete(code);
  }
}

/** Returns the source that sent at least half of these calls; undefined if they are scattered. */
export function mainSource({ count, from: [first] }: UnprovenRefusal): UnprovenRefusal['from'][number] | undefined {
  return first !== undefined && first.count * 2 >= count ? first : undefined;
}

/** Adds the refusals of two processes. */
export function addUnproven(a: readonly UnprovenRefusal[], b: readonly UnprovenRefusal[]): readonly UnprovenRefusal[] {
  const sums = new Map(a.map((refusal) => [refusal.code, refusal]));
  for (const refusal of b) {
    const known = sums.get(refusal.code);
    sums.set(refusal.code, known === undefined ? refusal : addTwo(known, refusal));
  }
  return [...sums.values()].sort(inOrder).slice(0, MOST_CODES);
}

function addTwo(a: UnprovenRefusal, b: UnprovenRefusal): UnprovenRefusal {
  const from = new Map(a.from.map((source) => [keyOf(source), source]));
  for (const source of b.from) {
    const known = from.get(keyOf(source));
    from.set(keyOf(source), { ...source, count: source.count + (known?.count ?? 0) });
  }
  return { code: a.code, count: a.count + b.count, since: Math.min(a.since, b.since), from: mostFrequent([...from.values()]) };
}

function keyOf({ app, ip = '' }: Source): string {
  return app === undefined ? `ip ${ip}` : `app ${app}`;
}

/** Makes room for a new source. Frequent ones stay, however many others send a single call each. */
function dropRarest({ sources }: Counted, slot: number): void {
  let rarest: string | undefined;
  let least = Infinity;
  for (const [key, { sums }] of sources) {
    const count = sums.sum(slot, 0);
    if (count >= least) continue;
    least = count;
    rarest = key;
  }
  if (rarest !== undefined) sources.delete(rarest);
}

function mostFrequent<Item extends { readonly count: number }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => b.count - a.count).slice(0, SHOWN);
}

function inOrder(a: UnprovenRefusal, b: UnprovenRefusal): number {
  return b.count - a.count || a.since - b.since;
}
