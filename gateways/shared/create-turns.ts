/** Divides turns of the event loop among several parties, which take turns. */
export interface Turns<Party> {
  /**
   * Returns undefined if the party can continue at once, because this turn has room. Otherwise returns a promise that
   * resolves in a later turn.
   */
  take(of: Party): Promise<void> | undefined;
  /** Called when the party needs no more turns. Its waiting promises resolve at once, so that they can be freed. */
  leave(party: Party): void;
}

/**
 * Runs at most `piecesOfTurn` pieces of work per turn of the event loop. So a party with a thousand pieces delays no
 * one: between turns the event loop does all other work, and another party waits for only one piece of each party. The
 * caller must limit how many pieces wait.
 */
export function createTurns<Party>(piecesOfTurn: number): Turns<Party> {
  /** The waiting pieces by party, in the order of their turns. */
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
