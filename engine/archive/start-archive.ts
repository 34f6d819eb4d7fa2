/** Archives every hour and on request. Only one process archives at a time. */
import { toErrorRecord } from '../contract/values/errors.ts';
import { TERMINAL } from '../execution/execution-document.ts';
import type { Leases } from '../ownership/leases.ts';
import { archiveExecutions, isOldEnough, type ArchiveDeps } from './archive-executions.ts';
import type { ArchiveRuns } from './archive-runs.ts';

export interface StartArchiveDeps extends ArchiveDeps {
  readonly leases: Pick<Leases, 'acquire'>;
  readonly runs: ArchiveRuns;
}

const LEASE = 'archive';
const EVERY_MS = 3_600_000;
/**
 * Delay between the start of the process and its first run, in milliseconds. After a start, other work is more urgent.
 */
const FIRST_MS = 60_000;
/** How often the worker checks whether a person has requested a run, in milliseconds. */
const LOOK_MS = 3_000;
const NOTE_MS = 1_000;

export function startArchive(deps: StartArchiveDeps): { stop(): Promise<void> } {
  const { clock, log, leases, runs } = deps;
  let isStopped = false;
  let running = Promise.resolve();
  let dueAt = clock.monotonic() + FIRST_MS;
  let cancel = clock.after(LOOK_MS, turn);

  function turn(): void {
    running = look().finally(() => {
      if (!isStopped) cancel = clock.after(LOOK_MS, turn);
    });
  }

  async function look(): Promise<void> {
    try {
      const isDue = clock.monotonic() >= dueAt;
      if (!isDue && (await runs.latest())?.status !== 'wanted') return;
      const lease = await leases.acquire(LEASE);
      if (isDue) dueAt = clock.monotonic() + EVERY_MS;
      if (lease) await run(() => !isStopped && lease.isHeld());
    } catch (error) {
      if (toErrorRecord(error).kind === 'transient') log.warn('archive.put_off', { code: toErrorRecord(error).code });
      else log.error('archive.failed', error);
    }
  }

  async function run(mayGoOn: () => boolean): Promise<void> {
    const { runId } = await runs.begin(await countCandidates(deps));
    const at = { archived: 0, isStopWanted: false };
    const note = () => {
      cancelNote = clock.after(NOTE_MS, () => {
        // If this report fails, the next report includes its numbers.
        void runs.note(runId, at.archived).then(
          (isStopWanted) => (at.isStopWanted ||= isStopWanted),
          () => undefined,
        );
        note();
      });
    };
    let cancelNote = () => {};
    note();
    try {
      const { archived } = await archiveExecutions(deps, {
        mayGoOn,
        isStopWanted: () => at.isStopWanted,
        onProgress: (count) => (at.archived = count),
      });
      await runs.end(runId, { status: at.isStopWanted || !mayGoOn() ? 'stopped' : 'done', archived });
    } catch (error) {
      await runs.end(runId, { status: 'failed', archived: at.archived, errorCode: toErrorRecord(error).code });
      throw error;
    } finally {
      cancelNote();
    }
  }

  return {
    stop() {
      isStopped = true;
      cancel();
      return running;
    },
  };
}

async function countCandidates(deps: ArchiveDeps): Promise<number> {
  const counts = await Promise.all(TERMINAL.map((status) => deps.executions.count({ status, ...isOldEnough(deps) })));
  return counts.reduce((sum, count) => sum + count, 0);
}
