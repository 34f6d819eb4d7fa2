import { detectText } from './detect-text.ts';
import { LeafPath, type VisitLeaf } from './leaf.ts';
import { mediaTypeOf, parseMedia } from './media.ts';
import { readFormLeaves } from './read-form-leaves.ts';
import { readJsonLeaves } from './read-json-leaves.ts';
import { readMultipart, type Part } from './read-multipart.ts';
import { readXmlLeaves } from './read-xml-leaves.ts';

/** The parts of a request that hold values of the caller. All texts are as sent. */
export interface RequestParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookie: string | undefined;
}

/** How deep documents in strings are opened: JSON in JSON, XML in JSON, JSON in a form. */
const MAX_NESTED = 3;

/**
 * Visits path parameters, query, headers and cookies. `visit` also sees what documents in these values hold. Returns
 * true if the visitor stopped.
 */
export function readRequestLeaves({ params, query, headers, cookie }: RequestParts, visit: VisitLeaf): boolean {
  const path = new LeafPath();
  const each = nesting(visit);
  path.carrier = 'path';
  if (readRecord(params, path, each)) return true;
  path.carrier = 'query';
  if (query !== '' && readFormLeaves(query, '&', path, each)) return true;
  path.carrier = 'header';
  for (const name in headers) {
    path.enter(name);
    const stops = each(headers[name]!, path, false);
    path.leave();
    if (stops) return true;
  }
  path.carrier = 'cookie';
  return cookie !== undefined && readFormLeaves(cookie, ';', path, each);
}

function readRecord(record: Readonly<Record<string, string>>, path: LeafPath, visit: VisitLeaf): boolean {
  for (const name in record) {
    path.enter(name);
    const stops = visit(record[name]!, path, false);
    path.leave();
    if (stops) return true;
  }
  return false;
}

/** Returns false for a body that services may read in different ways: unusual multipart, or an unknown charset. */
export function isReadable(body: Uint8Array, contentType: string): boolean {
  const media = parseMedia(contentType);
  const charset = media?.parameters.get('charset');
  if (media === undefined || (charset !== undefined && !isCharset(charset))) return false;
  return !media.type.startsWith('multipart/') || readMultipart(body, contentType) !== undefined;
}

function isCharset(charset: string): boolean {
  try {
    return new TextDecoder(charset).encoding !== 'replacement';
  } catch {
    return false;
  }
}

/** Visits the leaves of a body by its media type; a body of an unknown type by how it begins. */
export function readBodyLeaves(body: Uint8Array, contentType: string, visit: VisitLeaf): boolean {
  const path = new LeafPath();
  const type = mediaTypeOf(contentType);
  if (type.startsWith('multipart/')) {
    const parts = readMultipart(body, contentType);
    if (parts !== undefined) return readParts(parts, path, nesting(visit));
  }
  const text = decodeText(body, contentType);
  return text !== undefined && readText(text, type, path, visit);
}

/** A file of text up to this length is judged like a field. */
const MOST_FILE_BYTES = 16 * 1024;

function readParts(parts: readonly Part[], path: LeafPath, visit: VisitLeaf): boolean {
  path.carrier = 'multipart';
  for (const { name, fileNames, mediaType, content } of parts) {
    if (visit(name, path, true)) return true;
    path.enter(name);
    const isBinary = fileNames.length > 0 && (content.byteLength > MOST_FILE_BYTES || detectText(content) === undefined);
    if (!isBinary && visit(decodeText(content, mediaType) ?? BYTES.decode(content), path, false)) return true;
    for (const fileName of fileNames) {
      path.enter('filename');
      if (visit(fileName, path, false)) return true;
      path.leave();
    }
    path.leave();
  }
  return false;
}

function readText(text: string, type: string, path: LeafPath, visit: VisitLeaf): boolean {
  const each = nesting(visit);
  if (type === 'application/x-www-form-urlencoded') return readForm(text, path, each);
  const first = firstSign(text);
  if (type === 'application/json' || type.endsWith('+json') || first === '{' || first === '[') {
    return readDocument(text, readJsonLeaves, path, each);
  }
  if (type.endsWith('/xml') || type.endsWith('+xml') || first === '<') {
    path.carrier = 'xml';
    return readDocument(text, readXmlLeaves, path, each);
  }
  return each(text, path, false);
}

function readForm(text: string, path: LeafPath, visit: VisitLeaf): boolean {
  path.carrier = 'form';
  return readFormLeaves(text.includes('+') ? text.replaceAll('+', ' ') : text, '&', path, visit);
}

/** A text that is not in its format is also visited as a whole: a service may read it in another way. */
function readDocument(text: string, read: typeof readJsonLeaves, path: LeafPath, visit: VisitLeaf): boolean {
  const reading = read(text, path, visit);
  return reading === 'stopped' || (reading === 'malformed' && visit(text, path, false));
}

/**
 * Wraps a visitor so that JSON and XML in strings are opened. A document that is in its format is visited by its
 * leaves; XML first as a whole, because a page may take it for markup.
 */
function nesting(visit: VisitLeaf): VisitLeaf {
  let each = visit;
  for (let level = 0; level < MAX_NESTED; level++) each = opening(visit, each);
  return each;
}

function opening(visit: VisitLeaf, inner: VisitLeaf): VisitLeaf {
  return (text, path, isName) => {
    if (isName || text.length < 3) return visit(text, path, isName);
    const first = firstSign(text);
    if (first !== '{' && first !== '[' && first !== '<') return visit(text, path, false);
    const last = text.charCodeAt(text.trimEnd().length - 1);
    if (first === '<' ? last !== 0x3e : last !== 0x7d && last !== 0x5d) return visit(text, path, false);
    if (first === '<' && visit(text, path, false)) return true;
    const { depth } = path;
    const reading = (first === '<' ? readXmlLeaves : readJsonLeaves)(text, path, inner);
    if (reading === 'stopped') return true;
    path.leaveTo(depth);
    return reading === 'malformed' && first !== '<' && visit(text, path, false);
  };
}

function firstSign(text: string): string {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === 0xfeff ? (text[at + 1] ?? '') : (text[at] ?? '');
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const BYTES = new TextDecoder('latin1');

/** Decodes by the stated charset, else as UTF-8, else byte by byte. Returns undefined for bytes that are no text. */
function decodeText(bytes: Uint8Array, contentType: string): string | undefined {
  const charset = parseMedia(contentType)?.parameters.get('charset') ?? charsetOfXml(bytes);
  try {
    return charset === undefined ? UTF8.decode(bytes) : new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.subarray(0, 512).includes(0) ? undefined : BYTES.decode(bytes);
  }
}

/** The encoding that a byte order mark or an XML declaration states. */
function charsetOfXml(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] !== 0x3c || bytes[1] !== 0x3f) return undefined;
  const head = BYTES.decode(bytes.subarray(0, 120));
  const at = head.indexOf('encoding=');
  if (at < 0) return undefined;
  const quote = head[at + 9]!;
  const end = head.indexOf(quote, at + 10);
  return end < 0 ? undefined : head.slice(at + 10, end);
}
