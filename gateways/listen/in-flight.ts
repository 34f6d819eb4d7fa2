/** Its place in the list; only the list writes it. */
export interface Listed {
  place: number;
}

/**
 * The items in flight, unordered. Not a Set: a busy Set is copied every few entries, and each copy refers to the
 * next. Once V8 moves one to old space, it keeps all past entries in memory until a full collection.
 */
export class InFlight<Item extends Listed> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): void {
    item.place = this.#items.push(item) - 1;
  }

  /** Moves the last item into the free place. Precondition: the item was added, and not removed since. */
  remove(item: Item): void {
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[item.place] = last;
    last.place = item.place;
  }

  /** A snapshot. */
  all(): readonly Item[] {
    return [...this.#items];
  }
}
