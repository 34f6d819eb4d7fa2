/** Blobs that hold nothing, as a store of files: what is read is made up, what is written is counted. */
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';

export const LARGE_BYTES = 100 * 1024 * 1024;
/** A blob of `LARGE_BYTES`. */
export const LARGE_BLOB = { blobId: 'blob_large', sizeBytes: LARGE_BYTES, name: 'large.bin', mediaType: 'application/octet-stream' };

const CHUNK = 64 * 1024;

export function largeBlobs(): Blobs & { readonly written: () => number } {
  let written = 0;
  return {
    ...memoryBlobs(),
    async *get() {
      for (let at = 0; at < LARGE_BYTES; at += CHUNK) yield Buffer.alloc(CHUNK, 'x');
    },
    async put(source) {
      let sizeBytes = 0;
      for await (const chunk of source) {
        sizeBytes += chunk.byteLength;
        // Writing to a disk takes a turn of the event loop.
        await new Promise((resolve) => setImmediate(resolve));
      }
      written += sizeBytes;
      return { blobId: 'blob_written', sizeBytes };
    },
    written: () => written,
  };
}
