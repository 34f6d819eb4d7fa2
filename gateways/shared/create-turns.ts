/** Turns of the event loop, given to several parties in rotation. */
export interface Turns<Party> {
  /** Undefined: this turn is free, go on at once. Else it resolves in a turn of its own. */
  take(of: Party): Promise<void> | undefined;
  /** A party waits for nothing any more: what it waited with resolves at once, to be let go. */
  leave(party: Party): void;
}

/**
 * So many pieces of work a turn: whoever brings a thousand at once holds up nobody, since between the turns the loop serves everybody else, and another
 * party waits for one piece of each. How many may wait is for the caller to bound.
 */
export function createTurns<Party>(piecesOfTurn: number): Turns<Party> {
  /** In the order of their turns. */
  const waiting = new Map<Party, (() => void)[]>();
  let begun = 0;

  function next(): void {
    begun = 0;
    for (const [party, pieces] of waiting) {
      if (begun === piecesOfTurn) break;
      begun++;
      const begin = pieces.shift()!;
      waiting.delete(party);
      if (pieces.length > 0) waiting.set(party, pieces);
      begin();
    }
    if (begun > 0) setImmediate(next);
  }

  return {
    take(of) {
      if (begun === piecesOfTurn) {
        const pieces = waiting.get(of) ?? [];
        waiting.set(of, pieces);
        return new Promise((resolve) => pieces.push(resolve));
      }
      if (begun++ === 0) setImmediate(next);
      return undefined;
    },
    leave(party) {
      for (const begin of waiting.get(party) ?? []) begin();
      waiting.delete(party);
    },
  };
}
