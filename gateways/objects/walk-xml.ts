import type { XmlStep } from '../documents/object-locator.ts';
import { isPlainText } from './found.ts';

export interface XmlLeaves {
  readonly values: readonly string[];
  /** The number of elements that lack the attribute, or 1 if the element is not there. */
  readonly missing: number;
}

const MAX_DEPTH = 64;
const MOST_LEAVES = 10_000;
const MOST_ATTRIBUTES = 200;
const NAME = /[^\s<>"'=/&?!]+/y;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const ENCODING = /\bencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/;

/** Thrown and caught in this file only. */
class Unreadable extends Error {}

/**
 * Reads the text or the attribute that a locator names, from the whole document. Names are compared without their
 * prefix. Returns undefined if the document is not well-formed, has a DOCTYPE or another encoding than UTF-8, or if two
 * readers could find different values: an element or attribute that occurs twice, or a text with elements, comments or
 * several sections.
 */
export function walkXml(text: string, steps: readonly XmlStep[], attribute?: string): XmlLeaves | undefined {
  try {
    return new Walk(text, steps, attribute).run();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

interface Open {
  readonly name: string;
  /** The number of steps of the locator that lead to this element; -1 if it is beside them. */
  readonly step: number;
  /** How often the next step was found in this element. */
  found: number;
  /** Pieces of the text of the wanted element. */
  readonly pieces: string[] | undefined;
}

class Walk {
  readonly #text: string;
  readonly #steps: readonly XmlStep[];
  readonly #attribute: string | undefined;
  readonly #open: Open[] = [];
  readonly #values: string[] = [];
  #missing = 0;
  #at = 0;
  #hasRoot = false;

  constructor(text: string, steps: readonly XmlStep[], attribute: string | undefined) {
    this.#text = text;
    this.#steps = steps;
    this.#attribute = attribute;
  }

  run(): XmlLeaves {
    this.#declaration();
    const { length } = this.#text;
    while (this.#at < length) {
      const open = this.#text.indexOf('<', this.#at);
      this.#characters(this.#text.slice(this.#at, open < 0 ? length : open));
      if (open < 0) break;
      this.#at = open;
      this.#markup();
    }
    if (this.#open.length > 0 || !this.#hasRoot) throw new Unreadable();
    return { values: this.#values, missing: this.#missing };
  }

  #declaration(): void {
    if (!/^<\?xml\s/.test(this.#text)) return;
    const end = this.#text.indexOf('?>');
    if (end < 0 || end > 300) throw new Unreadable();
    const declaration = this.#text.slice(0, end);
    const encoding = ENCODING.exec(declaration);
    if (encoding !== null && (encoding[1] ?? encoding[2])!.toLowerCase() !== 'utf-8') throw new Unreadable();
    if (!/\bversion\s*=\s*["']1\.0["']/.test(declaration)) throw new Unreadable();
    this.#at = end + 2;
  }

  #markup(): void {
    if (this.#text.startsWith('<!--', this.#at)) return this.#passed('-->', 4);
    if (this.#text.startsWith('<![CDATA[', this.#at)) return this.#section();
    if (this.#text.startsWith('<?', this.#at)) return this.#instruction();
    if (this.#text.startsWith('<!', this.#at)) throw new Unreadable();
    if (this.#text.startsWith('</', this.#at)) return this.#endTag();
    this.#startTag();
  }

  /** Passes a comment or an instruction. Readers join or split a text around it. */
  #passed(end: string, offset: number): void {
    if (this.#open.at(-1)?.pieces !== undefined) throw new Unreadable();
    const at = this.#text.indexOf(end, this.#at + offset);
    if (at < 0) throw new Unreadable();
    this.#at = at + end.length;
  }

  /** A declaration after the start is not one, but some readers take its encoding (XML 1.0, 2.6). */
  #instruction(): void {
    if (/^<\?xml[\s?]/i.test(this.#text.slice(this.#at, this.#at + 6))) throw new Unreadable();
    this.#passed('?>', 2);
  }

  #section(): void {
    const end = this.#text.indexOf(']]>', this.#at);
    if (end < 0 || this.#open.length === 0) throw new Unreadable();
    this.#open.at(-1)!.pieces?.push(this.#text.slice(this.#at + 9, end));
    this.#at = end + 3;
  }

  #characters(raw: string): void {
    if (raw === '') return;
    const parent = this.#open.at(-1);
    if (parent === undefined) {
      if (raw.trim() !== '') throw new Unreadable();
    } else parent.pieces?.push(decodeEntities(raw));
  }

  #startTag(): void {
    this.#at++;
    const name = this.#name();
    const parent = this.#open.at(-1);
    if (parent === undefined && this.#hasRoot) throw new Unreadable();
    if (parent?.pieces !== undefined || this.#open.length === MAX_DEPTH) throw new Unreadable();
    this.#hasRoot = true;
    const step = this.#stepOf(name, parent);
    const isWanted = step === this.#steps.length;
    const attribute = this.#attributes(isWanted);
    const isEmpty = this.#text[this.#at] === '/';
    if (isEmpty) this.#at++;
    if (this.#text[this.#at++] !== '>') throw new Unreadable();
    if (isWanted && this.#attribute !== undefined) this.#take(attribute);
    const open = { name, step, found: 0, pieces: isWanted && this.#attribute === undefined ? [] : undefined };
    if (isEmpty) this.#close(open);
    else this.#open.push(open);
  }

  #stepOf(name: string, parent: Open | undefined): number {
    const before = parent === undefined ? 0 : parent.step;
    if (before < 0 || before === this.#steps.length || this.#steps[before]!.name !== localName(name)) {
      // The root is not the one that the locator names.
      if (parent === undefined) this.#missing++;
      return -1;
    }
    if (parent !== undefined && parent.found++ > 0 && !this.#steps[before]!.isList) throw new Unreadable();
    return before + 1;
  }

  /** Reads the attributes. Returns the wanted one. */
  #attributes(isWanted: boolean): string | undefined {
    const names = new Set<string>();
    let found: string | undefined;
    for (;;) {
      const before = this.#at;
      this.#space();
      const next = this.#text[this.#at];
      if (next === '>' || next === '/') return found;
      if (before === this.#at) throw new Unreadable();
      const name = this.#name();
      this.#space();
      if (this.#text[this.#at++] !== '=') throw new Unreadable();
      this.#space();
      const quote = this.#text[this.#at++];
      if (quote !== '"' && quote !== "'") throw new Unreadable();
      const end = this.#text.indexOf(quote, this.#at);
      if (end < 0 || names.has(name) || names.size === MOST_ATTRIBUTES) throw new Unreadable();
      names.add(name);
      const raw = this.#text.slice(this.#at, end);
      if (raw.includes('<')) throw new Unreadable();
      this.#at = end + 1;
      if (!isWanted || this.#attribute === undefined || localName(name) !== this.#attribute) continue;
      if (found !== undefined) throw new Unreadable();
      found = decodeEntities(raw);
    }
  }

  #endTag(): void {
    this.#at += 2;
    const name = this.#name();
    this.#space();
    if (this.#text[this.#at++] !== '>') throw new Unreadable();
    const open = this.#open.pop();
    if (open === undefined || open.name !== name) throw new Unreadable();
    this.#close(open);
  }

  #close({ step, found, pieces }: Open): void {
    if (pieces !== undefined) {
      if (pieces.length > 1) throw new Unreadable();
      this.#take(pieces[0] ?? '');
    } else if (step >= 0 && step < this.#steps.length && found === 0) this.#missing++;
  }

  #take(value: string | undefined): void {
    if (value === undefined) this.#missing++;
    else if (this.#values.length === MOST_LEAVES || !isPlainText(value)) throw new Unreadable();
    else this.#values.push(value);
  }

  #name(): string {
    NAME.lastIndex = this.#at;
    const found = NAME.exec(this.#text);
    if (found === null) throw new Unreadable();
    this.#at = NAME.lastIndex;
    return found[0];
  }

  #space(): void {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** Decodes the five entities of XML and character references. Others need a DOCTYPE, which is refused. */
function decodeEntities(raw: string): string {
  if (!raw.includes('&')) return raw;
  return raw.replaceAll(/&([^;&]{0,12})(;?)/g, (_all, name: string, end: string) => {
    if (end === '') throw new Unreadable();
    if (Object.hasOwn(ENTITIES, name)) return ENTITIES[name]!;
    const code = /^#x[0-9a-fA-F]{1,6}$/.test(name)
      ? Number.parseInt(name.slice(2), 16)
      : /^#\d{1,7}$/.test(name)
        ? Number(name.slice(1))
        : NaN;
    if (!(code > 0 && code <= 0x10ffff)) throw new Unreadable();
    return String.fromCodePoint(code);
  });
}
