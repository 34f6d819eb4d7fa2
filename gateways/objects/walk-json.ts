import { foldName, isPlainText, MOST_ID_CHARS } from './found.ts';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isDigit,
  JsonText,
  MINUS,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  Unreadable,
} from './json-text.ts';
import type { JsonNode, JsonPlan } from './plan-json.ts';

/** A place that a locator names in JSON text. Positions are those of the text. */
export interface JsonLeaf {
  /** The id as text; undefined if it is missing: the field is not there, or null. */
  readonly value: string | undefined;
  readonly start: number;
  readonly end: number;
  /** Set if a value can be filled in: `before`, the value as JSON and `after` replace the text from `start` to `end`. */
  readonly fill?: { readonly before: string; readonly after: string };
  /** The element of the innermost list. */
  readonly element: JsonElement | undefined;
}

export interface JsonElement {
  readonly start: number;
  readonly end: number;
  /** The start of its array, so that elements of one array can be told from others. */
  readonly array: number;
}

/** What one locator found. */
export interface JsonWalk {
  readonly leaves: readonly JsonLeaf[];
  /** All elements of the innermost arrays, in their order. */
  readonly elements: readonly JsonElement[];
}

/** The text is not JSON, or two readers could find different values for a locator, which is named if it is known. */
export interface JsonFault {
  readonly fault: number | undefined;
}

const MAX_DEPTH = 64;
/** Maximum number of places and elements that all locators find. */
const MOST_PLACES = 400_000;
/** A whole number as every reader writes it. Of `1.0`, `1e2` and `-0`, some readers keep the text. */
const PLAIN_NUMBER = /^(?:0|-?[1-9]\d{0,39})$/;
const PROTO = '__proto__';

/**
 * Walks JSON text to the places that locators name, strictly and in one pass. Returns a fault if the text is not JSON,
 * or if two readers could find different values: a repeated name or one that differs only in case beside a name of a
 * locator, the name `__proto__`, an array or object where one value is expected, a number that is not written plainly,
 * an id with control characters.
 */
export function walkJson(text: string, plan: JsonPlan): readonly JsonWalk[] | JsonFault {
  try {
    return new Walk(text, plan).run();
  } catch (error) {
    if (error instanceof Unreadable) return { fault: error.locator };
    throw error;
  }
}

interface OpenElement {
  start: number;
  end: number;
  array: number;
}

interface OpenWalk {
  readonly leaves: JsonLeaf[];
  readonly elements: OpenElement[];
  element: OpenElement | undefined;
}

class Walk extends JsonText {
  readonly #plan: JsonPlan;
  readonly #walks: readonly OpenWalk[];
  #places = 0;

  constructor(text: string, plan: JsonPlan) {
    super(text);
    this.#plan = plan;
    this.#walks = plan.paths.map(() => ({ leaves: [], elements: [], element: undefined }));
  }

  run(): readonly JsonWalk[] {
    for (const root of this.#plan.roots) {
      this.at = 0;
      this.space();
      this.#onPath(root, 0);
      this.space();
      if (this.at !== this.text.length) throw new Unreadable();
    }
    return this.#walks;
  }

