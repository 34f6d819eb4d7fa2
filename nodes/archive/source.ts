/** The file that a node takes: a blob reference, or bytes in the message. */
import type { NodeContext } from '../../engine/contract/node/node.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { archiveError } from './archive-error.ts';
import { namedBlob } from '../shared/named-blob.ts';

export interface FileSource {
  /** Begins to read again each time. */
  open(): AsyncIterable<Uint8Array>;
  readonly name: string | undefined;
}

/** Throws ARCHIVE_CONTENT (input). */
export function fileSource(value: unknown, { blobs, signal }: Pick<NodeContext<unknown>, 'blobs' | 'signal'>): FileSource {
  if (value instanceof Uint8Array) return { open: () => unlessStopped([value], signal), name: undefined };
  if (!isRecord(value) || typeof value['blobId'] !== 'string') throw archiveError('ARCHIVE_CONTENT', 'source');
  const { blobId, name } = value;
  return { open: () => unlessStopped(namedBlob(blobs, blobId, 'source'), signal), name: typeof name === 'string' ? name : undefined };
}

export async function* unlessStopped(
  source: AsyncIterable<Uint8Array> | readonly Uint8Array[],
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  for await (const chunk of source) {
    signal.throwIfAborted();
    yield chunk;
  }
}
