/** The time limit of a sandbox job. */
export interface JobTime {
  /** Sets how many milliseconds the job may still take; `Infinity` means no limit. */
  limit(ms: number): void;
  /** Returns whether the limit has passed. The call is cheap while the job is within its limit. */
  isOver(): boolean;
}

export interface Meters {
  /** Elapsed time in milliseconds, by a monotonic clock. */
  clock(): number;
  /** CPU time that this thread has used, in milliseconds. */
  computed(): number;
}

const OF_THIS_THREAD: Meters = {
  clock: () => performance.now(),
  computed() {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
};

/** Measures CPU time, so that a job does not fail because the machine is busy. */
export function createJobTime(meters = OF_THIS_THREAD): JobTime {
  let endsAt = Infinity;
  let startedAt = 0;
  let limitMs = Infinity;
  return {
    limit(ms) {
      limitMs = ms;
      endsAt = meters.clock() + ms;
      startedAt = ms === Infinity ? 0 : meters.computed();
    },
    // CPU time never exceeds clock time, so the more expensive meter is read only when the clock has passed the
    // limit.
    isOver: () => meters.clock() > endsAt && meters.computed() - startedAt > limitMs,
  };
}
