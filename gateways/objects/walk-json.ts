import type { JsonStep } from '../documents/object-locator.ts';
import { foldName, isPlainText } from './found.ts';

/** A place that a locator names in JSON text. Positions are those of the text. */
export interface JsonLeaf {
  /** The id as text; undefined if it is missing: the field is not there, or null. */
  readonly value: string | undefined;
  readonly start: number;
  readonly end: number;
  /** Set if a value can be filled in: `before`, the value as JSON and `after` replace the text from `start` to `end`. */
  readonly fill?: { readonly before: string; readonly after: string };
  /** The element of the innermost array, by its number among all elements that the walk visited. */
  readonly element: JsonElement | undefined;
}

export interface JsonElement {
  readonly start: number;
  readonly end: number;
  /** The start of its array, so that elements of one array can be told from others. */
  readonly array: number;
}

export interface JsonWalk {
  readonly leaves: readonly JsonLeaf[];
  /** All elements of the innermost arrays, in their order. */
  readonly elements: readonly JsonElement[];
}

const MAX_DEPTH = 64;
const MOST_LEAVES = 100_000;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const CONTROL = /[\x00-\x1f]/;
/** A whole number as every reader writes it. Of `1.0`, `1e2` and `-0`, some readers keep the text. */
const PLAIN_NUMBER = /^(?:0|-?[1-9]\d{0,39})$/;
const WORDS = ['true', 'false', 'null'] as const;

/** Thrown and caught in this file only. */
class Unreadable extends Error {}

/**
 * Walks JSON text to the places that a locator names. Reads the whole text strictly, in one pass. Returns undefined if
 * it is not JSON, or if two readers could find different values: a repeated name or one that differs only in case
 * beside a name of the locator, an array or object where one value is expected, a number that is not written plainly,
 * an id with control characters.
 */
