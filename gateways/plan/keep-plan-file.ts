import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { PlanSource } from '../plan-index.ts';
import { writePlanFile, type PlanFileOptions } from './plan-file.ts';

const REFRESH_MS = 3600 * 1000;

export interface PlanFileKeeper {
  /** Resolves when everything published so far is in the file. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes every plan of a source to a file, beside control or a gateway. Writes the current plan again every hour, so
 * that the age of the file tells when control was last running. A failed write is logged, and the next plan or hour
 * tries again; it never stops publishing.
 */
export function keepPlanFile(
  source: PlanSource,
  options: PlanFileOptions & {
    readonly clock: Clock;
    readonly log: Logger;
    /**
     * Returns whether the current plan is known to be the latest. If the function is absent, it always is. The file is
     * only written again each hour while it is.
     */
    readonly isFresh?: () => boolean;
  },
): PlanFileKeeper {
  const { clock, log } = options;
  let isWanted = false;
  let isClosed = false;
  let writing: Promise<void> | undefined;
  let cancelRefresh = () => {};

  async function writeLatest(): Promise<void> {
    while (isWanted) {
      isWanted = false;
      const plan = source.current();
      if (plan === undefined) return;
      await writePlanFile(plan, clock.now(), options).catch((error: unknown) => log.error('gateway.plan-file-failed', error));
    }
  }
  const start = () => {
    writing ??= writeLatest().finally(() => {
      writing = undefined;
      if (isWanted) start();
    });
  };
  const want = () => {
    cancelRefresh();
    if (isClosed) return;
    isWanted = true;
    cancelRefresh = clock.after(REFRESH_MS, refresh);
    start();
  };
  function refresh(): void {
    if (options.isFresh?.() ?? true) want();
    else if (!isClosed) cancelRefresh = clock.after(REFRESH_MS, refresh);
  }
  const unsubscribe = source.onChange(want);
  if (source.current() !== undefined) want();

  return {
    async settled() {
      while (writing !== undefined) await writing;
    },
    async close() {
      isClosed = true;
      unsubscribe();
      cancelRefresh();
      while (writing !== undefined) await writing;
    },
  };
}
