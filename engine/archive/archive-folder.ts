/**
 * The location of segments: `<folder>/<day>/<name>`, by day of acceptance in UTC. Whole days may be moved away or
 * brought back.
 */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DATA } from './segment-file.ts';

export interface Segment {
  readonly day: string;
  /** Path of the segment without file extension. */
  readonly path: string;
  readonly indexPath: string;
  readonly count: number;
  /** True if some executions of the segment may still be in the store. */
  readonly isRemoving: boolean;
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const INDEX = /^(.+)\.(\d+)\.index\.gz(\.removing)?$/;

export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export async function listDays(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => DAY.test(name)).sort();
}

/** Returns the segments of a day, in the order in which they were written. */
export async function listSegments(folder: string, day: string): Promise<readonly Segment[]> {
  const names = (await readdir(join(folder, day))).sort();
  return names.flatMap((name) => {
    const [, own, count, removing] = INDEX.exec(name) ?? [];
    if (own === undefined) return [];
    return [
      { day, path: join(folder, day, own), indexPath: join(folder, day, name), count: Number(count), isRemoving: removing !== undefined },
    ];
  });
}

/**
 * Returns the paths of data files without an index. The process that wrote such a file died before the segment was
 * complete. The store still has the executions.
 */
export async function listUnfinished(folder: string, day: string): Promise<readonly string[]> {
  const finished = new Set((await listSegments(folder, day)).map(({ path }) => path));
  const names = await readdir(join(folder, day));
  return names
    .filter((name) => name.endsWith(DATA))
    .map((name) => join(folder, day, name.slice(0, -DATA.length)))
    .filter((path) => !finished.has(path));
}

export async function sizeOf({ path, indexPath }: Segment): Promise<number> {
  const sizes = await Promise.all([`${path}${DATA}`, indexPath].map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

export async function makeDay(folder: string, day: string): Promise<void> {
  await mkdir(join(folder, day), { recursive: true, mode: 0o700 });
}
