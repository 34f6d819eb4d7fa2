import type { Clock } from '../../../../engine/contract/values/clock.ts';

/** A service with a number of workers and a queue without a limit, on a simulated clock. */
export class SimulatedService {
  workers: number;
  workMs: number;
  done = 0;
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(clock: Clock, workers: number, workMs: number) {
    this.#clock = clock;
    this.workers = workers;
    this.workMs = workMs;
  }

  call(onDone: () => void): void {
    this.#waiting.push(onDone);
    this.#next();
  }

  #next(): void {
    while (this.#busy < this.workers && this.#waiting.length > 0) {
      const onDone = this.#waiting.shift()!;
      this.#busy++;
      this.#clock.after(this.workMs, () => {
        this.#busy--;
        this.done++;
        onDone();
        this.#next();
      });
    }
  }
}
