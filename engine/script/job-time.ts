/** The time that a job of the sandbox may take. */
export interface JobTime {
  /** From now on so much more; `Infinity`: no limit. */
  limit(ms: number): void;
  /** Cheap as long as it is not. */
  isOver(): boolean;
}

export interface Meters {
  /** Both monotonic, in milliseconds. */
  clock(): number;
  /** What this thread has computed. */
  computed(): number;
}

const OF_THIS_THREAD: Meters = {
  clock: () => performance.now(),
  computed() {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
};

/** Counts what the thread computes, so that a job does not fail for the load of its machine: by the clock alone it would. */
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
    // Nobody computes longer than the clock goes; only then the dearer meter is read.
    isOver: () => meters.clock() > endsAt && meters.computed() - startedAt > limitMs,
  };
}
