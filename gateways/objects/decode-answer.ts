import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Answer } from '../contract.ts';
import { decodeUtf8, isJsonType, isUtf8, parseMedia } from './media.ts';

const MOST_BYTES = 10 * 1024 * 1024;
const DECODERS: Readonly<Record<string, (bytes: Uint8Array) => Promise<Uint8Array>>> = {
  gzip: (bytes) => promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES }),
  'x-gzip': (bytes) => promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES }),
  deflate: (bytes) => promisify(inflate)(bytes, { maxOutputLength: MOST_BYTES }),
  br: (bytes) => promisify(brotliDecompress)(bytes, { maxOutputLength: MOST_BYTES }),
};

/**
 * Returns the text of a JSON response, also of a compressed one. Returns undefined if it is not JSON in UTF-8, or not
 * readable: rules cannot see into it then.
 */
export async function decodeAnswer({ headers, body }: Answer): Promise<string | undefined> {
  const media = parseMedia(headers['content-type']);
  if (body === undefined || media === undefined || !isJsonType(media.type) || !isUtf8(media)) return undefined;
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity') return decodeUtf8(body);
  const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  const bytes = await decode?.(body).catch(() => undefined);
  return bytes && decodeUtf8(bytes);
}
