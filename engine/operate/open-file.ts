/** Opens a file that a message of an execution names (`blobId`, see `BlobRef`). */
import type { Blobs } from '../contract/ports/blobs.ts';
import { readBegin } from '../contract/ports/read-begin.ts';
import { AppError } from '../contract/values/errors.ts';
import { isRecord } from '../contract/values/is-record.ts';
import type { ExecutionDetails, MessageFile } from './interface.ts';

/** Returns undefined if no message of the execution names the file, or if it is no longer stored. */
export async function openFile(
  { input, inputs = {}, outputs = {}, reply }: ExecutionDetails,
  blobId: string,
  blobs: Pick<Blobs, 'get'>,
): Promise<MessageFile | undefined> {
  const messages = [
    input,
    ...Object.values(inputs),
    ...Object.values(outputs).flatMap((byPort) => Object.values(byPort).flat()),
    reply?.message,
  ];
  const ref = findRef(
    messages.map((message) => message?.data),
    blobId,
  );
  const content = ref && (await begin(blobs.get(blobId)));
  if (content === undefined) return undefined;
  const name = ref?.['name'];
  return { content, ...(typeof name === 'string' ? { name } : {}) };
}

function findRef(values: readonly unknown[], blobId: string): Readonly<Record<string, unknown>> | undefined {
  for (const left = [...values]; left.length > 0;) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) continue;
    if (isRecord(value) && value['blobId'] === blobId) return value;
    for (const inner of Object.values(value)) left.push(inner);
  }
  return undefined;
}

/** Reads the first part, so that a file that is gone is known before anything is sent. */
async function begin(stored: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    return (await readBegin(stored, 1)).content;
  } catch (error) {
    if (error instanceof AppError && error.code === 'BLOB_MISSING') return undefined;
    throw error;
  }
}
