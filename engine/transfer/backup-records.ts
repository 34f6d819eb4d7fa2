/** The records of a backup. Each has its length (4 bytes) and its content, which is JSON in UTF-8. */
import type { IndexSpec, StoredDocument } from '../contract/ports/documents.ts';
import type { KeptEntry } from '../contract/ports/shared-state.ts';
import { unreadable, type FrameWriter } from './backup-frames.ts';

export const BACKUP_VERSION = 1;

export type BackupRecord =
  | { readonly kind: 'head'; readonly version: number; readonly backupId: string; readonly at: number; readonly from: string }
  | { readonly kind: 'collection'; readonly name: string; readonly indexes: readonly IndexSpec[]; readonly expiresAt?: string }
  /** Starts a new round. The records after it may be newer versions of earlier ones. */
  | { readonly kind: 'round' }
  | { readonly kind: 'document'; readonly collection: string; readonly document: StoredDocument }
  | { readonly kind: 'removed'; readonly collection: string; readonly id: string }
  | { readonly kind: 'shared'; readonly entry: KeptEntry }
  /**
   * `sealed` is encrypted with the data keys, so the backup's own key is not enough to read a payload. The last chunk
   * is empty.
   */
  | { readonly kind: 'blob'; readonly id: string; readonly index: number; readonly sealed: string; readonly isLast: boolean }
  /**
   * `documents` is the number of written documents; each written version counts. The backup contains the state of the
   * moment `at` (absent in backups of 0.1.0).
   */
  | { readonly kind: 'end'; readonly documents: number; readonly blobs: number; readonly at?: number };

export async function writeRecord(frames: FrameWriter, record: BackupRecord): Promise<void> {
  const body = Buffer.from(JSON.stringify(record));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  await frames.write(length);
  await frames.write(body);
}

/** Yields the records; the last one is `end`. Throws BACKUP_UNREADABLE (input) if the file has no such record. */
export async function* readRecords(frames: AsyncIterable<Buffer>): AsyncGenerator<BackupRecord> {
  let rest: Buffer = Buffer.alloc(0);
  let parts: Buffer[] = [];
  let size = 0;
  let isEnded = false;
  for await (const frame of frames) {
    parts.push(frame);
    size += frame.length;
    // Assemble a large record once, when all its frames have arrived.
    if (rest.length >= 4 && size + rest.length < 4 + rest.readUInt32BE()) continue;
    rest = Buffer.concat([rest, ...parts]);
    parts = [];
    size = 0;
    let from = 0;
    while (rest.length - from >= 4) {
      const end = from + 4 + rest.readUInt32BE(from);
      if (end > rest.length) break;
      const record = JSON.parse(rest.toString('utf8', from + 4, end)) as BackupRecord;
      isEnded = record.kind === 'end';
      yield record;
      from = end;
    }
    rest = rest.subarray(from);
  }
  if (!isEnded || rest.length + size > 0) throw unreadable('damaged');
}
