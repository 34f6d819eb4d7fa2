import { compileLinearPattern, type LinearPattern, type LinearScan } from './linear-pattern.ts';
import type { PatternHost } from './regex-engine.ts';

interface KnownPattern {
  readonly source: string;
  readonly flags: string;
}

interface OpenText {
  readonly text: string;
  readonly scans: Map<number, LinearScan>;
}

/** The size limit for all compiled patterns together, in instructions. An instruction takes a few hundred bytes. */
const KEPT_SIZE = 50_000;

/**
 * Holds the patterns and texts of one realm. A pattern keeps its number. If its compiled form was evicted from the
 * cache, it is compiled again.
 */
export class PatternStore {
  readonly #numbers = new Map<string, number>();
  readonly #known: KnownPattern[] = [];
  readonly #compiled = new Map<number, LinearPattern>();
  readonly #texts: OpenText[] = [];
  #size = 0;

  /** Returns the number of a pattern, or -1 if RE2 cannot match it. */
  open(source: string, flags: string): number {
    const key = `${flags}/${source}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#compile({ source, flags }, this.#known.length) === undefined ? -1 : this.#known.push({ source, flags }) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  setText(slot: number, text: string): void {
    this.#texts[slot] = { text, scans: new Map() };
  }

  find(number: number, slot: number, from: number): readonly number[] | undefined {
    const { text, scans } = this.#texts[slot]!;
    let scan = scans.get(number);
    if (scan === undefined) {
      scan = (this.#compiled.get(number) ?? this.#compile(this.#known[number]!, number)!).scan(text);
      scans.set(number, scan);
    }
    return scan(from);
  }

  /** Removes all texts, because they belong to one message. */
  forgetTexts(): void {
    this.#texts.length = 0;
  }

  #compile(pattern: KnownPattern, number: number): LinearPattern | undefined {
    const compiled = compileLinearPattern(pattern);
    if ('problem' in compiled) return undefined;
    this.#size += compiled.size;
    if (this.#size > KEPT_SIZE) {
      this.#compiled.clear();
      for (const { scans } of this.#texts) scans.clear();
      this.#size = compiled.size;
    }
    this.#compiled.set(number, compiled);
    return compiled;
  }
}

/** Creates a host that matches patterns in this process, for the browser's previews. */
export function createPatternHost(): PatternHost {
  const store = new PatternStore();
  let last: string | undefined;
  return {
    open: (source, flags) => store.open(source, flags),
    find(pattern, text, from) {
      if (text !== last) store.setText(0, text);
      last = text;
      return store.find(pattern, 0, from);
    },
  };
}
