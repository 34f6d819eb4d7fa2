/** Opens a file that a message of an execution names (`blobId`, see `BlobRef`). */
import type { Blobs } from '../contract/ports/blobs.ts';
import { readBegin } from '../contract/ports/read-begin.ts';
import type { Message } from '../contract/values/message.ts';
import { AppError } from '../contract/values/errors.ts';
import { isRecord } from '../contract/values/is-record.ts';
import type { ExecutionStores } from '../execution/journal/journal-deps.ts';
import { type FlowScope, isWithin } from '../execution/scope-filters.ts';
import type { ExecutionDetails, MessageFile } from './interface.ts';

export interface OpenFileDeps extends Pick<ExecutionStores, 'executions' | 'legs'> {
  readonly blobs: Pick<Blobs, 'get'>;
}

/**
 * Returns undefined if no message of the execution names the file, if it came from an execution outside `within`, or if
 * it is no longer stored.
 */
export async function openFile(
  details: ExecutionDetails,
  blobId: string,
  within: readonly FlowScope[] | undefined,
  deps: OpenFileDeps,
): Promise<MessageFile | undefined> {
  const messages = messagesOf(details);
  const ref = findRef(
    messages.map(({ data }) => data),
    blobId,
  );
  if (ref === undefined || !(await mayOpen(blobId, messages, within, deps))) return undefined;
  const content = await begin(deps.blobs.get(blobId));
  if (content === undefined) return undefined;
  const name = ref['name'];
  return { content, ...(typeof name === 'string' ? { name } : {}) };
}

function messagesOf({ input, inputs = {}, outputs = {}, reply }: ExecutionDetails): readonly Message[] {
  const emitted = Object.values(outputs).flatMap((byPort) => Object.values(byPort).flat());
  return [input, ...Object.values(inputs), ...emitted, reply?.message].filter((message) => message !== undefined);
}

/**
 * A person who knows the id of a file can send a message that names it. The first execution that names a file is the one
 * that received or made it: it must be within `within`, or the message must have passed through it.
 */
async function mayOpen(
  blobId: string,
  messages: readonly Message[],
  within: readonly FlowScope[] | undefined,
  { executions, legs }: OpenFileDeps,
): Promise<boolean> {
  if (within === undefined) return true;
  const [[named], [leg]] = await Promise.all([
    executions.find({ blobs: blobId }, { limit: 1, omit: ['legs', 'input', 'reply'] }),
    legs.find({ blobs: blobId }, { sort: ['execution'], limit: 1 }),
  ]);
  const first = leg === undefined || (named !== undefined && named._id < leg.execution) ? named : await executions.get(leg.execution);
  return first !== undefined && (isWithin(first, within) || messages.some(({ lineage }) => lineage.includes(first._id)));
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
