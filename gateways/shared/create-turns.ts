/** Turns of the event loop, given to several parties in rotation. */
export interface Turns {
  /** Undefined: this turn is free, go on at once. Else it resolves in a turn of its own. */
  take(of: string): Promise<void> | undefined;
}

interface Party {
  readonly of: string;
  readonly waiting: (() => void)[];
}

/**
 * One piece of work a turn: whoever brings a thousand at once holds up nobody, since between two of them the loop serves everybody else, and another
 * party waits for one piece of each. How many may wait is for the caller to bound.
 */
export function createTurns(): Turns {
  const parties: Party[] = [];
  let isTaken = false;

  function next(): void {
    const party = parties.shift();
    isTaken = party !== undefined;
    if (party === undefined) return;
    setImmediate(next);
    const begin = party.waiting.shift()!;
    if (party.waiting.length > 0) parties.push(party);
    begin();
  }

  return {
    take(of) {
      if (isTaken) {
        let party = parties.find((one) => one.of === of);
        if (party === undefined) parties.push((party = { of, waiting: [] }));
        const { waiting } = party;
        return new Promise((resolve) => waiting.push(resolve));
      }
      isTaken = true;
      setImmediate(next);
      return undefined;
    },
  };
}