export function walkJson(text: string, steps: readonly JsonStep[]): JsonWalk | undefined {
  try {
    return new Walk(text, steps).run();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

interface OpenElement {
  start: number;
  end: number;
  array: number;
}

class Walk {
  readonly #text: string;
  readonly #steps: readonly JsonStep[];
  readonly #lastAll: number;
  readonly #leaves: JsonLeaf[] = [];
  readonly #elements: OpenElement[] = [];
  #at = 0;
  #element: OpenElement | undefined;

  constructor(text: string, steps: readonly JsonStep[]) {
    this.#text = text;
    this.#steps = steps;
    this.#lastAll = steps.lastIndexOf('all');
  }

  run(): JsonWalk {
    this.#space();
    this.#onPath(0, 0);
    this.#space();
    if (this.#at !== this.#text.length) throw new Unreadable();
    return { leaves: this.#leaves, elements: this.#elements };
  }

  /** Reads the value that the first `step` steps lead to. */
  #onPath(step: number, depth: number): void {
    if (step === this.#steps.length) return this.#leaf();
    const wanted = this.#steps[step]!;
    switch (this.#text[this.#at]) {
      case '{':
        if (wanted === 'all' || wanted.name === undefined) throw new Unreadable();
        return this.#object(wanted.name, step, depth + 1);
      case '[':
        if (wanted === 'all') return this.#list(step, depth + 1);
        if (wanted.index === undefined) throw new Unreadable();
        return this.#indexed(wanted.index, step, depth + 1);
      default:
        return this.#null(step);
    }
  }

  /** Reads null, the only other value that may take the place of an id, or of an object or array on the way. */
  #null(step: number): void {
    const start = this.#at;
    this.#word();
    if (this.#text.slice(start, this.#at) !== 'null') throw new Unreadable();
    const names = this.#namesFrom(step);
    const fill = names && { fill: { before: names.map((name) => `{${JSON.stringify(name)}:`).join(''), after: '}'.repeat(names.length) } };
    this.#add({ value: undefined, start, end: this.#at, element: this.#element, ...fill });
  }

  /** Returns the rest of the locator, if it consists of names only. */
  #namesFrom(step: number): readonly string[] | undefined {
    const names = this.#steps.slice(step).map((next) => (next === 'all' ? undefined : next.name));
    return names.every((name) => name !== undefined) ? names : undefined;
  }

  #leaf(): void {
    const start = this.#at;
    const first = this.#text[start];
    if (first === '"') {
      this.#string();
      const value = this.#decode(start);
      if (!isPlainText(value)) throw new Unreadable();
      return this.#add({ value, start, end: this.#at, element: this.#element });
    }
    if (first === '-' || isDigit(first)) {
      this.#number();
      const value = this.#text.slice(start, this.#at);
      if (!PLAIN_NUMBER.test(value)) throw new Unreadable();
      return this.#add({ value, start, end: this.#at, element: this.#element });
    }
    this.#null(this.#steps.length);
  }

  #object(wanted: string, step: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new Unreadable();
    const folded = foldName(wanted);
    const opened = ++this.#at;
    let isFound = false;
    let isFirst = true;
    for (this.#space(); this.#text[this.#at] !== '}'; isFirst = false) {
      if (!isFirst) this.#expect(',');
      this.#space();
      const nameAt = this.#at;
      this.#string();
      const name = this.#decode(nameAt);
      this.#space();
      this.#expect(':');
      this.#space();
      if (name === wanted) {
        if (isFound) throw new Unreadable();
        isFound = true;
        this.#onPath(step + 1, depth);
      } else {
        if (isLike(name, folded)) throw new Unreadable();
        this.#offPath(depth);
      }
      this.#space();
    }
    this.#at++;
    if (!isFound) this.#missing(step, opened, isFirst);
  }

  /** Adds a leaf for a field that is not there. It can be filled in at the start of its object. */
  #missing(step: number, opened: number, isEmpty: boolean): void {
    const names = this.#namesFrom(step);
    const fill = names && {
      fill: {
        before: names.map((name) => `${JSON.stringify(name)}:`).join('{'),
        after: '}'.repeat(names.length - 1) + (isEmpty ? '' : ','),
      },
    };
    this.#add({ value: undefined, start: opened, end: opened, element: this.#element, ...fill });
  }

  #list(step: number, depth: number): void {
    const array = this.#at;
    const outer = this.#element;
    this.#elementsOf(depth, () => {
      const element = { start: this.#at, end: this.#at, array };
      if (step === this.#lastAll) {
        if (this.#elements.length === MOST_LEAVES) throw new Unreadable();
        this.#elements.push(element);
        this.#element = element;
      }
      this.#onPath(step + 1, depth);
      element.end = this.#at;
      this.#element = outer;
    });
  }

  #indexed(index: number, step: number, depth: number): void {
    const opened = this.#at + 1;
    let number = 0;
    this.#elementsOf(depth, () => (number++ === index ? this.#onPath(step + 1, depth) : this.#offPath(depth)));
    if (number <= index) this.#add({ value: undefined, start: opened, end: opened, element: this.#element });
  }

  #elementsOf(depth: number, read: () => void): void {
    if (depth > MAX_DEPTH) throw new Unreadable();
    this.#at++;
    let isFirst = true;
    for (this.#space(); this.#text[this.#at] !== ']'; isFirst = false) {
      if (!isFirst) this.#expect(',');
      this.#space();
      read();
      this.#space();
    }
    this.#at++;
  }

  /** Reads a value that the locator does not name. */
  #offPath(depth: number): void {
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === '{') return this.#otherObject(depth + 1);
    if (first === '[') return this.#elementsOf(depth + 1, () => this.#offPath(depth + 1));
    if (first === '-' || isDigit(first)) return this.#number();
    this.#word();
  }

  #otherObject(depth: number): void {
    if (depth > MAX_DEPTH) throw new Unreadable();
    this.#at++;
    let isFirst = true;
    for (this.#space(); this.#text[this.#at] !== '}'; isFirst = false) {
      if (!isFirst) this.#expect(',');
      this.#space();
      this.#string();
      this.#space();
      this.#expect(':');
      this.#space();
      this.#offPath(depth);
      this.#space();
    }
    this.#at++;
  }

  #add(leaf: JsonLeaf): void {
    if (this.#leaves.length === MOST_LEAVES) throw new Unreadable();
    this.#leaves.push(leaf);
  }

  #string(): void {
    const start = this.#at;
    if (this.#text[start] !== '"') throw new Unreadable();
    const end = this.#endOfString(start + 1);
    this.#at = end + 1;
    const inner = this.#text.slice(start + 1, end);
    if (CONTROL.test(inner)) throw new Unreadable();
    // Also checks the escapes.
    if (inner.includes('\\')) this.#decode(start);
  }

  /** Returns the position of the quotation mark that ends a string: the first one without an odd number of backslashes. */
  #endOfString(from: number): number {
    for (let at = from; ; at++) {
      at = this.#text.indexOf('"', at);
      if (at < 0) throw new Unreadable();
      let first = at;
      while (first > from && this.#text[first - 1] === '\\') first--;
      if ((at - first) % 2 === 0) return at;
    }
  }

  #decode(start: number): string {
    const quoted = this.#text.slice(start, this.#at);
    try {
      return JSON.parse(quoted) as string;
    } catch {
      throw new Unreadable();
    }
  }

  #number(): void {
    NUMBER.lastIndex = this.#at;
    if (!NUMBER.test(this.#text)) throw new Unreadable();
    this.#at = NUMBER.lastIndex;
  }

  #word(): void {
    const word = WORDS.find((candidate) => this.#text.startsWith(candidate, this.#at));
    if (word === undefined) throw new Unreadable();
    this.#at += word.length;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new Unreadable();
    this.#at++;
  }

  #space(): void {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

/** Names of ASCII characters that differ in length cannot be alike, except for NUL; most comparisons end there. */
function isLike(name: string, folded: string): boolean {
  return (name.length === folded.length || /[^\x01-\x7f]/.test(name)) && foldName(name) === folded;
}
