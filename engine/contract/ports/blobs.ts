/**
 * Port: large payloads as streams. Conformance suite: `test/conformance/blobs.ts`. Data is flushed to disk before
 * `put` resolves, so that a document may refer to it at once.
 */
import type { BlobRef } from '../values/message.ts';

export interface PutOptions {
  readonly limitBytes: number;
  readonly blobId?: string;
}

export interface Blobs {
  /**
   * Stores the stream, up to `limitBytes` long (otherwise BLOB_TOO_LARGE, and nothing is stored). Pass `blobId` only
   * for a blob copied from another store, where documents already name it; an existing one is replaced.
   */
  put(source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<BlobRef>;
  /** BLOB_MISSING if it does not exist; BLOB_DAMAGED if its authentication fails. */
  get(blobId: string): AsyncIterable<Uint8Array>;
  remove(blobId: string): Promise<void>;
  /** Ids older than `olderThanMs`, to find orphans. */
  list(olderThanMs: number): AsyncIterable<string>;
  close(): Promise<void>;
}
