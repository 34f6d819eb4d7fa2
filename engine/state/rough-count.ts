const COUNT_EVERY = 1000;

/**
 * Holds the number of entries of a place under a limit. Entries are counted once for 1,000 new ones, so a place may exceed
 * its limit by them in each process.
 */
export class RoughCount {
  readonly #sizes = new Map<string, { known: number; added: number }>();

  /** Returns whether there is no room; otherwise notes that an entry will be added. `count` need not count beyond the limit. */
  async isFull(place: string, limit: number, count: () => Promise<number>): Promise<boolean> {
    const size = this.#sizes.get(place) ?? { known: 0, added: COUNT_EVERY };
    if (size.added >= COUNT_EVERY) {
      size.known = await count();
      size.added = 0;
    }
    if (size.known >= limit) {
      this.#sizes.delete(place);
      return true;
    }
    size.added += 1;
    this.#sizes.set(place, size);
    return false;
  }
}
