/** Blobs that the data of a message names: the name comes from outside, so that there may be none of it. */
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import { AppError } from '../../engine/contract/values/errors.ts';

/**
 * Reads the blob. `field` is the field of the node that names it, for example `attachments/2`. Throws BLOB_UNKNOWN (input)
 * if there is no such blob.
 */
export async function* namedBlob(blobs: Blobs, blobId: string, field: string): AsyncGenerator<Uint8Array> {
  try {
    yield* blobs.get(blobId);
  } catch (cause) {
    if (!(cause instanceof AppError && cause.code === 'BLOB_MISSING')) throw cause;
    throw new AppError('BLOB_UNKNOWN', 'input', `The file that ${field} names by its blobId does not exist.`, {
      values: { field },
      fix: 'Give the reference of a file that is stored: as it was received, and not older than its execution.',
      cause,
    });
  }
}
