import type { Finding, Structure } from '../../documents/content-structures.ts';
import {
  ACTIVE_ELEMENTS,
  ACTIVE_NAMESPACES,
  ACTIVE_PREFIXES,
  ACTIVE_WITH,
  DOCUMENT_ATTRIBUTES,
  EVENT_HANDLERS,
  RAW_TEXT_ELEMENTS,
  SCRIPT_SCHEMES,
  XHTML,
} from './html-words.ts';

/** A name of an element or attribute is no longer than this. */
const LONGEST_NAME = 64;
/** How much of a value is looked at for its scheme; leading blanks do not count. */
const SCHEME_LENGTH = 64;

/**
 * Reads a text as markup and as what follows in a tag that holds it: as text of the page, as name of an attribute, and
 * as value in no, single, double or back quotes. A hit is an element, attribute or address that runs script.
 */
export function scanHtml(text: string): Finding | undefined {
  const inPage = new HtmlScan(text).readData(0);
  if (inPage !== undefined) return inPage;
  if (!text.includes('=')) return undefined;
  return fromAttribute(text, 0) ?? fromQuote(text, '"') ?? fromQuote(text, "'") ?? fromQuote(text, '`') ?? fromSpace(text);
}

function fromAttribute(text: string, at: number): Finding | undefined {
  return new HtmlScan(text).readBrokenTag(at);
}

function fromQuote(text: string, quote: string): Finding | undefined {
  const at = text.indexOf(quote);
  return at < 0 ? undefined : fromAttribute(text, at + 1);
}

/** Where the value has no quotation marks, a blank or a slash ends it. */
function fromSpace(text: string): Finding | undefined {
  for (let at = 0; at < text.length; at++)
    if (isBlank(text.charCodeAt(at)) || text.charCodeAt(at) === 0x2f) return fromAttribute(text, at + 1);
  return undefined;
}

