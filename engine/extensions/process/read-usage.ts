/** What a process uses, read from outside (`/proc`, Linux). */
import { readFile } from 'node:fs/promises';

export interface ProcessUsage {
  readonly rssBytes: number;
  readonly cpuMs: number;
}

/** Linux counts CPU time in hundredths of a second, and memory in pages. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;

/** Returns undefined if the process has ended, or if the system has no `/proc`. */
export async function readUsage(pid: number): Promise<ProcessUsage | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The name of the program is in parentheses, and may contain anything. The fields after it are numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, pages] = [11, 12, 21].map((at) => Number(fields[at]));
  return { rssBytes: pages! * PAGE_BYTES, cpuMs: (user! + system!) * TICK_MS };
}
