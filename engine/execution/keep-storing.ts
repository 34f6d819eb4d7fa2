/**
 * Retries storing data that only this run has (the outcome of a write, a reply), so that it is not lost if the store
 * fails for a moment or its disk is full for an hour. The store decides by the epoch whether this process still owns
 * the execution.
 */
import { sleep, type Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';

export interface KeepStoring {
  readonly clock: Clock;
  /** If this returns true, the next failure is final. */
  isOver(): boolean;
  /** Ends a pause early. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the store failed and a retry follows. */
  onFailure(): void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Retries with growing pauses while the store fails with a transient error. Rejects with the last error once `isOver`
 * returns true, and with any other error at once. The attempt must be safe to repeat, because it is made again if its
 * response was lost.
 */
export async function keepStoring<T>(attempt: () => Promise<T> | T, { clock, isOver, signal, onFailure }: KeepStoring): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (toErrorRecord(error).kind !== 'transient' || isOver()) throw error;
    }
    onFailure();
    await sleep(clock, pauseMs, signal).catch(() => undefined);
  }
}
