import { AppError } from '../contract/values/errors.ts';
import { createId } from '../contract/values/ids.ts';
import type { Blobs } from '../contract/ports/blobs.ts';

/** Creates blobs in memory, for tests of a single node. */
export function memoryBlobs(): Blobs {
  const stored = new Map<string, Uint8Array>();
  return {
    async put(source, { limitBytes, blobId: given }) {
      const chunks: Uint8Array[] = [];
      let sizeBytes = 0;
      for await (const chunk of source) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > limitBytes) throw new AppError('BLOB_TOO_LARGE', 'input', `The payload is larger than ${limitBytes} bytes.`);
        chunks.push(chunk);
      }
      const blobId = given ?? createId('blb');
      stored.set(blobId, Buffer.concat(chunks));
      return { blobId, sizeBytes };
    },
    async *get(blobId) {
      const bytes = stored.get(blobId);
      if (bytes === undefined) throw new AppError('BLOB_MISSING', 'bug', 'The stored payload is gone.');
      yield bytes;
    },
    async remove(blobId) {
      stored.delete(blobId);
    },
    async *list() {
      yield* stored.keys();
    },
    async close() {
      stored.clear();
    },
  };
}
