/**
 * Records what the audit trail says about marked documents: the last revision of each one that an action wrote or
 * removed. A document with an earlier revision was rolled back. A document that is missing without a line about its
 * removal was removed outside Kangqiao.
 */
import type { MarkChange } from '../../engine/integrity/mark-changes.ts';

export interface MarkLedger {
  take(change: MarkChange): void;
  of(collection: string): ReadonlyMap<string, MarkChange>;
  /**
   * Starts a baseline: the lines after this point name every document. `at` is the time of the first of these lines in
   * epoch ms.
   */
  begin(at: number): void;
  /**
   * Revisions below this number are older than the baseline. If a stored document has such a revision and no line names
   * it, it was removed earlier and then restored outside Kangqiao.
   */
  readonly floor: number;
}

/** Largest expected difference between the clocks of processes. */
const CLOCKS_APART_MS = 60_000;

export function createMarkLedger(): MarkLedger {
  const latest = new Map<string, Map<string, MarkChange>>();
  let floor = 0;
  return {
    begin: (at) => void (floor = at - CLOCKS_APART_MS),
    get floor() {
      return floor;
    },
    take(change) {
      let known = latest.get(change.collection);
      if (known === undefined) latest.set(change.collection, (known = new Map<string, MarkChange>()));
      const before = known.get(change.id);
      if (before === undefined || isLater(change, before)) known.set(change.id, change);
    },
    of: (collection) => latest.get(collection) ?? new Map(),
  };
}

/**
 * Returns true if `change` is later. The revision decides, because lines of two processes may be in another order than
 * their writes. A removal has the revision of the document that it removed.
 */
function isLater(change: MarkChange, before: MarkChange): boolean {
  return change.revision > before.revision || (change.revision === before.revision && change.mac === undefined);
}
