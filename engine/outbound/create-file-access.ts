import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { FileAccess } from '../contract/node/file-access.ts';
import { AppError } from '../contract/values/errors.ts';

export interface FileRoots {
  /** Absolute paths of the folders that are allowed; none by default. */
  readonly roots: readonly string[];
  /** Files and folders of the platform itself, which stay forbidden, also where a link leads to them. */
  readonly forbidden: readonly string[];
}

export function createFileAccess({ roots, forbidden }: FileRoots): FileAccess {
  return {
    async resolve(path) {
      const isListed = roots.some((root) => isInside(resolve(path), root));
      if (!isAbsolute(path) || !isListed) throw outside(path);
      const real = await realOf(path);
      const [allowed, own] = await Promise.all([existing(roots), existing(forbidden)]);
      if (!allowed.some((root) => isInside(real, root)) || own.some((one) => isInside(real, one))) throw outside(path);
      return real;
    },
  };
}

/** Returns whether a path is inside a folder, or is the folder itself. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // The file does not exist yet. A link that leads to nothing would create its target.
    if ((await lstat(path).catch(() => undefined)) !== undefined) throw outside(path);
  }
  const folder = await realpath(dirname(path)).catch(() => undefined);
  if (folder !== undefined) return join(folder, basename(path));
  throw new AppError('FILE_FOLDER_MISSING', 'input', `The folder of ${path} does not exist.`, {
    values: { path },
    fix: 'Correct the path, or create the folder.',
  });
}

/** Returns the real paths of those that exist. */
async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)));
  return real.filter((path) => path !== undefined);
}

function outside(path: string): AppError {
  return new AppError('FILE_OUTSIDE_ROOTS', 'input', `${path} is not inside a folder that adapters may use.`, {
    values: { path },
    fix: 'Choose a path in an allowed folder, or have the operator of the platform list its folder in KQ_FILE_ROOTS.',
  });
}
