/**
 * Thrown when this process must stop working on an execution, because another process owns it or may own it. This
 * process sends and stores nothing more for the execution.
 */
export class LostExecution extends Error {
  override readonly name: string = 'LostExecution';
}

/** Thrown if a node had sent nothing when its process lost the execution: its write was certainly not done. */
export class NothingSent extends LostExecution {
  override readonly name = 'NothingSent';
}

export const POSSIBLY_LOST = 'this process did not report for too long, so another may have taken over its work';
