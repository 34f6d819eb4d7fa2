/**
 * Port: large payloads as streams. Conformance suite: `test/conformance/blobs.ts`.
 * What is written is flushed to disk before `put` resolves, so that a document may refer to it at once.
 */
import type { BlobRef } from '../values/message.ts';

export interface PutOptions {
  readonly limitBytes: number;
  readonly blobId?: string;
}

export interface Blobs {
  /**
   * Stores the stream, at most `limitBytes` long (BLOB_TOO_LARGE otherwise, and nothing is left behind). `blobId` is given only for a blob
   * that comes from another store, where documents name it already; one that is there under it is replaced.
   */
  put(source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<BlobRef>;
  /** BLOB_MISSING when it is gone; BLOB_DAMAGED when its authentication fails. */
  get(blobId: string): AsyncIterable<Uint8Array>;
  remove(blobId: string): Promise<void>;
  /** Ids older than `olderThanMs`, for the collection of orphans. */
  list(olderThanMs: number): AsyncIterable<string>;
  close(): Promise<void>;
}
