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

/** The limit for all compiled patterns together, in instructions; each takes a few hundred bytes. */
const KEPT_SIZE = 50_000;

/**
 * The patterns and texts of one realm. A pattern keeps its number. It is compiled again if it was evicted in between.
 */
export class PatternStore {
  readonly #numbers = new Map<string, number>();
  readonly #known: KnownPattern[] = [];
  readonly #compiled = new Map<number, LinearPattern>();
  readonly #texts: OpenText[] = [];
  #size = 0;

  /** Returns the number of a pattern; -1 if RE2 cannot match it. */
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

  /** The texts belong to one message. */
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

/** For patterns matched in this process: the browser's previews. */
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
