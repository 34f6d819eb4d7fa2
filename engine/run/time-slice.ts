const SLICE_MS = 5;
/** The clock is checked only after this many steps, because a check costs as much as a small step. */
const LOOK_EVERY = 32;

/**
 * Lets long work yield to the event loop every few milliseconds, so that one large message does not block all other
 * work of the process.
 */
export class TimeSlice {
  #steps = 0;
  #endsAt = performance.now() + SLICE_MS;

  /** Returns true if it is time to yield. Call it after each step. */
  isOver(): boolean {
    this.#steps += 1;
    return this.#steps % LOOK_EVERY === 0 && performance.now() > this.#endsAt;
  }

  /** Calls `work` when the event loop has done its pending work. */
  next(work: () => void): void {
    setImmediate(() => {
      this.#endsAt = performance.now() + SLICE_MS;
      work();
    });
  }
}
