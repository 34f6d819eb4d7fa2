/**
 * What the audit trail says of the marked documents: the last revision of each that an action wrote or removed. A document that stands at an
 * earlier one was rolled back; one that is gone without a line was removed past Kangqiao.
 */
import type { MarkChange } from '../../engine/integrity/mark-changes.ts';

export interface MarkLedger {
  take(change: MarkChange): void;
  of(collection: string): ReadonlyMap<string, MarkChange>;
  /** A baseline begins: every document is named from here on. `at`: epoch ms of its first line. */
  begin(at: number): void;
  /** A document of an earlier revision that no line names was removed, and put back past Kangqiao. */
  readonly floor: number;
}

/** Clocks of processes may be so far apart. */
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

/** Lines of two processes may stand in another order than their writes, so revisions decide. A removal carries the revision it ended. */
function isLater(change: MarkChange, before: MarkChange): boolean {
  return change.revision > before.revision || (change.revision === before.revision && change.mac === undefined);
}
