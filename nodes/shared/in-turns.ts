/**
 * Runs long work in slices on the event loop. It is for work that cannot move to a thread, because copying the data
 * there and back costs as much as the work itself (measured for HL7 as data).
 */

const SLICE_MS = 5;

/**
 * Runs all steps. Work of a few milliseconds finishes synchronously; for longer work the event loop runs between
 * slices. The promise rejects with the signal's reason, or with the error of a step.
 */
export function inTurns<T>(steps: Iterator<void, T>, signal: AbortSignal): T | Promise<T> {
  const first = slice(steps);
  return first === undefined ? goOn(steps, signal) : first.result;
}

/** Runs all steps synchronously, for callers that cannot wait. */
export function runSynchronously<T>(steps: Iterator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

async function goOn<T>(steps: Iterator<void, T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const ended = slice(steps);
    if (ended !== undefined) return ended.result;
  }
}

function slice<T>(steps: Iterator<void, T>): { readonly result: T } | undefined {
  const until = performance.now() + SLICE_MS;
  do {
    const step = steps.next();
    if (step.done) return { result: step.value };
  } while (performance.now() < until);
  return undefined;
}
