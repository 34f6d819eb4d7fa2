/** Rules for all blob stores: limits, errors, and ids, which contain the creation time of the blob. */
import { AppError } from '../../engine/contract/values/errors.ts';

const ID = /^blob_[0-9a-v]{9}[A-Za-z0-9_-]{14}$/;

export function isBlobId(text: string): boolean {
  return ID.test(text);
}

/** Returns the creation time that a blob id contains (`createTimedId`). */
export function createdAt(blobId: string): number {
  return Number.parseInt(blobId.slice(5, 14), 32);
}

/**
 * Returns the id if it is valid. Ids come from documents and interfaces, so none may name a file outside the blob
 * storage.
 */
export function checked(blobId: string): string {
  if (!isBlobId(blobId)) throw blobMissing('(malformed id)');
  return blobId;
}

/** Yields the bytes of `source`. Throws BLOB_TOO_LARGE (input) after `limitBytes`. */
export async function* limited(source: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) {
      throw new AppError('BLOB_TOO_LARGE', 'input', `The payload is larger than the limit of ${limitBytes} bytes.`, {
        values: { limitBytes },
        fix: 'Send less, or raise the limit of the interface or node.',
      });
    }
    yield chunk;
  }
}

export function blobMissing(blobId: string): AppError {
  return new AppError('BLOB_MISSING', 'bug', `The stored payload ${blobId} no longer exists.`, {
    values: { blobId },
    fix: 'Restore it from a backup, or ask the sender to send the message again.',
  });
}

export function blobDamaged(blobId: string): AppError {
  return new AppError('BLOB_DAMAGED', 'bug', `The stored payload ${blobId} is incomplete or was changed.`, {
    values: { blobId },
    fix: 'Restore it from a backup, and check the disk.',
  });
}
