/** Makes the blobs of one store equal to those of another. A blob never changes: it either exists or does not. */
import { createHash } from 'node:crypto';
import { AppError } from '../contract/values/errors.ts';
import type { Blobs } from '../contract/ports/blobs.ts';

export interface BlobPair {
  readonly source: Blobs;
  readonly target: Blobs;
}

export interface BlobCopy {
  readonly blobs: number;
  readonly copied: number;
}

/** Copies the blobs. Each copy is read back and compared before the next one starts. */
export async function copyBlobs(pair: BlobPair, signal: AbortSignal, onProgress?: (blobs: number) => void): Promise<BlobCopy> {
  const { source, target } = pair;
  const copies = await idsOf(target);
  let blobs = 0;
  let copied = 0;
  for await (const blobId of source.list(ALL)) {
    signal.throwIfAborted();
    blobs++;
    if (copies.delete(blobId)) continue;
    if (await copyBlob(pair, blobId)) copied++;
    onProgress?.(copied);
  }
  for (const blobId of copies) await target.remove(blobId);
  return { blobs, copied };
}

/** Returns the ids that only one side has. */
export async function compareBlobs({ source, target }: BlobPair): Promise<readonly string[]> {
  const copies = await idsOf(target);
  const different: string[] = [];
  for await (const blobId of source.list(ALL)) if (!copies.delete(blobId)) different.push(blobId);
  return [...different, ...copies];
}

/** An age limit in milliseconds. It is negative, so that it includes blobs created just now. */
export const ALL = -60_000;
const LIMIT_BYTES = Number.MAX_SAFE_INTEGER;

/** Copies one blob. Returns false if it was removed meanwhile. */
async function copyBlob({ source, target }: BlobPair, blobId: string): Promise<boolean> {
  const sent = createHash('sha256');
  try {
    await target.put(hashed(source.get(blobId), sent), { blobId, limitBytes: LIMIT_BYTES });
  } catch (error) {
    if (error instanceof AppError && error.code === 'BLOB_MISSING') return false;
    throw error;
  }
  const kept = createHash('sha256');
  for await (const chunk of target.get(blobId)) kept.update(chunk);
  if (!sent.digest().equals(kept.digest())) throw different(blobId);
  return true;
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

async function idsOf(blobs: Blobs): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const id of blobs.list(ALL)) ids.add(id);
  return ids;
}

function different(blobId: string): AppError {
  return new AppError('STORE_COPY_DIFFERS', 'bug', `The copy of payload ${blobId} differs from what was written.`, {
    values: { what: blobId },
    fix: 'Look at the disk of the new store, empty it, and move again; the old store is untouched.',
  });
}
