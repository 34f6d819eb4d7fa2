import type { LimitUse } from '../documents/load-state.ts';
import type { Keepers } from '../policy-ports.ts';
import type { AdaptiveLimit } from './adaptive-limit.ts';
import type { Breaker } from './breaker.ts';
import type { GreyRelease } from './grey-release.ts';

/** The load protection of an interface, over its versions. */
export interface InterfaceLoad {
  /** Undefined if the interface has no limit of concurrency. */
  limit: AdaptiveLimit | undefined;
  /** By instance group. */
  readonly breakers: Map<string, Breaker>;
  /** The release that serves, with its group; undefined before the first one. */
  grey: { readonly group: string; readonly release: GreyRelease } | undefined;
  /** Read the use of the limits of the version that was compiled last. */
  rates: () => readonly LimitUse[];
  quotas: () => readonly LimitUse[];
}

const NO_LIMITS = () => [];

export function loadOf(keepers: Keepers): InterfaceLoad {
  return keepers.ofInterface('load', () => ({
    ...{ limit: undefined, breakers: new Map(), grey: undefined },
    ...{ rates: NO_LIMITS, quotas: NO_LIMITS },
  }));
}
