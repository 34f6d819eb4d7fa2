import type { Clock } from '../contract/values/clock.ts';

/** Revisions of marked documents: times that only rise, also where the clock was set back or another machine's clock is ahead. */
export interface Revisions {
  /** Above all that were drawn or seen, and above `last`: a document that is made again must stand above the one that was removed. */
  next(last?: number): number;
  /** This revision was seen in a valid mark, or in a line of the audit trail. */
  raise(to: number): void;
}

export function createRevisions(clock: Pick<Clock, 'now'>): Revisions {
  let highest = 0;
  return {
    next: (last = 0) => (highest = Math.max(clock.now(), last + 1, highest + 1)),
    raise: (to) => void (highest = Math.max(highest, to)),
  };
}
