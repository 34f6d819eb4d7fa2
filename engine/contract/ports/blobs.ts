/**
 * The port for large payloads as streams. `put` resolves only after the data is flushed to disk, so a document may
 * refer to the blob at once. Conformance suite: `test/conformance/blobs.ts`.
 */
import type { BlobRef } from '../values/message.ts';

export interface PutOptions {
  readonly limitBytes: number;
  readonly blobId?: string;
}

export interface Blobs {
  /**
   * Stores the stream. Rejects with BLOB_TOO_LARGE (input) if it is longer than `limitBytes`; nothing is stored then.
   * Pass `blobId` only for a blob copied from another store, whose documents already name that id; an existing blob
   * with the id is replaced.
   */
  put(source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<BlobRef>;
  /** Reads the blob. Throws BLOB_MISSING if there is no such blob, and BLOB_DAMAGED if its content was changed. */
  get(blobId: string): AsyncIterable<Uint8Array>;
  remove(blobId: string): Promise<void>;
  /** Returns the ids of blobs older than `olderThanMs`, to find blobs that no document refers to. */
  list(olderThanMs: number): AsyncIterable<string>;
  close(): Promise<void>;
}
