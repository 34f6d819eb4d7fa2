import { decodeChinese } from './decode-chinese.ts';

/** One part of a `multipart/form-data` body (RFC 7578). `content` is a view of the body. */
export interface Part {
  readonly name: string;
  readonly fileName: string | undefined;
  /** All names that readers may take for that of the file. Empty if the part is no file. */
  readonly fileNames: readonly string[];
  /** In lower case, with its parameters. Empty if the part does not state it. */
  readonly mediaType: string;
  readonly content: Uint8Array;
}

const MAX_PARTS = 1000;
const MAX_HEAD_BYTES = 8 * 1024;
const BLANK_LINE = Buffer.from('\r\n\r\n');

/**
 * Splits a whole `multipart/form-data` body. Returns undefined for a body that is not exactly in the format, so that
 * nobody judges other parts than a service reads. Time is linear: each byte is searched once for the boundary.
 */
export function readMultipart(body: Uint8Array, contentType: string): readonly Part[] | undefined {
  const boundary = parameterOf(contentType, 'boundary');
  const pieces = boundary === undefined ? undefined : splitMultipart(body, boundary);
  const parts = pieces?.map(readPart);
  return parts?.every((part) => part !== undefined) ? parts : undefined;
}

/** Returns the bytes of each part, with its headers; undefined for a body that is not exactly in the format. */
export function splitMultipart(body: Uint8Array, boundary: string): readonly Buffer[] | undefined {
  if (boundary.length === 0 || boundary.length > 70) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const mark = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const first = mark.subarray(2);
  if (!bytes.subarray(0, first.length).equals(first)) return undefined;
  const parts: Buffer[] = [];
  let at = first.length;
  for (;;) {
    if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d) return isEmptyEnd(bytes, at + 2) ? parts : undefined;
    if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a || parts.length === MAX_PARTS) return undefined;
    const end = bytes.indexOf(mark, at);
    if (end < 0) return undefined;
    parts.push(bytes.subarray(at + 2, end));
    at = end + mark.length;
  }
}

function isEmptyEnd(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0x0d && bytes[at] !== 0x0a && bytes[at] !== 0x20) return false;
  return true;
}

function readPart(bytes: Buffer): Part | undefined {
  const blank = bytes.subarray(0, MAX_HEAD_BYTES).indexOf(BLANK_LINE);
  if (blank < 0) return undefined;
  // Old clients send names in GBK.
  const headers = readHeaders(decodeChinese(bytes.subarray(0, blank)) ?? bytes.toString('latin1', 0, blank));
  const disposition = headers?.get('content-disposition');
  const parameters = disposition?.toLowerCase().startsWith('form-data') ? readParameters(disposition) : undefined;
  const name = parameters?.get('name');
  if (parameters === undefined || name === undefined) return undefined;
  const fileNames = fileNamesOf(parameters);
  return {
    ...{ name, fileNames, fileName: fileNames.length === 0 ? undefined : fileNames.join(' ') },
    mediaType: (headers!.get('content-type') ?? '').toLowerCase(),
    content: bytes.subarray(blank + BLANK_LINE.length),
  };
}

/** A header or a line that readers take differently makes the body malformed: a repeated header, a bare CR or LF. */
function readHeaders(head: string): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!/^[!#$%&'*+.^_`|~\da-z-]+$/.test(name) || /[\r\n\0]/.test(line) || headers.has(name)) return undefined;
    headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/** `filename*=UTF-8''…` (RFC 8187) comes after the plain name, as it was sent and decoded. */
function fileNamesOf(parameters: ReadonlyMap<string, string>): readonly string[] {
  const plain = parameters.get('filename');
  const extended = parameters.get('filename*');
  if (extended === undefined) return plain === undefined ? [] : [plain];
  return [...(plain === undefined ? [] : [plain]), extended, decodeExtended(extended)];
}

function decodeExtended(value: string): string {
  const encoded = value.slice(value.lastIndexOf("'") + 1);
  const bytes = Buffer.from(
    encoded.replaceAll(/%([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))),
    'latin1',
  );
  return decodeChinese(bytes) ?? encoded;
}

/** Returns a media type without its parameters, in lower case. */
export function mediaTypeOf(contentType: string): string {
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

/**
 * Returns the value of a parameter of a header, without quotation marks. Names are compared without case. Returns
 * undefined if a parameter is repeated, because readers take different ones.
 */
export function parameterOf(header: string, wanted: string): string | undefined {
  return readParameters(header)?.get(wanted);
}

function readParameters(header: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  let at = header.indexOf(';');
  while (at >= 0 && at < header.length) {
    const equals = header.indexOf('=', at);
    if (equals < 0) break;
    const name = header
      .slice(at + 1, equals)
      .trim()
      .toLowerCase();
    const quoted = header
      .slice(equals + 1, equals + 64)
      .trimStart()
      .startsWith('"');
    const from = quoted ? header.indexOf('"', equals) + 1 : equals + 1;
    const end = quoted ? endOfQuoted(header, from) : endOfToken(header, from);
    if (found.has(name)) return undefined;
    found.set(name, quoted ? header.slice(from, end).replaceAll('\\"', '"') : header.slice(from, end).trim());
    at = header.indexOf(';', end);
  }
  return found;
}

function endOfToken(header: string, from: number): number {
  const end = header.indexOf(';', from);
  return end < 0 ? header.length : end;
}

function endOfQuoted(header: string, from: number): number {
  for (let at = from; at < header.length; at++) {
    if (header[at] === '\\') at++;
    else if (header[at] === '"') return at;
  }
  return header.length;
}
