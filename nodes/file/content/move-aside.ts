import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { createToken } from '../paths/create-token.ts';
import { isName, joinPath, withSuffix } from '../paths/paths.ts';
import type { FileStore } from '../stores/store.ts';

const TRIES = 20;

export interface Aside {
  readonly from: string;
  readonly folder: string;
  readonly name: string;
}

/**
 * Moves a file into a folder under its name, or under one with time and a random text if that is taken. It never
 * replaces a file: where a server could, the name always gets the addition. Returns the new path.
 */
export async function moveAside(store: FileStore, clock: Clock, { from, folder, name }: Aside): Promise<string> {
  for (let attempt = store.refusesExisting ? 0 : 1; ; attempt++) {
    const to = joinPath(folder, attempt === 0 ? name : distinctName(name, clock.now()));
    try {
      await store.rename(from, to, { replaces: false });
      return to;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'FILE_EXISTS' || attempt === TRIES) throw error;
    }
  }
}

function distinctName(name: string, nowMs: number): string {
  const suffix = `.${new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-${createToken(6)}`;
  const distinct = withSuffix(name, suffix);
  // The name may be as long as names can be.
  return isName(distinct) ? distinct : withSuffix(name.slice(-20), suffix);
}
