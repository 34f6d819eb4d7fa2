/** Thrown where this process must let go of an execution: somebody else owns it, or may own it. Nothing more is sent or stored for it here. */
export class LostExecution extends Error {
  override readonly name: string = 'LostExecution';
}

/** Thrown by a node that had not sent anything when that was found out: its write is surely not done. */
export class NothingSent extends LostExecution {
  override readonly name = 'NothingSent';
}

export const MAY_BE_GIVEN_UP = 'this process was silent for too long and may have been given up';
