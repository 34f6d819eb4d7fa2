/** A file that gets its name only when it is complete, and never replaces another file. */
import { constants, link, lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../contract/values/errors.ts';

export interface NewFile {
  /** The path of the complete file, as people see it. */
  readonly file: string;
  readonly handle: FileHandle;
  /**
   * Flushes the file and gives it its name. Rejects with BACKUP_EXISTS (input) if another file got that name meanwhile;
   * then call `drop`.
   */
  keep(): Promise<void>;
  /** Removes the unfinished file. */
  drop(): Promise<void>;
}

const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
/** Errors of file systems without hard links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Creates a new file. Rejects with BACKUP_EXISTS (input) if the file exists. */
export function createNewFile(file: string): Promise<NewFile> {
  return createIn(dirname(file), basename(file), file);
}

/** Creates a new file. `folder` is the real path of the folder, `file` the path shown to people. */
export async function createIn(folder: string, name: string, file: string): Promise<NewFile> {
  const whole = join(folder, name);
  const unfinished = `${whole}.unfinished`;
  if (await exists(whole)) throw fileExists(file);
  await rm(unfinished, { force: true });
  // Create the file or fail: never write into an existing file, link or pipe.
  const handle = await open(unfinished, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  return {
    file,
    handle,
    async keep() {
      await handle.sync();
      await handle.close();
      await giveName(unfinished, whole, file);
      await flushFolder(folder);
    },
    async drop() {
      await handle.close().catch(() => {});
      await rm(unfinished, { force: true });
    },
  };
}

/** Gives the file its final name. Creating a link fails if the name is taken; a rename would replace the other file. */
async function giveName(unfinished: string, whole: string, file: string): Promise<void> {
  try {
    await link(unfinished, whole);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || (NO_LINKS.has(code) && (await exists(whole)))) throw fileExists(file);
    if (!NO_LINKS.has(code)) throw error;
    return rename(unfinished, whole);
  }
  await rm(unfinished);
}

/** Returns whether the file exists. Does not open it, because opening a pipe waits for its other end. */
function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

function fileExists(file: string): AppError {
  return new AppError('BACKUP_EXISTS', 'input', `The file ${file} already exists.`, {
    values: { file },
    fix: 'Choose another name; a backup never overwrites a file.',
  });
}
