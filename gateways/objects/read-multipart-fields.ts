import { decodeUtf8, isUtf8, parseMedia, type Media } from './media.ts';
import type { Pair } from './read-pairs.ts';

const MOST_PARTS = 1000;
const MOST_HEAD_BYTES = 8 * 1024;
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{1,70}$/;
/** `form-data; name="…"`, and a file name. Readers disagree about escapes and about `name*`, so neither is accepted. */
const DISPOSITION = /^form-data; ?name="([^"\\\r\n]*)"(?:; ?filename="([^"\r\n]*)"(?:; ?filename\*=[^\s;"]+)?)?$/i;

/**
 * Reads the fields of a `multipart/form-data` body (RFC 7578) that are not files; a file has an empty value. Returns
 * undefined for a body that readers could split differently. Linear in the length of the body.
 */
export function readMultipartFields(body: Uint8Array, media: Media): readonly Pair[] | undefined {
  const boundary = media.parameters.get('boundary');
  if (boundary === undefined || !BOUNDARY.test(boundary) || boundary.endsWith(' ')) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const mark = Buffer.from(`\r\n--${boundary}`, 'latin1');
  if (!bytes.subarray(0, mark.length - 2).equals(mark.subarray(2))) return undefined;
  const pairs: Pair[] = [];
  for (let at = mark.length - 2; ;) {
    const next = bytes.toString('latin1', at, at + 2);
    if (next === '--') return isEnd(bytes, at + 2) ? pairs : undefined;
    const end = bytes.indexOf(mark, at);
    if (next !== '\r\n' || end < 0 || pairs.length === MOST_PARTS) return undefined;
    const pair = readPart(bytes.subarray(at + 2, end));
    if (pair === undefined) return undefined;
    pairs.push(pair);
    at = end + mark.length;
  }
}

function isEnd(bytes: Buffer, at: number): boolean {
  const rest = bytes.toString('latin1', at, at + 3);
  return rest === '' || rest === '\r\n';
}

function readPart(part: Buffer): Pair | undefined {
  const blank = part.subarray(0, MOST_HEAD_BYTES).indexOf('\r\n\r\n');
  const head = blank < 0 ? undefined : decodeUtf8(part.subarray(0, blank));
  const headers = head === undefined ? undefined : readHeaders(head);
  const disposition = headers && DISPOSITION.exec(headers.get('content-disposition') ?? '');
  if (headers === undefined || !disposition) return undefined;
  const media = parseMedia(headers.get('content-type'));
  const coding = headers.get('content-transfer-encoding')?.toLowerCase();
  if (media === undefined || media.type.startsWith('multipart/')) return undefined;
  if (coding !== undefined && coding !== '7bit' && coding !== '8bit' && coding !== 'binary') return undefined;
  const [, name, fileName] = disposition;
  if (fileName !== undefined) return { name: name!, value: '' };
  const value = isUtf8(media) ? decodeUtf8(part.subarray(blank + 4)) : undefined;
  return value === undefined ? undefined : { name: name!, value };
}

function readHeaders(head: string): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    // A bare CR or LF, a folded line or a space before the colon is read differently.
    if (!/^[a-z0-9-]+$/.test(name) || /[\r\n\0]/.test(line) || headers.has(name)) return undefined;
    headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}
