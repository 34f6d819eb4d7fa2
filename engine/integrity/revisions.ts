import type { Clock } from '../contract/values/clock.ts';

/**
 * Revisions of marked documents: times that only increase, even if the clock was set back or another machine's clock
 * is ahead.
 */
export interface Revisions {
  /**
   * Returns a number above all numbers returned or seen so far, and above `last`. A document that is created again must
   * have a higher revision than the removed one.
   */
  next(last?: number): number;
  /** Records a revision seen in a valid mark, or in a line of the audit trail. */
  raise(to: number): void;
}

export function createRevisions(clock: Pick<Clock, 'now'>): Revisions {
  let highest = 0;
  return {
    next: (last = 0) => (highest = Math.max(clock.now(), last + 1, highest + 1)),
    raise: (to) => void (highest = Math.max(highest, to)),
  };
}
