interface Started {
  stop(): Promise<void>;
}

/** Adds what was started to what ends with the case; returns it. */
export type Keep = <Thing extends Started>(started: Thing) => Thing;

/** Stops everything that `run` keeps, last started first, also when a later start fails. */
export async function withStarted<Result>(run: (keep: Keep) => Promise<Result>): Promise<Result> {
  const kept: Started[] = [];
  try {
    return await run((started) => {
      kept.push(started);
      return started;
    });
  } finally {
    for (const started of kept.reverse()) await started.stop();
  }
}
