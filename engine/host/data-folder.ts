import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../contract/values/errors.ts';

/** The layout of the data folder; only the process's user can read it. */
export interface DataFolder {
  readonly root: string;
  readonly store: string;
  readonly logs: string;
  readonly tls: string;
  /** Plan files of gateways. */
  readonly plans: string;
  /** Files for people at this machine: one-time password, token of the command line. */
  readonly handover: string;
}

/** Creates missing folders with mode 0700. Rejects with DATA_FOLDER_UNUSABLE (input) if that fails. */
export async function openDataFolder(root: string): Promise<DataFolder> {
  const at = (name: string) => join(root, name);
  const folder: DataFolder = {
    root,
    store: at('store'),
    logs: at('logs'),
    tls: at('tls'),
    plans: at('plans'),
    handover: at('handover'),
  };
  try {
    for (const path of Object.values(folder) as string[]) await makeFolder(path);
  } catch (cause) {
    throw new AppError(
      'DATA_FOLDER_UNUSABLE',
      'input',
      `The data folder ${root} cannot be used (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}).`,
      {
        values: { folder: root, reason: (cause as NodeJS.ErrnoException).code ?? 'unknown' },
        fix: 'Set another folder with KQ_DATA_FOLDER, or correct the owner and permissions of this one.',
        cause,
      },
    );
  }
  return folder;
}

/**
 * Creates a folder and its parents. Node's own `recursive` option hangs if a parent accepts no folders, as in /proc.
 */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  await makeFolder(dirname(path));
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have created the folder first.
    if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
