import type { Blobs } from '../../../../engine/contract/ports/blobs.ts';

export async function bytesOf(blobs: Blobs, blobId: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of blobs.get(blobId)) pieces.push(piece);
  return Buffer.concat(pieces);
}
