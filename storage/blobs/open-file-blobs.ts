import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createTimedId } from '../../engine/contract/values/ids.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import type { DataKeys } from '../../engine/contract/values/seal.ts';
import { openFrames, sealFrames } from './blob-frames.ts';
import { blobMissing, checked, createdAt, isBlobId, limited } from './blob-rules.ts';

const DAY_MS = 86_400_000;

/**
 * Blobs as encrypted files, one folder per day. The memory used is constant for any blob size. `put` resolves after
 * the file was written under a temporary name, flushed and renamed, and its folder flushed. Only one process at a
 * time may use the folder, because opening it removes half-written files.
 */
export async function openFileBlobs(options: {
  readonly folder: string;
  readonly dataKeys: DataKeys;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Blobs> {
  const { folder, dataKeys, clock, logger } = options;
  const unfinished = join(folder, 'unfinished');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  const placeOf = (blobId: string) => join(folder, String(Math.floor(createdAt(blobId) / DAY_MS)), blobId);

  return {
    async put(source, { limitBytes, blobId: given }) {
      const blobId = given === undefined ? createTimedId('blob', clock.now()) : checked(given);
      const temporary = join(unfinished, blobId);
      const place = placeOf(blobId);
      try {
        const sizeBytes = await writeFlushed(temporary, sealFrames(limited(source, limitBytes), blobId, dataKeys.current()));
        await makeFolder(dirname(place));
        await rename(temporary, place);
        await flushFolder(dirname(place));
        return { blobId, sizeBytes };
      } catch (error) {
        await rm(temporary, { force: true }).catch((cause: unknown) => logger.error('blobs.left-behind', cause, { blobId }));
        throw translate(error);
      }
    },
    async *get(blobId) {
      const file = await open(placeOf(checked(blobId)), 'r').catch((cause: unknown) => {
        throw isCode(cause, 'ENOENT') ? blobMissing(blobId) : translate(cause);
      });
      try {
        yield* openFrames(file, blobId, dataKeys);
      } finally {
        await file.close();
      }
    },
    async remove(blobId) {
      await unlink(placeOf(checked(blobId))).catch((cause: unknown) => {
        if (!isCode(cause, 'ENOENT')) throw translate(cause);
      });
    },
    async *list(olderThanMs) {
      const before = clock.now() - olderThanMs;
      for (const day of await readdir(folder)) {
        if (!/^\d+$/.test(day) || Number(day) * DAY_MS > before) continue;
        const names = await readdir(join(folder, day));
        for (const name of names) if (isBlobId(name) && createdAt(name) < before) yield name;
        if (names.length === 0) await rm(join(folder, day), { recursive: true, force: true });
      }
    },
    async close() {},
  };
}

/** Writes the frames to a file and flushes it. Returns the number of plain bytes. */
async function writeFlushed(path: string, frames: AsyncGenerator<Uint8Array, number>): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  try {
    let next = await frames.next();
    for (; !next.done; next = await frames.next()) await file.appendFile(next.value);
    await file.sync();
    return next.value;
  } finally {
    await file.close();
  }
}

/**
 * Creates a folder and flushes it into its parent. Without the flush, a power failure could lose the folder with its
 * content.
 */
async function makeFolder(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) return;
  await mkdir(path, { recursive: true, mode: 0o700 });
  await flushFolder(dirname(path));
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === code;
}

function translate(error: unknown): unknown {
  if (!isCode(error, 'ENOSPC') && !isCode(error, 'EDQUOT')) return error;
  return new AppError('STORE_FULL', 'transient', 'The disk of the data folder is full; the payload was not stored.', {
    fix: 'Free space on that disk, or shorten retention; storing continues automatically as soon as there is space.',
    retryAfterMs: 5000,
    cause: error,
  });
}
