/** One part of a `multipart/form-data` body (RFC 7578). `content` is a view of the body. */
export interface Part {
  readonly name: string;
  readonly fileName: string | undefined;
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
  let disposition: string | undefined;
  let mediaType = 'text/plain';
  for (const line of bytes.subarray(0, blank).toString('utf8').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0 || line.startsWith(' ') || line.startsWith('\t')) return undefined;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'content-disposition') {
      if (disposition !== undefined) return undefined;
      disposition = value;
    } else if (name === 'content-type') mediaType = value.toLowerCase();
  }
  const name = disposition?.toLowerCase().startsWith('form-data') ? parameterOf(disposition, 'name') : undefined;
  if (name === undefined) return undefined;
  return { name, fileName: fileNameOf(disposition!), mediaType, content: bytes.subarray(blank + BLANK_LINE.length) };
}

/** `filename*=UTF-8''…` (RFC 8187) comes after the plain name, so that a reader of either sees both. */
function fileNameOf(disposition: string): string | undefined {
  const plain = parameterOf(disposition, 'filename');
  const extended = parameterOf(disposition, 'filename*');
  if (extended === undefined) return plain;
  return plain === undefined ? extended : `${plain} ${extended}`;
}

/** Returns the value of a parameter of a header, without quotation marks. Names are compared without case. */
export function parameterOf(header: string, wanted: string): string | undefined {
  let at = header.indexOf(';');
  while (at >= 0 && at < header.length) {
    const equals = header.indexOf('=', at);
    if (equals < 0) return undefined;
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
    if (name === wanted) return quoted ? header.slice(from, end).replaceAll('\\"', '"') : header.slice(from, end).trim();
    at = header.indexOf(';', end);
  }
  return undefined;
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
