import { decodeChinese } from './decode-chinese.ts';
import { isUtf8, parseMedia } from './media.ts';

/** One part of a `multipart/form-data` body (RFC 7578). `content` is a view of the body. */
export interface Part {
  readonly name: string;
  /** All names that readers may take for that of the file. Empty if the part is no file. */
  readonly fileNames: readonly string[];
  /** In lower case, with its parameters. Empty if the part does not state it. */
  readonly mediaType: string;
  readonly content: Uint8Array;
}

const MAX_PARTS = 1000;
const MAX_HEAD_BYTES = 8 * 1024;
const BLANK_LINE = Buffer.from('\r\n\r\n');
/** RFC 2046 also allows `'`, `,` and spaces, at which some readers end a boundary. */
const BOUNDARY = /^[\w()+./:=?-]{1,70}$/;

/**
 * Splits a whole multipart body into its parts. Returns undefined for a body that common readers (PHP, Go, Django,
 * Tomcat) could read differently, so that nothing is judged that a service does not read. Linear in the length.
 */
export function readMultipart(body: Uint8Array, contentType: string): readonly Part[] | undefined {
  const media = parseMedia(contentType);
  // Some readers take every `multipart/…` for a form.
  if (media === undefined || !/^multipart\/[a-z-]+$/.test(media.type) || !isUtf8(media)) return undefined;
  for (const name of media.parameters.keys()) if (name !== 'boundary' && name !== 'charset') return undefined;
  const boundary = media.parameters.get('boundary') ?? '';
  const parts = BOUNDARY.test(boundary) ? splitMultipart(body, boundary)?.map(readPart) : undefined;
  return parts?.every((part) => part !== undefined) ? parts : undefined;
}

/**
 * Returns the bytes of each part, with its headers. The boundary may occur only where a part ends, because some readers
 * end a part there without CR, and others ignore what is before the first or after the last.
 */
function splitMultipart(body: Uint8Array, boundary: string): readonly Buffer[] | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const mark = Buffer.from(`--${boundary}`, 'latin1');
  if (!bytes.subarray(0, mark.length).equals(mark)) return undefined;
  const parts: Buffer[] = [];
  let at = mark.length;
  for (;;) {
    if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d) return isEmptyEnd(bytes, at + 2) ? parts : undefined;
    if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a || parts.length === MAX_PARTS) return undefined;
    const next = bytes.indexOf(mark, at);
    if (next < at + 4 || bytes[next - 2] !== 0x0d || bytes[next - 1] !== 0x0a) return undefined;
    parts.push(bytes.subarray(at + 2, next - 2));
    at = next + mark.length;
  }
}

function isEmptyEnd(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0x0d && bytes[at] !== 0x0a && bytes[at] !== 0x20) return false;
  return true;
}

/** What readers agree about. Others decode the content (base64, gzip), or read as much of it as a header says. */
const CODINGS = new Set(['7bit', '8bit', 'binary']);
const OTHER_HEADERS = new Set(['content-id', 'content-language', 'content-description', 'mime-version']);
/** Without quotes or escapes inside, or parameters that only some readers know. Matched byte by byte. */
const DISPOSITION =
  /^form-data; ?name=(?:"([^"\\]+)"|([\w.+~-]+))(?:; ?filename=(?:"([^"]*)"|([\w.+~-]+))(?:; ?filename\*=(utf-8''[\w%.~!#$&+^`|-]+))?)?$/i;

function readPart(bytes: Buffer): Part | undefined {
  const blank = bytes.subarray(0, MAX_HEAD_BYTES).indexOf(BLANK_LINE);
  const headers = blank < 0 ? undefined : readHeaders(bytes.toString('latin1', 0, blank));
  const found = headers && DISPOSITION.exec(headers.get('content-disposition') ?? '');
  if (headers === undefined || !found) return undefined;
  const content = bytes.subarray(blank + BLANK_LINE.length);
  const mediaType = (headers.get('content-type') ?? '').toLowerCase();
  const name = decodeName(found[1] ?? found[2]!);
  const fileNames = fileNamesOf(found[3] ?? found[4], found[5]);
  if (!isPlain(headers, content, fileNames.length > 0) || name === '_charset_') return undefined;
  // A form sends an empty part for a file that was not chosen. Some readers take one with content for a field.
  return fileNames[0] === '' && (fileNames.length > 1 || content.length > 0) ? undefined : { name, fileNames, mediaType, content };
}

/** Returns whether nothing but the disposition changes how the content is read. */
function isPlain(headers: ReadonlyMap<string, string>, content: Buffer, isFile: boolean): boolean {
  const media = parseMedia(headers.get('content-type'));
  if (media === undefined || media.type.startsWith('multipart/') || !(isFile || isUtf8(media))) return false;
  for (const [name, value] of headers) {
    if (name === 'content-disposition' || name === 'content-type' || OTHER_HEADERS.has(name)) continue;
    if (name === 'content-transfer-encoding' && CODINGS.has(value.toLowerCase())) continue;
    if (name === 'content-length' && value === String(content.length)) continue;
    return false;
  }
  return true;
}

/** Refuses a repeated header, a folded line, a bare CR or LF, and what some readers take for an escaped quote. */
function readHeaders(head: string): ReadonlyMap<string, string> | undefined {
  if (/\\["\\]/.test(head)) return undefined;
  const headers = new Map<string, string>();
  for (const line of head.split('\r\n')) {
    const found = /^([A-Za-z-]+): ?((?! )[\x20-\x7e\x80-\xff]*)$/.exec(line);
    const name = found?.[1]!.toLowerCase();
    if (name === undefined || headers.has(name) || line.endsWith(' ')) return undefined;
    headers.set(name, found![2]!);
  }
  return headers;
}

/** `filename*=UTF-8''…` (RFC 8187) comes after the plain name, as it was sent and decoded. */
function fileNamesOf(plain: string | undefined, extended: string | undefined): readonly string[] {
  if (plain === undefined) return [];
  return [decodeName(plain), ...(extended === undefined ? [] : [extended, decodeExtended(extended)])];
}

/** Old clients send names in GBK. */
function decodeName(latin1: string): string {
  return decodeChinese(Buffer.from(latin1, 'latin1')) ?? latin1;
}

function decodeExtended(value: string): string {
  const encoded = value.slice(value.lastIndexOf("'") + 1);
  return decodeName(encoded.replaceAll(/%([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))));
}
