export interface Lane {
  /** Runs the work when it has a place. Returns undefined, without running it, if too many wait. */
  run<Result>(work: () => Promise<Result>): Promise<Result> | undefined;
}

/** Creates a queue in which `running` pieces of work run at once and `waiting` more may wait. */
export function createLane(most: { readonly running: number; readonly waiting: number }): Lane {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function runNow<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } finally {
      // The next one takes over the place.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  }

  return {
    run(work) {
      if (running < most.running) {
        running++;
        return runNow(work);
      }
      if (waiting.length >= most.waiting) return undefined;
      return new Promise<void>((resolve) => waiting.push(resolve)).then(() => runNow(work));
    },
  };
}
