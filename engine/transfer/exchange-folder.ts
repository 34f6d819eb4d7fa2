/**
 * The only folder in which API actions write files. Callers give a file name, never a path. For each file, the folder
 * is opened once, and everything uses that handle. So if someone puts another folder or a link in its place meanwhile,
 * this has no effect.
 */
import { constants, mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../contract/values/errors.ts';
import { createIn, type NewFile } from './new-file.ts';

export interface ExchangeFolder {
  readonly path: string;
  /**
   * Creates a file. Rejects with EXCHANGE_NAME (input) if the name is not allowed, with EXCHANGE_FOLDER (input) if the
   * folder cannot be used safely, and with BACKUP_EXISTS (input) if the file exists.
   */
  create(name: string): Promise<NewFile>;
}

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
/**
 * A name consists of letters of any script, digits, dots, dashes and underscores. None of these has a special meaning
 * in a path, a shell or a terminal.
 */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u;
/** Maximum length of a name. It leaves room for the suffix of an unfinished file (names end at 255 bytes). */
const NAME_BYTES = 200;
const OPEN_TO_OTHERS = 0o077;

/** Returns the exchange folder. It is created at first use, with mode 0700. */
export function openExchangeFolder(path: string): ExchangeFolder {
  return {
    path,
    async create(name) {
      checkName(name);
      await makeFolder(path);
      const folder = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch((cause: unknown) => {
        throw unsafe(path, 'it is a link, or not a folder', cause);
      });
      try {
        await checkOwn(folder, path);
        const file = await createIn(await throughHandle(folder, path), name, join(path, name));
        return endWith(file, folder);
      } catch (error) {
        await folder.close();
        throw error;
      }
    },
  };
}

function checkName(name: string): void {
  const isPlain = NAME.test(name) && name === name.normalize('NFC') && Buffer.byteLength(name) <= NAME_BYTES;
  if (isPlain && !name.endsWith('.unfinished')) return;
  throw new AppError('EXCHANGE_NAME', 'input', 'This is not a valid name for a file in the exchange folder.', {
    fix: `Use a name of letters, digits, dots, dashes and underscores, of at most ${NAME_BYTES} bytes, without a folder.`,
  });
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw unsafe(path, `it cannot be created (${code})`, cause);
  }
}

/** Checks that no other user can put files, links or folders into the folder. */
async function checkOwn(folder: FileHandle, path: string): Promise<void> {
  const { uid, mode } = await folder.stat();
  if (process.getuid !== undefined && uid !== process.getuid()) throw unsafe(path, 'it belongs to another user');
  if ((mode & OPEN_TO_OTHERS) !== 0) throw unsafe(path, 'other users may enter it');
}

/**
 * Returns a path to the opened folder itself, even if its original path now refers to something else. If the system has
 * no such path, returns the original one after another check.
 */
async function throughHandle(folder: FileHandle, path: string): Promise<string> {
  const opened = await folder.stat();
  for (const name of [`/proc/self/fd/${folder.fd}`, path]) {
    const found = await stat(name).catch(() => undefined);
    if (found?.ino === opened.ino && found.dev === opened.dev) return name;
  }
  throw unsafe(path, 'it was replaced by another folder');
}

function endWith({ keep, drop, ...file }: NewFile, folder: FileHandle): NewFile {
  return {
    ...file,
    async keep() {
      await keep();
      await folder.close();
    },
    drop: () => drop().finally(() => folder.close()),
  };
}

function unsafe(folder: string, reason: string, cause?: unknown): AppError {
  return new AppError('EXCHANGE_FOLDER', 'input', `The exchange folder ${folder} cannot be used: ${reason}.`, {
    values: { folder, reason },
    fix: 'Make it a folder of the user that runs the platform, with mode 0700, or set another with KQ_EXCHANGE_FOLDER.',
    cause,
  });
}
