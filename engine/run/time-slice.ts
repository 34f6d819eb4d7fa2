const SLICE_MS = 5;
/** Reading the clock costs as much as a small step. */
const LOOK_EVERY = 32;

/** Lets long work give the event loop back every few milliseconds, so that a large message does not hold up all others of the process. */
export class TimeSlice {
  #steps = 0;
  #endsAt = performance.now() + SLICE_MS;

  /** Asked after each step: whether it is the turn of others. */
  isOver(): boolean {
    this.#steps += 1;
    return this.#steps % LOOK_EVERY === 0 && performance.now() > this.#endsAt;
  }

  /** Goes on behind what waits for the event loop. */
  next(work: () => void): void {
    setImmediate(() => {
      this.#endsAt = performance.now() + SLICE_MS;
      work();
    });
  }
}
