/** What a person decided about the calls of an interface, independently of the traffic. */

export const MANUAL_STATES = ['open', 'closed'] as const;

export interface ManualState {
  readonly interfaceId: string;
  readonly revision: number;
  /** `open`: calls are refused. `closed`: the breaker lets all calls pass. */
  readonly state: (typeof MANUAL_STATES)[number];
  /** Epoch milliseconds. */
  readonly since: number;
  readonly until: number;
  /** The account that set it, and why. */
  readonly by: string;
  readonly reason: string;
  /** Set if a person ended it before its time. */
  readonly ended?: { readonly at: number; readonly by: string; readonly reason: string };
}

/** What gateways get of it: nothing about persons. */
export type ManualOrder = Pick<ManualState, 'interfaceId' | 'state' | 'until'>;

export function isInForce({ until, ended }: Pick<ManualState, 'until' | 'ended'>, now: number): boolean {
  return ended === undefined && now < until;
}
