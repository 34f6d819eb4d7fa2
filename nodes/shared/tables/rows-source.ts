/** The rows that a node takes: an array, or a blob with one JSON value per line. */
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import { tableError } from './table-error.ts';
import { namedBlob } from '../named-blob.ts';

const PIECE_CHARACTERS = 65_536;

export interface RowsSource {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Undefined if the size is unknown. */
  readonly sizeBytes: number | undefined;
  readonly rows: readonly unknown[] | undefined;
}

/** Throws TABLE_SOURCE (input). */
export function rowsSource(value: unknown, blobs: Blobs): RowsSource {
  if (Array.isArray(value)) return { bytes: linesOf(value as readonly unknown[]), sizeBytes: undefined, rows: value as readonly unknown[] };
  const ref = blobOf(value);
  if (ref === undefined) throw tableError('TABLE_SOURCE');
  return { bytes: namedBlob(blobs, ref.blobId, 'source'), sizeBytes: ref.sizeBytes, rows: undefined };
}

export function blobOf(value: unknown): { readonly blobId: string; readonly sizeBytes: number } | undefined {
  if (!isRecord(value) || typeof value['blobId'] !== 'string') return undefined;
  const { blobId, sizeBytes } = value;
  return { blobId, sizeBytes: typeof sizeBytes === 'number' && sizeBytes >= 0 ? sizeBytes : 0 };
}

async function* linesOf(rows: readonly unknown[]): AsyncGenerator<Uint8Array> {
  let text = '';
  for (const row of rows) {
    text += `${JSON.stringify(row) ?? 'null'}\n`;
    if (text.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
