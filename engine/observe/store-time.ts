/**
 * The time of the store that several processes share, as one of them knows it without asking each time: their own clocks may be tens of
 * milliseconds apart, and what one of them answered before another one was asked must count as earlier (design page 8, "Lane").
 */
import type { Clock } from '../contract/values/clock.ts';
import type { Logger } from '../contract/values/observe.ts';

export interface StoreTime {
  /** Epoch milliseconds. It may go back a little when it is measured anew. */
  now(): number;
  stop(): void;
}

export interface StoreTimeDeps {
  /** What the store's server says, in epoch milliseconds; absent: the store has the time of this process. */
  readonly serverTime?: (() => Promise<number>) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Measure {
  readonly storeMs: number;
  /** Monotonic. */
  readonly at: number;
  /** It may be wrong by so much: half of the way to the store and back. */
  readonly errorMs: number;
}

const EVERY_MS = 5_000;
/** By so much the clocks of two machines may go apart. */
const DRIFT = 1e-4;

/** Resolves when the server was asked once; it is asked again every few seconds. Until it has answered, this process's own clock counts. */
export async function createStoreTime({ serverTime, clock, log }: StoreTimeDeps): Promise<StoreTime> {
  if (serverTime === undefined) return { now: () => clock.now(), stop: () => undefined };
  let best: Measure = { storeMs: clock.now(), at: clock.monotonic(), errorMs: Infinity };
  await measure(serverTime);
  let cancel = clock.after(EVERY_MS, tick);

  return {
    now: () => Math.floor(best.storeMs + clock.monotonic() - best.at),
    stop: () => cancel(),
  };

  function tick(): void {
    cancel = clock.after(EVERY_MS, tick);
    void measure(serverTime!);
  }

  async function measure(ask: () => Promise<number>): Promise<void> {
    try {
      const sentAt = clock.monotonic();
      const storeMs = await ask();
      const errorMs = (clock.monotonic() - sentAt) / 2;
      const at = sentAt + errorMs;
      // One that was long under way says less than an older one that was not.
      if (errorMs <= best.errorMs + (at - best.at) * DRIFT) best = { storeMs, at, errorMs };
    } catch (error) {
      log.debug('store.time_unknown', { cause: String(error) });
    }
  }
}
