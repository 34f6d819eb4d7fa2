import type { Clock } from '../../../engine/contract/values/clock.ts';

/** Returns the result of the work; rejects if it takes longer than `limitMs`. The work is not ended by that. */
export async function within<T>(clock: Pick<Clock, 'after'>, limitMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(limitMs, () => late.reject(new Error(`no answer within ${limitMs} ms`)));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}

/** How long a broker has to end a connection in good order. */
const CLOSE_MS = 2000;

/** Waits until a connection or what runs on it has ended in good order, for a short time. Never rejects. */
export async function endedInTime(clock: Pick<Clock, 'after'>, work: Promise<unknown>): Promise<void> {
  await within(clock, CLOSE_MS, work).catch(() => undefined);
}