class HtmlScan {
  readonly #text: string;
  /** Raw text elements that began in the text itself: their end tags leave nothing that was there before. */
  readonly #opened = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  readData(from: number): Finding | undefined {
    const text = this.#text;
    let at = text.indexOf('<', from);
    while (at >= 0) {
      const tag = this.#readTag(at + 1);
      if (typeof tag !== 'number') return tag;
      at = text.indexOf('<', tag);
    }
    return undefined;
  }

  /** Reads attributes as if a tag had begun before the text. Only known event handlers count there. */
  readBrokenTag(from: number): Finding | undefined {
    const end = this.#readAttributes(from, undefined);
    return typeof end === 'number' ? undefined : end;
  }

  /** Reads what follows a `<`. Returns where to go on, or what was found. */
  #readTag(from: number): number | Finding {
    const text = this.#text;
    const code = text.charCodeAt(from);
    if (code === 0x21) return this.#readDeclaration(from + 1);
    if (code === 0x3f) return this.#readInstruction(from + 1);
    const isEnd = code === 0x2f;
    let at = isEnd ? from + 1 : from;
    // Filters that take out zero bytes and blanks make a tag of this.
    const start = at;
    while (at < start + 8 && (isBlank(text.charCodeAt(at)) || text.charCodeAt(at) === 0)) at++;
    const isSpaced = at > start;
    const end = this.#endOfName(at);
    if (end === at) return isEnd && text.charCodeAt(at) === 0x2f ? this.#readAttributes(at, '') : from;
    const name = this.#lower(at, end);
    const local = name.slice(name.lastIndexOf(':') + 1);
    if (isSpaced) return local === 'script' || local === 'iframe' ? found('html-element', '<e') : from;
    if (isEnd && RAW_TEXT_ELEMENTS.has(local) && !this.#opened.has(local)) return found('html-element', '</e');
    if (!isEnd && (ACTIVE_ELEMENTS.has(local) || (name !== local && ACTIVE_PREFIXES.has(name.slice(0, name.indexOf(':'))))))
      return found('html-element', '<e');
    if (!isEnd && RAW_TEXT_ELEMENTS.has(local)) this.#opened.add(local);
    if (!isEnd && local === 'style' && this.#isStyleSheet(end)) return found('html-style', '<e');
    return this.#readAttributes(end, isEnd ? '' : local);
  }

  /** A `style` element is a style sheet if it holds rules or has attributes; in other XML it holds a word. */
  #isStyleSheet(from: number): boolean {
    const rest = this.#lower(from, from + 256);
    const end = rest.indexOf('</style');
    const content = end < 0 ? rest : rest.slice(0, end);
    return !content.startsWith('>') || content.includes('{') || content.includes('@') || isActiveStyle(content);
  }

  #readDeclaration(from: number): number | Finding {
    const text = this.#text;
    if (text.startsWith('--', from)) return this.#readComment(from + 2);
    const name = this.#lower(from, Math.min(from + 8, text.length));
    if (name.startsWith('entity') || name.startsWith('attlist') || name.startsWith('element')) return found('html-declaration', '<!w');
    if (!name.startsWith('doctype')) return from;
    const head = this.#lower(from, from + 512);
    const rest = head.includes('>') ? head.slice(0, head.indexOf('>')) : head;
    return rest.includes('[') || rest.includes('system') || (rest.includes('public') && !rest.includes('html'))
      ? found('html-declaration', '<!w[')
      : from;
  }

  /** Comments that old browsers run. What stands in a comment is read on as markup, since it may be ended early. */
  #readComment(from: number): number | Finding {
    const head = this.#lower(from, from + 12).trimStart();
    return head.startsWith('[if') || head.startsWith('#exec') || head.startsWith('#include') ? found('html-declaration', '<!--[') : from;
  }

  #readInstruction(from: number): number | Finding {
    const end = this.#endOfName(from);
    const name = this.#lower(from, end);
    if (name === 'import' || name === 'php' || name === 'xml-stylesheet' || name === '')
      return name === '' ? from : this.#instruction(name, end);
    return end;
  }

  #instruction(name: string, end: number): number | Finding {
    const rest = this.#lower(end, end + 256);
    const isActive = name !== 'xml-stylesheet' || rest.includes('script:') || rest.includes('data:') || !rest.includes('href');
    return isActive ? found('html-declaration', '<?w') : end;
  }

  #endOfName(from: number): number {
    const text = this.#text;
    let at = from;
    const first = text.charCodeAt(from) | 0x20;
    if (!(first >= 0x61 && first <= 0x7a)) return from;
    while (at < text.length && at < from + LONGEST_NAME && isNameCode(text.charCodeAt(at))) at++;
    return at;
  }

  #lower(from: number, to: number): string {
    const part = this.#text.slice(from, to).toLowerCase();
    return part.includes('\0') || part.includes('\ufffd') ? part.replaceAll('\0', '').replaceAll('\ufffd', '') : part;
  }

  /** Reads attributes up to `>`. `element` is undefined if the tag began before the text. */
  #readAttributes(from: number, element: string | undefined): number | Finding {
    const text = this.#text;
    let at = from;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === 0x3e) return at + 1;
      if (code === 0x3c) return at;
      if (isBlank(code) || code === 0x2f || code === 0x3d || code < 0x20 || code === 0x22 || code === 0x27 || code === 0x60) {
        at++;
        continue;
      }
      const end = this.#endOfAttributeName(at);
      const name = end - at > LONGEST_NAME ? '' : this.#lower(at, end);
      let next = end;
      while (isBlank(text.charCodeAt(next)) || text.charCodeAt(next) < 0x20) next++;
      if (text.charCodeAt(next) !== 0x3d) {
        const active = element !== undefined && ACTIVE_WITH[element]?.has(name) === true;
        if (active) return found('html-element', '<e a');
        at = end;
        continue;
      }
      const value = this.#readValue(next + 1);
      const structure = judgeAttribute(name, text, value, element);
      if (structure !== undefined) return found(structure, element === undefined ? 'a=' : '<e a=');
      at = value.next;
    }
    return at;
  }

  #endOfAttributeName(from: number): number {
    const text = this.#text;
    let at = from;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x3d || code === 0x3e || code === 0x2f || code === 0x3c || code === 0x22 || code === 0x27 || code === 0x60) break;
      if (code <= 0x20 && code !== 0) break;
      if (isBlank(code)) break;
    }
    return Math.max(at, from + 1);
  }

  #readValue(from: number): AttributeValue {
    const text = this.#text;
    let at = from;
    while (isBlank(text.charCodeAt(at)) || text.charCodeAt(at) < 0x20) at++;
    const code = text.charCodeAt(at);
    if (code === 0x22 || code === 0x27 || code === 0x60) {
      // One search, bounded by the value itself: the text after it is read once more at most.
      const close = text.indexOf(text[at]!, at + 1);
      return close < 0 ? { from: at + 1, to: text.length, next: at + 1 } : { from: at + 1, to: close, next: close + 1 };
    }
    let to = at;
    while (to < text.length && !isBlank(text.charCodeAt(to)) && text.charCodeAt(to) !== 0x3e) to++;
    return { from: at, to, next: to };
  }
}

interface AttributeValue {
  readonly from: number;
  readonly to: number;
  readonly next: number;
}

function found(structure: Structure, shape: string): Finding {
  return { structure, shape };
}

