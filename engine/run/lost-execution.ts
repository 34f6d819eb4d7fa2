/** Thrown where this process must let go of an execution: somebody else owns it, or may own it. Nothing more is sent or stored for it here. */
export class LostExecution extends Error {
  override readonly name = 'LostExecution';
}

export const MAY_BE_GIVEN_UP = 'this process was silent for too long and may have been given up';
