/** Reads the outcome of the executions that a bulk continued, until none of them is running. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { BulkOutcome, ExecutionCatalog, HeldItem } from '../../engine/operate/interface.ts';
import type { BulkDocument, BulkStore } from './bulk-store.ts';

export interface OutcomeRefresher {
  /** Returns the bulk with its outcome, which may be up to a minute old. */
  look(document: BulkDocument): Promise<BulkDocument>;
}

interface OutcomeRefresherDeps {
  readonly clock: Clock;
  readonly executions: Pick<ExecutionCatalog, 'bulkOutcome'>;
}

/** Minimum interval between two reads of the executions of one bulk, since many pages may watch it. */
const LOOK_EVERY_MS = 1_000;
/** Minimum interval for a bulk that ended more than ten minutes ago and whose executions still wait. */
const LOOK_SELDOM_MS = 60_000;
const SELDOM_AFTER_MS = 10 * 60_000;

export function createOutcomeRefresher({ clock, executions }: OutcomeRefresherDeps, store: BulkStore): OutcomeRefresher {
  return {
    async look(document) {
      const { _id, kind, status, outcomeAt, endedAt, isSettled, run } = document;
      const at = clock.now();
      // The bulk itself ended these executions, so their outcome does not change any more.
      if (kind === 'cancel' || kind === 'conclude' || isSettled) return document;
      const pauseMs = endedAt !== undefined && at - endedAt > SELDOM_AFTER_MS ? LOOK_SELDOM_MS : LOOK_EVERY_MS;
      if (outcomeAt !== undefined && at - outcomeAt < pauseMs && outcomeAt >= (endedAt ?? 0)) return document;
      const outcome = await count(document);
      const hasEnded = status === 'done' || status === 'closed';
      const seen = { outcome, outcomeAt: at, ...(hasEnded && outcome.underWay === 0 ? { isSettled: true as const } : {}) };
      // A settled outcome is final. If the bulk continued in the meantime, its `run` or `status` differs and nothing is
      // written.
      const result = await store.bulks.patchIf(_id, { run, status, isSettled: null }, { set: seen });
      return result.outcome === 'patched' ? result.document : { ...document, outcome, outcomeAt: at };
    },
  };

  /**
   * Counts the outcomes of all chosen executions. The stored progress alone may be too low, because an execution is
   * processed before the progress is stored.
   */
  async function count({ _id }: BulkDocument): Promise<BulkOutcome> {
    const items: HeldItem[] = [];
    for await (const item of store.items(_id, 0)) items.push(item);
    return executions.bulkOutcome(items, _id);
  }
}
