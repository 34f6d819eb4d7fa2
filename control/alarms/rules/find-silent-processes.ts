/** Finds processes that have stopped reporting and that no other process has replaced. */
import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { Processes, ProcessState } from '../../../engine/processes/create-processes.ts';

/** If this much time passes between two checks, the rules did not run in between: they run every 15 seconds. */
const PAUSE_MS = 60_000;
const HEARD_WITHIN_MS = 30_000;
/** Largest expected difference between the clocks of two machines. */
const CLOCKS_APART_MS = 2000;

export type FindSilentProcesses = (longerThanMs: number) => Promise<readonly ProcessState[]>;

export function createFindSilentProcesses(processes: Pick<Processes, 'list'>, clock: Clock): FindSilentProcesses {
  const hasWatched = createWatch(clock);
  return async (longerThanMs) => {
    const missing = findMissing(await processes.list());
    if (!hasWatched()) return [];
    return missing.filter(({ lastSeenAt }) => clock.now() - lastSeenAt > longerThanMs);
  };
}

/**
 * Returns a function that returns true once rules have run for 30 seconds without a pause. By then every living process
 * has reported. After the store was down, the rules start again and all other processes seem silent at first.
 */
function createWatch(clock: Clock): () => boolean {
  let since = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock.monotonic();
    if (now - askedAt > PAUSE_MS) since = now;
    askedAt = now;
    return now - since >= HEARD_WITHIN_MS;
  };
}

/**
 * Returns silent processes that no other process has replaced. A living process replaces one silent process of the same
 * role if it started after the last heartbeat of the silent one. `lastSeenAt` would be wrong here: a control process
 * that starts later sees the dead process for the first time at its own start, which is after the start of the
 * replacement.
 */
function findMissing(processes: readonly ProcessState[]): readonly ProcessState[] {
  const living = processes.filter(({ state }) => state === 'alive').sort((a, b) => a.startedAt - b.startedAt);
  const silent = processes.filter(({ state }) => state === 'silent').sort((a, b) => a.beatAt - b.beatAt);
  return silent.filter(({ role, beatAt }) => {
    const place = living.findIndex((process) => process.role === role && process.startedAt >= beatAt - CLOCKS_APART_MS);
    if (place >= 0) living.splice(place, 1);
    return place < 0;
  });
}
