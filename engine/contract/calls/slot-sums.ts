/**
 * Counts events of the last five minutes, in slots of ten seconds. All slots are parts of one array of fixed size, so
 * counting an event is a single addition.
 */
import type { Clock } from '../values/clock.ts';

const SLOT_MS = 10_000;
export const SLOTS = 30;

export function slotOf(clock: Clock): number {
  return Math.floor(clock.monotonic() / SLOT_MS);
}

export class SlotSums {
  readonly #width: number;
  readonly #sums: Uint32Array;
  #newest = -1;

  constructor(width: number) {
    this.#width = width;
    this.#sums = new Uint32Array(SLOTS * width);
  }

  add(slot: number, field: number): void {
    this.#turnTo(slot);
    this.#sums[this.#placeOf(slot) + field]! += 1;
  }

  sum(slot: number, field: number, slots = SLOTS): number {
    this.#turnTo(slot);
    let total = 0;
    for (let back = 0; back < slots; back += 1) total += this.#sums[this.#placeOf(slot - back) + field]!;
    return total;
  }

  /**
   * Makes `slot` the newest slot. Sets all slots after the previous newest one to zero, because their parts of the
   * array still contain counts from more than five minutes ago.
   */
  #turnTo(slot: number): void {
    if (slot <= this.#newest) return;
    const from = Math.max(this.#newest + 1, slot - SLOTS + 1);
    for (let passed = from; passed <= slot; passed += 1) this.#sums.fill(0, this.#placeOf(passed), this.#placeOf(passed) + this.#width);
    this.#newest = slot;
  }

  #placeOf(slot: number): number {
    return (((slot % SLOTS) + SLOTS) % SLOTS) * this.#width;
  }
}
