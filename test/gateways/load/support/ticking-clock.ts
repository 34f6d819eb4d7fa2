import type { Clock } from '../../../../engine/contract/values/clock.ts';

/** A clock for simulations with many timers: it moves by whole milliseconds, and costs little for each. */
export class TickingClock implements Clock {
  #now = 0;
  readonly #due = new Map<number, Set<() => void>>();

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, action: () => void): () => void {
    const at = this.#now + Math.max(1, Math.ceil(delayMs));
    const due = this.#due.get(at) ?? new Set();
    const own = () => action();
    this.#due.set(at, due.add(own));
    return () => void due.delete(own);
  }

  async tick(): Promise<void> {
    this.#now++;
    for (const action of this.#due.get(this.#now) ?? []) action();
    this.#due.delete(this.#now);
    await Promise.resolve();
    await Promise.resolve();
  }
}
