import { setImmediate } from 'node:timers/promises';
import { sleep, type Clock } from '../../engine/contract/values/clock.ts';

/** The turns of one search. */
export interface SearchTurns {
  /** Resolves when the search may go on. */
  turn(): Promise<void>;
  end(): void;
}

/** A block takes milliseconds. If it seems to take longer, others held the event loop, and resting longer helps nobody. */
const LONGEST_REST_MS = 50;

/**
 * Lets searches take half of the event loop at most, all together: after each piece of work a search rests. Requests
 * need the other half.
 */
export function createSearchTurns(clock: Pick<Clock, 'monotonic' | 'after'>): () => SearchTurns {
  let searches = 0;
  return () => {
    searches++;
    let since = clock.monotonic();
    return {
      async turn() {
        const restMs = Math.min((clock.monotonic() - since) * (2 * searches - 1), LONGEST_REST_MS);
        await (restMs < 1 ? setImmediate() : sleep(clock, restMs));
        since = clock.monotonic();
      },
      end: () => void searches--,
    };
  };
}
