/** Its place in the list, written by the list alone. */
export interface Listed {
  place: number;
}

/**
 * What is in flight, in no order. No Set: one that much goes through is copied every few entries, and each copy it leaves behind leads to the next,
 * so that once one of them is old, V8 keeps all that went through in memory until a full collection.
 */
export class InFlight<Item extends Listed> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): void {
    item.place = this.#items.push(item) - 1;
  }

  /** The last one takes its place. Precondition: it was added, and not removed since. */
  remove(item: Item): void {
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[item.place] = last;
    last.place = item.place;
  }

  /** Those of this moment. */
  all(): readonly Item[] {
    return [...this.#items];
  }
}
