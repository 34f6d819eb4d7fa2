/** An item of the list, with its position in the list. Only the list writes `place`. */
export interface Listed {
  place: number;
}

/**
 * The items in flight, unordered. It is not a Set, because V8 copies a busy Set every few entries, and each copy refers
 * to the next one. Once a copy is in the memory for old objects, it keeps all past entries in memory until a full
 * collection.
 */
export class InFlight<Item extends Listed> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): void {
    item.place = this.#items.push(item) - 1;
  }

  /** Removes an item and moves the last item into its place. The item must have been added, and not removed since. */
  remove(item: Item): void {
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[item.place] = last;
    last.place = item.place;
  }

  /** Returns a copy of the list. */
  all(): readonly Item[] {
    return [...this.#items];
  }
}
