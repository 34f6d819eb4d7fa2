import type { LeafPath, VisitLeaf } from './leaf.ts';
import type { Reading } from './read-json-leaves.ts';

/** Deeper elements are read, but their place is that of this depth. */
const MAX_DEPTH = 64;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
/** Longest entity that is undone: a numeric one with leading zeros. */
const LONGEST_ENTITY = 12;

/**
 * Visits texts, attributes, CDATA sections, comments, processing instructions and declarations of an XML text, in one
 * pass. It never fails: markup that is not well-formed is read as far as possible.
 */
export function readXmlLeaves(text: string, path: LeafPath, visit: VisitLeaf): Reading {
  return new XmlLeaves(text, path, visit).read();
}

class XmlLeaves {
  readonly #text: string;
  readonly #path: LeafPath;
  readonly #visit: VisitLeaf;
  readonly #open: string[] = [];
  #isMalformed = false;
  #stops = false;

  constructor(text: string, path: LeafPath, visit: VisitLeaf) {
    this.#text = text;
    this.#path = path;
    this.#visit = visit;
  }

  read(): Reading {
    const text = this.#text;
    const depth = this.#path.depth;
    let at = 0;
    while (at < text.length && !this.#stops) {
      const open = text.indexOf('<', at);
      const end = open < 0 ? text.length : open;
      if (end > at) this.#readText(at, end);
      at = open < 0 || this.#stops ? text.length : this.#readMarkup(open);
    }
    if (this.#stops) return 'stopped';
    this.#path.leaveTo(depth);
    return this.#open.length === 0 && !this.#isMalformed ? 'read' : 'malformed';
  }

  #readText(from: number, end: number): void {
    const value = this.#text.slice(from, end);
    if (value.trim() === '') return;
    if (this.#open.length === 0) this.#isMalformed = true;
    this.#stops = this.#visit(decode(value), this.#path, false);
  }

  /** Reads what a `<` begins. Returns the position after it. */
  #readMarkup(at: number): number {
    const text = this.#text;
    if (text.startsWith('<![CDATA[', at)) return this.#readBlock(at + 9, ']]>');
    if (text.startsWith('<!--', at)) return this.#readBlock(at + 4, '-->');
    if (text.startsWith('<?xml ', at)) return this.#end(at, '?>');
    if (text.startsWith('<?', at)) return this.#readWhole(at, '?>');
    if (text.startsWith('<!', at)) return this.#readDeclaration(at);
    if (text.startsWith('</', at)) return this.#readEnd(at);
    return this.#readElement(at);
  }

  #end(from: number, mark: string): number {
    const end = this.#text.indexOf(mark, from);
    if (end < 0) this.#isMalformed = true;
    return end < 0 ? this.#text.length : end + mark.length;
  }

  #readBlock(from: number, mark: string): number {
    const next = this.#end(from, mark);
    const value = this.#text.slice(from, this.#text.startsWith(mark, next - mark.length) ? next - mark.length : next);
    if (value !== '') this.#stops = this.#visit(value, this.#path, false);
    return next;
  }

  #readWhole(from: number, mark: string): number {
    const next = this.#end(from, mark);
    this.#stops = this.#visit(this.#text.slice(from, next), this.#path, false);
    return next;
  }

  /** A document type with its internal subset, up to the `>` outside of brackets. */
  #readDeclaration(from: number): number {
    const close = this.#text.indexOf('>', from);
    const hasSubset = close > 0 && this.#text.slice(from, close).includes('[');
    return this.#readWhole(from, hasSubset ? ']>' : '>');
  }

  #readEnd(at: number): number {
    const next = this.#end(at, '>');
    const name = this.#open.pop();
    if (name === undefined || this.#text.slice(at + 2, next - 1).trim() !== name) this.#isMalformed = true;
    else if (this.#open.length < MAX_DEPTH) this.#path.leave();
    return next;
  }

  #readElement(at: number): number {
    const text = this.#text;
    let end = at + 1;
    while (end < text.length && !isSpace(text.charCodeAt(end)) && text.charCodeAt(end) !== 0x3e && text.charCodeAt(end) !== 0x2f) end++;
    const name = text.slice(at + 1, end);
    if (name === '') {
      this.#isMalformed = true;
      return at + 1;
    }
    if (this.#open.length < MAX_DEPTH) this.#path.enter(name);
    this.#open.push(name);
    const next = this.#readAttributes(end);
    if (text.charCodeAt(next - 2) === 0x2f && next > end) {
      this.#open.pop();
      if (this.#open.length < MAX_DEPTH && !this.#stops) this.#path.leave();
    }
    return next;
  }

  #readAttributes(from: number): number {
    const text = this.#text;
    let at = from;
    while (at < text.length && !this.#stops) {
      const code = text.charCodeAt(at);
      if (code === 0x3e) return at + 1;
      if (isSpace(code) || code === 0x2f) {
        at++;
        continue;
      }
      const nameFrom = at;
      while (at < text.length && !isSpace(text.charCodeAt(at)) && text.charCodeAt(at) !== 0x3d && text.charCodeAt(at) !== 0x3e) at++;
      const nameEnd = at;
      while (isSpace(text.charCodeAt(at))) at++;
      if (text.charCodeAt(at) !== 0x3d) {
        this.#isMalformed = true;
        continue;
      }
      at++;
      while (isSpace(text.charCodeAt(at))) at++;
      at = this.#readValue(text.slice(nameFrom, nameEnd), at);
    }
    return at;
  }

  #readValue(name: string, from: number): number {
    const text = this.#text;
    const quote = text[from];
    const isQuoted = quote === '"' || quote === "'";
    if (!isQuoted) this.#isMalformed = true;
    let end = isQuoted ? text.indexOf(quote, from + 1) : from;
    if (!isQuoted) while (end < text.length && !isSpace(text.charCodeAt(end)) && text.charCodeAt(end) !== 0x3e) end++;
    if (end < 0) {
      this.#isMalformed = true;
      end = text.length;
    }
    this.#path.enter(`@${name}`);
    this.#stops = this.#visit(decode(text.slice(isQuoted ? from + 1 : from, end)), this.#path, false);
    if (!this.#stops) this.#path.leave();
    return isQuoted ? end + 1 : Math.max(end, from);
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

function decode(value: string): string {
  if (!value.includes('&')) return value;
  const parts: string[] = [];
  let from = 0;
  for (let at = value.indexOf('&'); at >= 0; at = value.indexOf('&', at + 1)) {
    const semicolon = value.slice(at, at + LONGEST_ENTITY).indexOf(';');
    const char = semicolon < 0 ? undefined : entityOf(value.slice(at + 1, at + semicolon));
    if (char === undefined) continue;
    parts.push(value.slice(from, at), char);
    from = at + semicolon + 1;
  }
  return parts.join('') + value.slice(from);
}

function entityOf(name: string): string | undefined {
  if (name[0] !== '#') return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
  const point = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return point >= 0 && point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
}
