import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Stop } from '../../engine/contract/node/node.ts';

export interface RegularLook {
  readonly clock: Pick<Clock, 'after'>;
  /** The pause between the end of a look and the next one. */
  readonly everySec: number;
  /** The pause before the first look; without one, it begins at once. */
  readonly firstAfterMs?: number;
  /** Stops early when the signal aborts. */
  look(signal: AbortSignal): Promise<void>;
}

/**
 * Looks into another system regularly, one look at a time. A look that fails ends the trigger: `ended` resolves with its
 * error. `stop` resolves when the look under way has ended.
 */
export function lookRegularly({ clock, everySec, firstAfterMs, look }: RegularLook): Required<Stop> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const ended = Promise.withResolvers<unknown>();
  let cancel = () => {};
  let looking: Promise<void> = Promise.resolve();
  const run = () => {
    looking = look(signal).then(() => {
      if (!signal.aborted) cancel = clock.after(everySec * 1000, run);
    }, ended.resolve);
  };
  if (firstAfterMs === undefined) run();
  else cancel = clock.after(firstAfterMs, run);
  return {
    ended: ended.promise,
    async stop() {
      stopping.abort();
      cancel();
      await looking;
    },
  };
}
