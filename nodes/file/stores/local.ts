/** A folder of this machine, in the folders of `KQ_FILE_ROOTS`. Links are not followed. */
import { constants, createReadStream } from 'node:fs';
import { link, lstat, mkdir, open as openFile, opendir, rename, rmdir, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { FileAccess } from '../../../engine/contract/node/file-access.ts';
import { exists, missing, refused, serverError, storeFull, tooMany } from './errors.ts';
import { MAX_ENTRIES, type FileEntry, type FileState, type FileStore, type StoreTarget } from './store.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC } = constants;

export async function open({ settings, files }: StoreTarget): Promise<FileStore> {
  return new LocalStore(files, settings.folder!);
}

class LocalStore implements FileStore {
  readonly isUsable = true;
  readonly refusesExisting = true;
  readonly #files: FileAccess;
  readonly #folder: string;

  constructor(files: FileAccess, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  async list(folder: string): Promise<readonly FileEntry[]> {
    const path = await this.#resolve(folder);
    const entries: FileEntry[] = [];
    try {
      for await (const entry of await opendir(path)) {
        const { name } = entry;
        if (entries.length === MAX_ENTRIES) throw tooMany(MAX_ENTRIES);
        const stats = await lstat(join(path, name)).catch(() => undefined);
        if (stats === undefined) {
          // Node puts U+FFFD in place of bytes of a name that are not UTF-8.
          if (entry.isFile() && name.includes('\ufffd')) entries.push({ name, kind: 'unreadable', sizeBytes: 0, modifiedAtMs: undefined });
          continue;
        }
        const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
        entries.push({ name, kind, sizeBytes: stats.size, modifiedAtMs: Math.floor(stats.mtimeMs) });
      }
      return entries;
    } catch (cause) {
      throw translate(cause);
    }
  }

  async stat(path: string): Promise<FileState | undefined> {
    try {
      const stats = await lstat(await this.#resolve(path));
      return stats.isFile() ? { sizeBytes: stats.size, modifiedAtMs: Math.floor(stats.mtimeMs) } : undefined;
    } catch (cause) {
      const error = translate(cause);
      if (error.code === 'FILE_MISSING' || error.code === 'FILE_FOLDER_MISSING') return undefined;
      throw error;
    }
  }

  async *read(path: string, offset: number): AsyncIterable<Uint8Array> {
    const handle = await this.#open(path, O_RDONLY);
    try {
      yield* createReadStream('', { fd: handle, start: offset, autoClose: false, highWaterMark: 262_144 });
    } catch (cause) {
      throw translate(cause);
    } finally {
      await handle.close();
    }
  }

  async write(path: string, source: AsyncIterable<Uint8Array>, offset: number): Promise<void> {
    const handle = await this.#open(path, O_WRONLY | O_CREAT | (offset === 0 ? O_TRUNC : 0));
    try {
      // At positions, so that an earlier attempt that is ending late does no harm: it writes the same.
      let position = offset;
      for await (const chunk of source) {
        for (let begin = 0; begin < chunk.length;) {
          const { bytesWritten } = await handle
            .write(chunk, begin, chunk.length - begin, position)
            .catch((cause: unknown) => Promise.reject(translate(cause)));
          begin += bytesWritten;
          position += bytesWritten;
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async rename(from: string, to: string, { replaces }: { readonly replaces: boolean }): Promise<void> {
    const [source, target] = await Promise.all([this.#resolve(from), this.#resolve(to)]);
    try {
      if (replaces) await rename(source, target);
      else await moveToNew(source, target);
      // A rename is on disk only when its folder is.
      await syncFolder(dirname(target));
    } catch (cause) {
      throw translate(cause);
    }
  }

  async remove(path: string): Promise<void> {
    await this.#change(path, unlink);
  }

  async makeFolder(folder: string): Promise<void> {
    const parts = folder.split('/');
    for (const [index] of parts.entries())
      await this.#change(parts.slice(0, index + 1).join('/'), (path) =>
        mkdir(path).catch((cause: NodeJS.ErrnoException) => (cause.code === 'EEXIST' ? undefined : Promise.reject(cause))),
      );
  }

  async removeFolder(folder: string): Promise<void> {
    await this.#change(folder, rmdir);
  }

  setIdle(): void {}

  close(): void {}

  /** Returns the real path. It must be in a folder that the platform allows, and in the folder of the adapter. */
  async #resolve(path: string): Promise<string> {
    const base = await this.#files.resolve(this.#folder);
    const real = await this.#files.resolve(path === '' ? this.#folder : join(this.#folder, path));
    if (real === base || real.startsWith(base === sep ? sep : `${base}${sep}`)) return real;
    throw refused('link');
  }

  async #change(path: string, change: (path: string) => Promise<unknown>): Promise<void> {
    try {
      await change(await this.#resolve(path));
    } catch (cause) {
      throw translate(cause);
    }
  }

  /** Opens a plain file. A pipe or a device would block, or do something. */
  async #open(path: string, flags: number): Promise<FileHandle> {
    try {
      const handle = await openFile(await this.#resolve(path), flags | O_NOFOLLOW | O_NONBLOCK, 0o640);
      if ((await handle.stat()).isFile()) return handle;
      await handle.close();
    } catch (cause) {
      throw translate(cause);
    }
    throw refused('kind');
  }
}

/** A link fails if its target exists; `rename` would replace it. */
async function moveToNew(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    // Some file systems have no links. There is a moment between the look and the move then.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw cause;
    if ((await lstat(target).catch(() => undefined)) !== undefined) throw exists(cause);
    return rename(source, target);
  }
  try {
    await unlink(source);
  } catch (cause) {
    // Something else has moved the source at the same moment: the file belongs to that one.
    await unlink(target);
    throw cause;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await openFile(folder, O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function translate(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const { code = 'error' } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return missing(cause);
  if (code === 'EEXIST') return exists(cause);
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) return storeFull(code, cause);
  if (['EIO', 'EBUSY', 'ESTALE', 'EMFILE', 'ENFILE', 'EAGAIN', 'EINTR', 'ETIMEDOUT'].includes(code)) return serverError(code, cause);
  return refused(code, cause);
}
