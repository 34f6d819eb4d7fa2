import { splitMultipart } from '../content/read-multipart.ts';
import { decodeUtf8, isUtf8, parseMedia, type Media } from './media.ts';
import { foldParameter, type Pair } from './read-pairs.ts';

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
  if (boundary === undefined || !BOUNDARY.test(boundary)) return undefined;
  const pairs = splitMultipart(body, boundary)?.map(readPart);
  return pairs?.every((pair) => pair !== undefined) ? pairs : undefined;
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
  const folded = foldParameter(name!);
  if (fileName !== undefined) return { name: name!, folded, value: '' };
  const value = isUtf8(media) ? decodeUtf8(part.subarray(blank + 4)) : undefined;
  return value === undefined ? undefined : { name: name!, folded, value };
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
