/** Longer work delays calls noticeably. */
const SLICE_MS = 4;
/** Steps of a slice however long they take, so that short work is never paused on a busy machine. */
const LEAST_STEPS = 50;

/**
 * Runs work that yields often, and pauses it so that it never holds the event loop for long. Short work ends before
 * this function returns. Calls `done` with the result, or `fail`. Returns a function that abandons the work.
 */
export function runInSlices<Result>(
  work: Generator<void, Result>,
  done: (result: Result) => void,
  fail: (error: unknown) => void,
  sliceMs = SLICE_MS,
): () => void {
  let pause: NodeJS.Immediate | undefined;
  const run = () => {
    const until = performance.now() + sliceMs;
    let steps = 0;
    let step: IteratorResult<void, Result>;
    try {
      do step = work.next();
      while (step.done !== true && (++steps < LEAST_STEPS || performance.now() < until));
    } catch (error) {
      return fail(error);
    }
    if (step.done === true) done(step.value);
    else pause = setImmediate(run);
  };
  run();
  return () => clearImmediate(pause);
}

export function inSlices<Result>(work: Generator<void, Result>): Promise<Result> {
  return new Promise((resolve, reject) => runInSlices(work, resolve, reject));
}