  /** Reads the value that the steps of a node lead to. */
  #onPath(node: JsonNode, depth: number): void {
    if (node.ends.length > 0) return this.#leaf(node);
    switch (this.text.charCodeAt(this.at)) {
      case OPEN_OBJECT:
        if (node.all !== undefined || node.wantsIndex) throw new Unreadable(node.below[0]);
        return this.#object(node, depth + 1);
      case OPEN_ARRAY:
        if (node.wantsName) throw new Unreadable(node.below[0]);
        return node.all === undefined ? this.#indexed(node, depth + 1) : this.#list(node, node.all, depth + 1);
      default:
        return this.#null(node);
    }
  }

  /** Reads null, the only other value that may take the place of an id, or of an object or array on the way. */
  #null(node: JsonNode): void {
    const start = this.at;
    if (!this.text.startsWith('null', start)) throw new Unreadable(node.ends[0] ?? node.below[0]);
    this.at += 4;
    for (const locator of node.below) {
      const names = this.#plan.fills ? this.#namesFrom(locator, node.step) : undefined;
      const fill = names && { before: names.map((name) => `{${JSON.stringify(name)}:`).join(''), after: '}'.repeat(names.length) };
      this.#add(locator, undefined, start, this.at, fill);
    }
  }

  /** Returns the rest of a locator, if it consists of names only. */
  #namesFrom(locator: number, step: number): readonly string[] | undefined {
    const names = this.#plan.paths[locator]!.slice(step).map((next) => (next === 'all' ? undefined : next.name));
    return names.every((name) => name !== undefined) ? names : undefined;
  }

  #leaf(node: JsonNode): void {
    const start = this.at;
    const first = this.text.charCodeAt(start);
    let value: string;
    if (first === QUOTE) {
      value = this.string();
      if (this.isPlain ? value.length > MOST_ID_CHARS : !isPlainText(value)) throw new Unreadable(node.ends[0]);
    } else if (first === MINUS || isDigit(first)) {
      this.number();
      value = this.text.slice(start, this.at);
      if (!PLAIN_NUMBER.test(value)) throw new Unreadable(node.ends[0]);
    } else return this.#null(node);
    // Another locator expects an object or an array here.
    if (node.children.size > 0 || node.all !== undefined) throw new Unreadable(node.below.find((number) => !node.ends.includes(number)));
    for (const locator of node.ends) this.#add(locator, value, start, this.at);
  }

  #object(node: JsonNode, depth: number): void {
    if (depth > MAX_DEPTH) throw new Unreadable();
    const { children, clashing } = node;
    const opened = ++this.at;
    const found: JsonNode[] = [];
    let isEmpty = true;
    for (let next = this.space(); next !== CLOSE_OBJECT; next = this.space()) {
      if (!isEmpty) this.#comma(next);
      isEmpty = false;
      const name = this.#name();
      const child = children.get(name);
      if (child !== undefined) {
        if (found.includes(child) || clashing.has(name)) throw new Unreadable(child.below[0]);
        found.push(child);
        this.#onPath(child, depth);
      } else {
        this.#refuseLookalike(node, name);
        this.#offPath(depth);
      }
    }
    this.at++;
    if (found.length < children.size)
      for (const child of children.values()) if (!found.includes(child)) this.#missing(child, opened, isEmpty);
  }

  /** Names of printable ASCII that differ in length cannot be alike; most comparisons end there. */
  #refuseLookalike({ children, folded, lengths, below }: JsonNode, name: string): void {
    if (this.isPlain && !lengths.has(name.length)) return;
    const other = folded.get(foldName(name));
    if (other !== undefined) throw new Unreadable(children.get(other)?.below[0] ?? below[0]);
  }

  /** Adds a leaf for each field below a name that is not there. It can be filled in at the start of its object. */
  #missing(child: JsonNode, opened: number, isEmpty: boolean): void {
    for (const locator of child.below) {
      const names = this.#plan.fills ? this.#namesFrom(locator, child.step - 1) : undefined;
      const fill = names && {
        before: names.map((name) => `${JSON.stringify(name)}:`).join('{'),
        after: '}'.repeat(names.length - 1) + (isEmpty ? '' : ','),
      };
      this.#add(locator, undefined, opened, opened, fill);
    }
  }

  #list({ listOf }: JsonNode, all: JsonNode, depth: number): void {
    const array = this.at;
    this.#elementsOf(depth, () => {
      const element = { start: this.at, end: this.at, array };
      for (const locator of listOf) {
        this.#count();
        this.#walks[locator]!.elements.push(element);
        this.#walks[locator]!.element = element;
      }
      this.#onPath(all, depth);
      element.end = this.at;
      for (const locator of listOf) this.#walks[locator]!.element = undefined;
    });
  }

  #indexed({ children }: JsonNode, depth: number): void {
    const opened = this.at + 1;
    let number = 0;
    this.#elementsOf(depth, () => {
      const child = children.get(String(number++));
      if (child === undefined) this.#offPath(depth);
      else this.#onPath(child, depth);
    });
    for (const [index, child] of children)
      if (number <= Number(index)) for (const locator of child.below) this.#add(locator, undefined, opened, opened);
  }

  #elementsOf(depth: number, read: () => void): void {
    if (depth > MAX_DEPTH) throw new Unreadable();
    this.at++;
    let isFirst = true;
    for (let next = this.space(); next !== CLOSE_ARRAY; next = this.space()) {
      if (!isFirst) this.#comma(next);
      isFirst = false;
      read();
    }
    this.at++;
  }

  /** Reads a value that no locator names. */
  #offPath(depth: number): void {
    const first = this.text.charCodeAt(this.at);
    if (first === QUOTE) return this.passString();
    if (first === OPEN_OBJECT) return this.#otherObject(depth + 1);
    if (first === OPEN_ARRAY) return this.#elementsOf(depth + 1, () => this.#offPath(depth + 1));
    if (first === MINUS || isDigit(first)) return this.number();
    this.word();
  }

  #otherObject(depth: number): void {
    if (depth > MAX_DEPTH) throw new Unreadable();
    this.at++;
    let isFirst = true;
    for (let next = this.space(); next !== CLOSE_OBJECT; next = this.space()) {
      if (!isFirst) this.#comma(next);
      isFirst = false;
      this.#passName();
      this.#offPath(depth);
    }
    this.at++;
  }

  #add(locator: number, value: string | undefined, start: number, end: number, fill?: JsonLeaf['fill']): void {
    this.#count();
    const { leaves, element } = this.#walks[locator]!;
    leaves.push({ value, start, end, element, ...(fill && { fill }) });
  }

  #count(): void {
    if (++this.#places > MOST_PLACES) throw new Unreadable();
  }

  /** Reads a name and its colon, up to the value. */
  #name(): string {
    const name = this.string();
    if (name === PROTO) throw new Unreadable();
    this.#colon();
    return name;
  }

  #passName(): void {
    const start = this.at + 1;
    this.passString();
    const length = this.at - 1 - start;
    if (this.isEscaped ? this.decode(start) === PROTO : length === PROTO.length && this.text.startsWith(PROTO, start))
      throw new Unreadable();
    this.#colon();
  }

  #colon(): void {
    if (this.space() !== COLON) throw new Unreadable();
    this.at++;
    this.space();
  }

  #comma(next: number): void {
    if (next !== COMMA) throw new Unreadable();
    this.at++;
    this.space();
  }
}
