/**
 * A segment: executions of one day in two files. `<name>.kqa` has one gzip member per execution, with NDJSON inside and
 * payloads sealed as in the store. `<name>.<count>.index.gz` has one line per execution, with the fields that lists
 * need and the position of the execution's member. The index is written last: without it the segment does not exist.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { AppError } from '../contract/values/errors.ts';
import type { ExecutionDocument, LateOutcomeDocument, LegDocument } from '../execution/execution-document.ts';

/** An execution without its payloads. It has enough fields to find and list the execution. */
export type ArchivedHead = Omit<ExecutionDocument, 'input' | 'reply' | 'blobs'>;

export interface IndexLine {
  readonly head: ArchivedHead;
  readonly at: number;
  readonly bytes: number;
}

/**
 * A line of the NDJSON of one execution. The lines of a blob are consecutive. The execution comes last, so incomplete
 * NDJSON is recognized.
 */
export type MemberLine =
  | { readonly blob: string; readonly part: number; readonly sealed: string }
  | { readonly leg: LegDocument }
  | { readonly late: LateOutcomeDocument }
  | { readonly execution: ExecutionDocument };

export const DATA = '.kqa';
/** Ending of an index file's name while some of its executions may still be in the store. */
export const REMOVING = '.removing';

export interface SegmentWriter {
  add(execution: ExecutionDocument, lines: AsyncIterable<MemberLine>): Promise<void>;
  readonly count: number;
  readonly sizeBytes: number;
  /**
   * Flushes the data, reads it back and compares it. Then writes the index. The name of the index says that the
   * executions are still to be removed from the store. Returns the path of the index.
   */
  finish(): Promise<string>;
  /** Deletes the unfinished segment. The store still has all its executions. */
  abandon(): Promise<void>;
}

/**
 * Starts a segment. `finish` rejects with ARCHIVE_DAMAGED (bug) if the data read back differs. Errors of the file
 * system are passed on.
 */
export async function writeSegment(path: string): Promise<SegmentWriter> {
  const file = await open(`${path}${DATA}`, 'wx', 0o600);
  const index: IndexLine[] = [];
  const digests: string[] = [];
  let sizeBytes = 0;
  return {
    get count() {
      return index.length;
    },
    get sizeBytes() {
      return sizeBytes;
    },
    async add({ input: _input, reply: _reply, blobs: _blobs, ...head }, lines) {
      const digest = createHash('sha256');
      const at = sizeBytes;
      for await (const chunk of compressed(lines)) {
        digest.update(chunk);
        await file.write(chunk);
        sizeBytes += chunk.byteLength;
      }
      digests.push(digest.digest('base64'));
      index.push({ head: withoutPayloads(head), at, bytes: sizeBytes - at });
    },
    async finish() {
      await file.sync();
      await file.close();
      await verify(path, index, digests);
      const indexPath = `${path}.${index.length}.index.gz${REMOVING}`;
      await writeFlushed(`${path}.new`, gzipSync(index.map((line) => JSON.stringify(line)).join('\n')));
      await rename(`${path}.new`, indexPath);
      await syncFolder(dirname(path));
      return indexPath;
    },
    async abandon() {
      await file.close();
      await removeUnfinished(path);
    },
  };
}

/**
 * Marks the segment as complete after its executions were removed from the store. From now on only the archive has
 * them.
 */
export async function settleSegment(indexPath: string): Promise<void> {
  await rename(indexPath, indexPath.slice(0, -REMOVING.length));
  await syncFolder(dirname(indexPath));
}

export async function readIndex(path: string): Promise<readonly IndexLine[]> {
  try {
    const text = gunzipSync(await readFile(path)).toString('utf8');
    return text.split('\n').map((line) => JSON.parse(line) as IndexLine);
  } catch (cause) {
    throw damaged(path, cause);
  }
}

/** Reads into memory all lines of one execution, including its blobs. */
export async function readMember(path: string, { at, bytes }: IndexLine): Promise<readonly MemberLine[]> {
  const file = await open(`${path}${DATA}`, 'r');
  try {
    const member = await readAt(file, at, bytes);
    return gunzipSync(member)
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as MemberLine);
  } catch (cause) {
    throw damaged(path, cause);
  } finally {
    await file.close();
  }
}

export async function removeUnfinished(path: string): Promise<void> {
  for (const ending of [DATA, '.new']) await rm(`${path}${ending}`, { force: true });
}

/** Returns the execution without its legs, because they contain payloads too. */
function withoutPayloads({ legs: _legs, ...head }: Omit<ExecutionDocument, 'input' | 'reply' | 'blobs'>): ArchivedHead {
  return { ...head, legs: {} };
}

async function* compressed(lines: AsyncIterable<MemberLine>): AsyncIterable<Buffer> {
  const gzip = createGzip();
  const feeding = (async () => {
    for await (const line of lines) if (!gzip.write(`${JSON.stringify(line)}\n`)) await once(gzip, 'drain');
    gzip.end();
  })();
  feeding.catch((error: unknown) => gzip.destroy(error as Error));
  for await (const chunk of gzip) yield chunk as Buffer;
  await feeding;
}

async function verify(path: string, index: readonly IndexLine[], digests: readonly string[]): Promise<void> {
  const file = await open(`${path}${DATA}`, 'r');
  try {
    for (const [number, { at, bytes }] of index.entries()) {
      const digest = createHash('sha256')
        .update(await readAt(file, at, bytes))
        .digest('base64');
      if (digest !== digests[number]) throw damaged(path);
    }
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, at);
  return buffer.subarray(0, bytesRead);
}

async function writeFlushed(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

function damaged(path: string, cause?: unknown): AppError {
  return new AppError('ARCHIVE_DAMAGED', 'bug', `The archive file ${path} cannot be read.`, {
    values: { path },
    fix: 'Put the file back from a backup of the archive folder.',
    ...(cause === undefined ? {} : { cause }),
  });
}
