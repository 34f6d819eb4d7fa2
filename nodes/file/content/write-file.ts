/** Writes one file under a temporary name and moves it to its own name when it is complete. */
import { createHash } from 'node:crypto';
import type { NodeContext } from '../../../engine/contract/node/node.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { changed, exists } from '../stores/errors.ts';
import { folderOf, joinPath, nameOf, withSuffix } from '../paths/paths.ts';
import type { FileStore } from '../stores/store.ts';
import { namedBlob } from '../../shared/named-blob.ts';

/** What is written. A blob is read again from where an earlier attempt was cut. */
export type Source = { readonly bytes: Uint8Array } | { readonly blobId: string };

export type IfExists = 'refuse' | 'replace' | 'number';

export interface Written {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
}

const MAX_NUMBER = 10_000;

/**
 * Rejects with the errors of `FileStore`, with FILE_CHANGED (transient) if less arrived than was sent, and with
 * FILE_WRITE_UNKNOWN (unknown-outcome) if the connection was lost while a numbered file got its name.
 */
export async function writeFile(
  ctx: Pick<NodeContext<unknown>, 'attempt' | 'idempotencyKey' | 'blobs' | 'beforeFirstByte' | 'signal'>,
  store: FileStore,
  { path, source, ifExists }: { readonly path: string; readonly source: Source; readonly ifExists: IfExists },
): Promise<Written> {
  ctx.beforeFirstByte();
  const temporary = joinPath(folderOf(path), `.kq-${keyOf(ctx.idempotencyKey, source)}.part`);
  const sizeBytes = await transfer(ctx, store, temporary, source);
  // If another worker owns the execution by now, the file must not appear.
  ctx.beforeFirstByte();
  try {
    const at = ifExists === 'number' ? await moveToNumber(store, temporary, path) : path;
    if (ifExists !== 'number') await store.rename(temporary, path, { replaces: ifExists === 'replace' });
    return { path: at, name: nameOf(at), sizeBytes };
  } catch (error) {
    // After a refusal, no attempt completes the file.
    if (!(error instanceof AppError) || error.kind !== 'input') throw error;
    // The attempt before may have been cut after the file had its name.
    const mayBeOwn = error.code === 'FILE_EXISTS' && ifExists !== 'number' && ctx.attempt > 1;
    const isOwn = mayBeOwn && (await isSame(store, temporary, path));
    await store.remove(temporary).catch(() => undefined);
    if (!isOwn) throw error;
    return { path, name: nameOf(path), sizeBytes };
  }
}

/** Each attempt of a step has the same temporary file, which is of no other step. */
function keyOf(idempotencyKey: string, source: Source): string {
  const content = 'blobId' in source ? source.blobId : createHash('sha256').update(source.bytes).digest('base64url');
  return createHash('sha256')
    .update(JSON.stringify([idempotencyKey, content]))
    .digest('hex')
    .slice(0, 24);
}

async function transfer(
  ctx: Pick<NodeContext<unknown>, 'blobs' | 'signal'>,
  store: FileStore,
  temporary: string,
  source: Source,
): Promise<number> {
  const there = (await store.stat(temporary))?.sizeBytes ?? 0;
  let sizeBytes = 0;
  async function* rest(): AsyncIterable<Uint8Array> {
    for await (const chunk of 'blobId' in source ? namedBlob(ctx.blobs, source.blobId, 'content') : [source.bytes]) {
      ctx.signal.throwIfAborted();
      const begin = Math.max(0, there - sizeBytes);
      sizeBytes += chunk.length;
      if (begin < chunk.length) yield chunk.subarray(begin);
    }
  }
  await store.write(temporary, rest(), there);
  if ((await store.stat(temporary))?.sizeBytes !== sizeBytes) {
    await store.remove(temporary).catch(() => undefined);
    throw changed();
  }
  return sizeBytes;
}

async function moveToNumber(store: FileStore, temporary: string, path: string): Promise<string> {
  for (let number = 1; number <= MAX_NUMBER; number++) {
    const to = number === 1 ? path : joinPath(folderOf(path), withSuffix(nameOf(path), `.${number}`));
    try {
      await store.rename(temporary, to, { replaces: false });
      return to;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'FILE_NO_ANSWER') throw writeUnknown(error);
      if (error.code !== 'FILE_EXISTS') throw error;
    }
  }
  throw exists();
}

async function isSame(store: FileStore, one: string, other: string): Promise<boolean> {
  const digests: string[] = [];
  for (const path of [one, other]) {
    const digest = createHash('sha256');
    for await (const chunk of store.read(path, 0)) digest.update(chunk);
    digests.push(digest.digest('hex'));
  }
  return digests[0] === digests[1];
}

function writeUnknown(cause: AppError): AppError {
  return new AppError('FILE_WRITE_UNKNOWN', 'unknown-outcome', 'The connection was lost while the file got its name.', {
    fix: 'Check in the folder whether the file is there.',
    cause,
  });
}
