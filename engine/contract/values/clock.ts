/** Time as a dependency, so that tests run in fast motion. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. For stored and signed times only. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary start. For every duration, time-out and lease. */
  monotonic(): number;
  /** Calls `action` once after `delayMs`; returns a function that cancels it. Never keeps the process alive. */
  after(delayMs: number, action: () => void): () => void;
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
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
