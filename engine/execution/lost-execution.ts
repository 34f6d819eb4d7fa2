/**
 * Thrown when this process must let go of an execution because another process owns it, or may own it. This process
 * sends and stores nothing more for it.
 */
export class LostExecution extends Error {
  override readonly name: string = 'LostExecution';
}

/** Thrown by a node that had sent nothing when it lost the execution: its write was surely not done. */
export class NothingSent extends LostExecution {
  override readonly name = 'NothingSent';
}

export const MAY_BE_GIVEN_UP = 'this process was silent for too long and may have been given up';
