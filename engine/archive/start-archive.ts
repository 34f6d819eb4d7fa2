/** Archives by itself: every hour, by one process at a time. */
import { toErrorRecord } from '../contract/errors.ts';
import type { Leases } from '../worker/leases.ts';
import { archiveExecutions, type ArchiveDeps } from './archive-executions.ts';

const LEASE = 'archive';
const EVERY_MS = 3_600_000;
/** After a start others come first. */
const FIRST_MS = 60_000;

export function startArchive(deps: ArchiveDeps & { readonly leases: Pick<Leases, 'acquire'> }): { stop(): Promise<void> } {
  const { clock, log, leases } = deps;
  let isStopped = false;
  let running = Promise.resolve();
  let cancel = clock.after(FIRST_MS, turn);

  function turn(): void {
    running = run().finally(() => {
      if (!isStopped) cancel = clock.after(EVERY_MS, turn);
    });
  }

  async function run(): Promise<void> {
    try {
      const lease = await leases.acquire(LEASE);
      if (lease) await archiveExecutions(deps, () => !isStopped && lease.isHeld());
    } catch (error) {
      if (toErrorRecord(error).kind === 'transient') log.warn('archive.put_off', { code: toErrorRecord(error).code });
      else log.error('archive.failed', error);
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
