/** Blobs in memory, for tests. They use at most 256 MB; beyond that `put` rejects with BLOB_STORE_FULL. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createTimedId } from '../../engine/contract/values/ids.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';

const MAX_BYTES = 256 * 1024 * 1024;

export function createMemoryBlobs(options: { readonly clock: Clock }): Blobs {
  const { clock } = options;
  const blobs = new Map<string, { readonly chunks: readonly Uint8Array[]; readonly sizeBytes: number; readonly at: number }>();
  let heldBytes = 0;
  return {
    async put(source, { limitBytes, blobId: given }) {
      const chunks: Uint8Array[] = [];
      let sizeBytes = 0;
      for await (const chunk of source) {
        sizeBytes += chunk.length;
        if (sizeBytes > limitBytes) throw blobTooLarge(limitBytes);
        if (heldBytes + sizeBytes > MAX_BYTES)
          throw new AppError('BLOB_STORE_FULL', 'transient', 'The blob store in memory is full.', { fix: 'Use the embedded store.' });
        chunks.push(chunk.slice());
      }
      const blobId = given ?? createTimedId('blob', clock.now());
      heldBytes -= blobs.get(blobId)?.sizeBytes ?? 0;
      blobs.set(blobId, { chunks, sizeBytes, at: clock.now() });
      heldBytes += sizeBytes;
      return { blobId, sizeBytes };
    },
    async *get(blobId) {
      const blob = blobs.get(blobId);
      if (!blob) throw blobMissing(blobId);
      for (const chunk of blob.chunks) yield chunk.slice();
    },
    async remove(blobId) {
      heldBytes -= blobs.get(blobId)?.sizeBytes ?? 0;
      blobs.delete(blobId);
    },
    async *list(olderThanMs) {
      for (const [blobId, { at }] of blobs) if (clock.now() - at > olderThanMs) yield blobId;
    },
    async close() {},
  };
}

function blobTooLarge(limitBytes: number): AppError {
  return new AppError('BLOB_TOO_LARGE', 'input', `The payload is larger than the limit of ${limitBytes} bytes.`, {
    values: { limitBytes },
    fix: 'Send less, or raise the limit of the interface or node.',
  });
}

function blobMissing(blobId: string): AppError {
  return new AppError('BLOB_MISSING', 'bug', `The stored payload ${blobId} no longer exists.`, {
    values: { blobId },
    fix: 'Restore it from a backup, or ask the sender to send the message again.',
  });
}
