/**
 * A small store that flows of one domain share: values that outlive an execution, each with an end. For what must not
 * happen twice within some time, for counters, and for values that one flow keeps for another. It is no database: a
 * value has at most 64 KB, a store at most 200,000 entries.
 */
export interface StateEntry {
  readonly value: unknown;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface StateChange {
  /** The key of the step. A change that is repeated with the same key within 7 days, before its entry ends, is not made again. */
  readonly act: string;
  readonly ttlMs: number;
}

/** Rejects with STATE_KEY, STATE_VALUE or STATE_FULL (input), or with STATE_BUSY (transient). */
export interface FlowState {
  /** Returns undefined if there is no entry, or it has expired. */
  get(store: string, key: string): Promise<StateEntry | undefined>;
  /**
   * Stores a value. With `if-absent`, an entry that is there stays, and `stored` is false. Returns the entry that is there
   * afterwards.
   */
  put(
    store: string,
    key: string,
    value: unknown,
    change: StateChange & { readonly mode: 'if-absent' | 'replace' },
  ): Promise<StateEntry & { readonly stored: boolean }>;
  /**
   * Adds to a counter, which begins at 0. Its end stays that of its first count unless `renews`. Rejects with STATE_VALUE
   * (input) if the entry is no counter.
   */
  add(store: string, key: string, by: number, change: StateChange & { readonly renews: boolean }): Promise<StateEntry>;
  /** Removes an entry. Returns whether one was there. */
  remove(store: string, key: string, change: Pick<StateChange, 'act'>): Promise<boolean>;
}
