/**
 * Estimates the time of the shared store, without a request each time. The clocks of processes may differ by tens of
 * milliseconds. But if one process acknowledges a message before another process receives the next, the first message
 * must sort first in its lane.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { Logger } from '../contract/values/observe.ts';

export interface StoreTime {
  /** Epoch milliseconds. It may go back a little after a new measurement. */
  now(): number;
  stop(): void;
}

export interface StoreTimeDeps {
  /** The store server's time, in epoch milliseconds. If absent, the store uses this process's clock. */
  readonly serverTime?: (() => Promise<number>) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Measure {
  readonly storeMs: number;
  /** The time of the measurement by the monotonic clock, in milliseconds. */
  readonly at: number;
  /** The largest error: half of the round trip to the store. */
  readonly errorMs: number;
}

const EVERY_MS = 5_000;
/** The assumed relative drift between the clocks of two machines. */
const DRIFT = 1e-4;

/**
 * Resolves after the first request to the server, which is repeated every few seconds. Until the server has responded,
 * this process's own clock is used.
 */
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
      // A measurement with a long round trip is less exact than an older one with a short one.
      if (errorMs <= best.errorMs + (at - best.at) * DRIFT) best = { storeMs, at, errorMs };
    } catch (error) {
      log.debug('store.time_unknown', { cause: String(error) });
    }
  }
}
