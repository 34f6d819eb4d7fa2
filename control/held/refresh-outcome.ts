/** Looks again at what became of what a bulk let go on, until nothing of it is under way. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { BulkOutcome, ExecutionCatalog, HeldItem } from '../../engine/operate/interface.ts';
import type { BulkDocument, BulkStore } from './bulk-store.ts';

export interface OutcomeRefresher {
  /** With what became of it as of now, or a moment ago. */
  look(document: BulkDocument): Promise<BulkDocument>;
}

interface OutcomeRefresherDeps {
  readonly clock: Clock;
  readonly executions: Pick<ExecutionCatalog, 'bulkOutcome'>;
}

/** Many pages may watch one bulk: its executions are gone through for all of them at most this often. */
const LOOK_EVERY_MS = 1_000;
/** Of one whose executions wait for long. */
const LOOK_SELDOM_MS = 60_000;
const SELDOM_AFTER_MS = 10 * 60_000;

export function createOutcomeRefresher({ clock, executions }: OutcomeRefresherDeps, store: BulkStore): OutcomeRefresher {
  return {
    async look(document) {
      const { _id, kind, status, outcomeAt, endedAt, isSettled, run } = document;
      const at = clock.now();
      // What is ended goes nowhere.
      if (kind === 'cancel' || kind === 'conclude' || isSettled) return document;
      const pauseMs = endedAt !== undefined && at - endedAt > SELDOM_AFTER_MS ? LOOK_SELDOM_MS : LOOK_EVERY_MS;
      if (outcomeAt !== undefined && at - outcomeAt < pauseMs && outcomeAt >= (endedAt ?? 0)) return document;
      const outcome = await count(document);
      const hasEnded = status === 'done' || status === 'closed';
      const seen = { outcome, outcomeAt: at, ...(hasEnded && outcome.underWay === 0 ? { isSettled: true as const } : {}) };
      // What was settled meanwhile stands; and one that goes on again is not settled by what was seen before.
      const result = await store.bulks.patchIf(_id, { run, status, isSettled: null }, { set: seen });
      return result.outcome === 'patched' ? result.document : { ...document, outcome, outcomeAt: at };
    },
  };

  /** Of all that was chosen: how far it is may be stored later than what it did. */
  async function count({ _id }: BulkDocument): Promise<BulkOutcome> {
    const items: HeldItem[] = [];
    for await (const item of store.items(_id, 0)) items.push(item);
    return executions.bulkOutcome(items, _id);
  }
}