function judgeAttribute(name: string, text: string, value: AttributeValue, element: string | undefined): Structure | undefined {
  if (name.startsWith('on') && name.length >= 5) {
    if (element === undefined ? EVENT_HANDLERS.has(name) : isWord(name)) return 'html-event';
  }
  const scheme = schemeOf(text, value);
  if (isScriptAddress(scheme)) return 'html-url';
  if (element === undefined) return name === 'style' && hasScriptStyle(text, value) ? 'html-style' : undefined;
  if (DOCUMENT_ATTRIBUTES.has(name)) return 'html-url';
  if (name === 'style' && isActiveStyle(text.slice(value.from, Math.min(value.to, value.from + 4096)))) return 'html-style';
  if (name.startsWith('xmlns')) {
    const space = text.slice(value.from, value.to).trim().toLowerCase();
    if (ACTIVE_NAMESPACES.some((active) => space.startsWith(active)) || (name !== 'xmlns' && space === XHTML)) return 'html-element';
  }
  return ACTIVE_WITH[element]?.has(name) === true ? 'html-element' : undefined;
}

function isWord(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (!((code >= 0x61 && code <= 0x7a) || code === 0x5f || code === 0x2d)) return false;
  }
  return true;
}

/** The beginning of a value without blanks and control characters, which browsers leave out of addresses. */
function schemeOf(text: string, value: AttributeValue): string {
  let scheme = '';
  for (let at = value.from; at < value.to && scheme.length < SCHEME_LENGTH; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x20 && !isBlank(code) && code !== 0x7f) scheme += text[at]!;
  }
  return scheme.toLowerCase();
}

/** Pictures in `data:` run nothing; other types may. */
function isScriptAddress(scheme: string): boolean {
  const colon = scheme.indexOf(':');
  if (colon < 0) return false;
  const name = scheme.slice(0, colon);
  if (SCRIPT_SCHEMES.has(name)) return true;
  if (name !== 'data')
    return (
      scheme.startsWith('feed:javascript') ||
      scheme.startsWith('url=javascript') ||
      scheme.includes(';url=javascript:') ||
      scheme.includes(';url=data:')
    );
  const type = scheme.slice(colon + 1);
  const isPicture = type.startsWith('image/') && !type.startsWith('image/svg');
  return (
    !isPicture &&
    !type.startsWith('audio/') &&
    !type.startsWith('video/') &&
    !type.startsWith('font/') &&
    !type.startsWith('application/pdf')
  );
}

/** Outside of a tag only a style that runs script counts. */
function hasScriptStyle(text: string, value: AttributeValue): boolean {
  const style = plainStyle(text.slice(value.from, Math.min(value.to, value.from + 4096)));
  return SCRIPT_STYLES.some((mark) => style.includes(mark));
}

/** True for a style that runs script or loads something. Escapes and comments of CSS are undone first. */
function isActiveStyle(style: string): boolean {
  const plain = plainStyle(style);
  return STYLE_MARKS.some((mark) => plain.includes(mark)) || ODD_IN_STYLE.some((mark) => plain.includes(mark));
}

function plainStyle(style: string): string {
  let plain = '';
  for (let at = 0; at < style.length; at++) {
    if (style.startsWith('/*', at)) {
      const end = style.indexOf('*/', at + 2);
      at = end < 0 ? style.length : end + 1;
    } else if (style.charCodeAt(at) === 0x5c) {
      let end = at + 1;
      while (end < at + 7 && isHexCode(style.charCodeAt(end))) end++;
      plain += end === at + 1 ? '' : String.fromCodePoint(Math.min(Number.parseInt(style.slice(at + 1, end), 16), 0x10ffff));
      at = (end > at + 1 && style.charCodeAt(end) === 0x20) || end === at + 1 ? (end === at + 1 ? at : end) : end - 1;
    } else if (style.charCodeAt(at) > 0x20 && !isBlank(style.charCodeAt(at))) plain += style[at]!;
  }
  return plain.toLowerCase();
}

const ODD_IN_STYLE = ['{', '}', '<'];
const SCRIPT_STYLES = ['expression(', 'javascript:', 'vbscript:', 'behavior:', '-moz-binding', '-o-link'];
const STYLE_MARKS = [...SCRIPT_STYLES, 'url(', '@import', 'import('];

function isHexCode(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}

function isNameCode(code: number): boolean {
  return !(
    isBlank(code) ||
    code === 0x3e ||
    code === 0x2f ||
    code === 0x3c ||
    code === 0x22 ||
    code === 0x27 ||
    code === 0x3d ||
    code === 0x60 ||
    (code < 0x20 && code !== 0)
  );
}

function isBlank(code: number): boolean {
  return (
    code === 0x20 ||
    (code >= 0x09 && code <= 0x0d) ||
    code === 0xa0 ||
    code === 0x3000 ||
    (code >= 0x2000 && code <= 0x200b) ||
    code === 0x2028
  );
}
