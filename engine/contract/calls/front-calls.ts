/** Calls of the last five minutes that arrived at a front, whether they reached an interface or not. */
import type { Front } from '../access/access.ts';
import type { CallCounts } from './call-stats.ts';
import type { UnprovenRefusal } from './refusal-sources.ts';

export interface FrontCalls {
  readonly front: Front;
  /** All calls. Only those that were not refused count for the latency, because refusals are fast. */
  readonly all: CallCounts;
  /** How many of them ended before an interface was found. */
  readonly unrouted: number;
  /** Refused calls whose caller did not prove who it is. */
  readonly unproven: readonly UnprovenRefusal[];
}
