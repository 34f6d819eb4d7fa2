/**
 * Port: large payloads as streams. Conformance suite: `test/conformance/blobs.ts`.
 * What is written is flushed to disk before `put` resolves, so that a document may refer to it at once.
 */
import type { BlobRef } from '../message.ts';

export interface Blobs {
  /** Stores the stream, at most `limitBytes` long (BLOB_TOO_LARGE otherwise, and nothing is left behind). */
  put(source: AsyncIterable<Uint8Array>, options: { readonly limitBytes: number }): Promise<BlobRef>;
  /** BLOB_MISSING when it is gone; BLOB_DAMAGED when its authentication fails. */
  get(blobId: string): AsyncIterable<Uint8Array>;
  remove(blobId: string): Promise<void>;
  /** Ids older than `olderThanMs`, for the collection of orphans. */
  list(olderThanMs: number): AsyncIterable<string>;
  close(): Promise<void>;
}
