/**
 * Collections gather data of many executions into groups. A step adds an item under a key; a flow that begins with the
 * collection gets the items of one key together, when there are enough of them or the first has waited long enough.
 * Each item is in exactly one group, and the groups of one key keep the order in which the items were added.
 */
export interface ItemAddition {
  /** The key of the step. An addition that is repeated with the same key within 7 days adds nothing. */
  readonly act: string;
}

/** When a group is complete: as soon as one of them is reached. */
export interface GroupLimits {
  /** At most 1,000. */
  readonly items: number;
  /** Bytes of the items as JSON. An item that is larger alone is a group of its own. */
  readonly bytes: number;
  /** Milliseconds since the first item of the group was added. */
  readonly ageMs: number;
  /** Milliseconds since the newest item of the group was added. */
  readonly quietMs?: number;
}

export type GroupReason = 'items' | 'bytes' | 'age' | 'quiet';

export interface CollectedGroup {
  /** The same whenever this group is read again. */
  readonly groupId: string;
  readonly key: string;
  readonly items: readonly unknown[];
  readonly reason: GroupReason;
  /** Epoch milliseconds of the first and the newest item. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** `refused`: the group stays and comes again, those of other keys go on. `later`: nothing can be taken now. */
export type Taken = 'taken' | 'refused' | 'later';

/** The collections of one domain. */
export interface Collections {
  /**
   * Adds an item, and returns how many items of this key wait then. Rejects with COLLECTION_KEY or COLLECTION_VALUE
   * (input), or with COLLECTION_BUSY or COLLECTION_FULL (transient).
   */
  add(collection: string, key: string, value: unknown, addition: ItemAddition): Promise<number>;
  /**
   * Hands each group that is complete to `take`, one at a time. A group that is not taken comes again, as it is, in a
   * later call. Ends early when the signal aborts.
   */
  takeComplete(
    collection: string,
    limits: GroupLimits,
    take: (group: CollectedGroup) => Promise<Taken>,
    signal: AbortSignal,
  ): Promise<void>;
}
