/**
 * Tells which processes are alive, as seen from this one. The clocks of machines differ, so a process counts as alive
 * if the number of its heartbeat changed between two reads. When a process is seen for the first time, or after a pause
 * in reading, there is nothing to compare. Then the time of its last heartbeat by its own clock is used.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { ProcessDocument } from './process-document.ts';

export type LifeState = 'alive' | 'silent' | 'stopped';

export interface ProcessLife {
  readonly state: LifeState;
  /** Time of the last heartbeat, by the clock of the observing process. */
  readonly lastSeenAt: number;
  readonly goneAt: number;
}

/** The time of three heartbeats. A process without a heartbeat for this long counts as silent. */
const SILENT_AFTER_MS = 15_000;

export interface LifeWatch {
  observe(found: readonly ProcessDocument[]): void;
  /** Returns the state of a process that was observed. */
  of(processId: string): ProcessLife;
}

export function watchLife(clock: Clock): LifeWatch {
  let seen = new Map<string, { readonly document: ProcessDocument; readonly at: number }>();
  let lookedAt = Number.NEGATIVE_INFINITY;

  return {
    observe(found) {
      const at = clock.monotonic();
      const isClose = at - lookedAt < SILENT_AFTER_MS;
      lookedAt = at;
      const before = seen;
      seen = new Map(
        found.map((document) => {
          const known = before.get(document._id);
          if (known?.document.beat === document.beat) return [document._id, { document, at: known.at }];
          const itsAt = at - Math.max(0, clock.now() - document.seenAt);
          return [document._id, { document, at: known !== undefined && isClose ? at : itsAt }];
        }),
      );
    },
    of(processId) {
      const { document, at } = seen.get(processId)!;
      const silentMs = clock.monotonic() - at;
      const lastSeenAt = clock.now() - silentMs;
      const goneAt = lastSeenAt + (document.expiresAt - document.seenAt);
      if (document.stoppedAt !== undefined) return { state: 'stopped', lastSeenAt, goneAt };
      return { state: silentMs > SILENT_AFTER_MS ? 'silent' : 'alive', lastSeenAt, goneAt };
    },
  };
}
