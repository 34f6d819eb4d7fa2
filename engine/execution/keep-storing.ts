/**
 * What a run knows and nobody else does (the outcome of a write, an answer) is not thrown away because the store fails for a moment, or its
 * disk is full for an hour. Whether the execution is still ours the store itself decides, by its epoch.
 */
import { sleep, type Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';

export interface KeepStoring {
  readonly clock: Clock;
  /** True: the next failure is the last one. */
  isOver(): boolean;
  /** Cuts a pause short. */
  readonly signal?: AbortSignal | undefined;
  /** The store failed, and is asked again. */
  onFailure(): void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Asks again, after pauses that grow, while the store fails by a transient error; rejects with the last one when it is over, and with any
 * other error at once. An attempt whose answer was lost is made again: it must bear that.
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
