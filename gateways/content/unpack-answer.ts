import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Answer } from '../contract.ts';

const DECODERS: Readonly<Record<string, (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/**
 * Returns the body of a response without its content coding. Returns undefined if there is none, its coding is unknown
 * or damaged, or it has more than `mostBytes`.
 */
export async function unpackAnswer({ headers, body }: Answer, mostBytes: number): Promise<Uint8Array | undefined> {
  if (body === undefined || body.byteLength > mostBytes) return undefined;
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity') return body;
  const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  return decode?.(body, { maxOutputLength: mostBytes }).catch(() => undefined);
}
