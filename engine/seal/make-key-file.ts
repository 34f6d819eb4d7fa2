import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Errors of file systems without hard links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Creates a key file of mode 0600, and flushes it. The file gets its name only when it is complete, and never replaces
 * another one, because processes of a machine start at the same time. Returns false if another process created the file
 * first.
 */
export async function makeKeyFile(file: string, text: string): Promise<boolean> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    if (!(await giveName(unfinished, file))) return false;
  } finally {
    await rm(unfinished, { force: true });
  }
  const parent = await open(folder, 'r');
  await parent.sync().finally(() => parent.close());
  return true;
}

/** Gives the file its final name. Creating a link fails if the name is taken; a rename would replace the other file. */
async function giveName(unfinished: string, file: string): Promise<boolean> {
  try {
    await link(unfinished, file);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.has(code)) throw error;
  }
  if (await stat(file).catch(() => undefined)) return false;
  await rename(unfinished, file);
  return true;
}
