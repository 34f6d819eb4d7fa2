/** A file that appears under its name only when it is whole, and never replaces another. */
import { constants, link, lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../contract/values/errors.ts';

export interface NewFile {
  /** As people name it. */
  readonly file: string;
  readonly handle: FileHandle;
  /** Flushes it and gives it its name. BACKUP_EXISTS (input) when something else got that name meanwhile; then `drop` it. */
  keep(): Promise<void>;
  /** Leaves nothing behind. */
  drop(): Promise<void>;
}

const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
/** File systems that have no hard links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** BACKUP_EXISTS (input). */
export function createNewFile(file: string): Promise<NewFile> {
  return createIn(dirname(file), basename(file), file);
}

/** `folder` is where the system finds it, `file` what people are told. */
export async function createIn(folder: string, name: string, file: string): Promise<NewFile> {
  const whole = join(folder, name);
  const unfinished = `${whole}.unfinished`;
  if (await exists(whole)) throw fileExists(file);
  await rm(unfinished, { force: true });
  // Made by this call or not at all: what lies there already, a link or a pipe, is never written into.
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

/** A link refuses a name that is taken; a rename would replace what has it. */
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

/** Without opening it: to open a pipe waits for its other end. */
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
  return new AppError('BACKUP_EXISTS', 'input', `There is a file ${file} already.`, {
    values: { file },
    fix: 'Give another name; a backup never replaces one.',
  });
}
