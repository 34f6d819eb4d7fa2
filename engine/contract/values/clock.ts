/** Time is a dependency, so that tests need not wait. */
export interface Clock {
  /** Returns the wall-clock time in milliseconds since the epoch. Use it for stored and signed times only. */
  now(): number;
  /** Returns monotonic milliseconds from an arbitrary start. Use it for every duration, time-out and lease. */
  monotonic(): number;
  /** Calls `action` once after `delayMs`; returns a function that cancels it. Never keeps the process alive. */
  after(delayMs: number, action: () => void): () => void;
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Pick<Clock, 'after'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = () => {
      cancel();
      reject(signal!.reason as Error);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
