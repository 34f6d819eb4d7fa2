import type { Front } from '../../engine/contract/access/access.ts';

/** How a front differs from the others, besides its policies (each policy names its fronts). */
export interface FrontProfile {
  readonly front: Front;
  /** True if the front requests a client certificate (mTLS). Bus consumers may use one instead of a token. */
  readonly requestsClientCertificate: boolean;
}

export const PROFILES: Readonly<Record<Front, FrontProfile>> = {
  open: { front: 'open', requestsClientCertificate: false },
  user: { front: 'user', requestsClientCertificate: false },
  bus: { front: 'bus', requestsClientCertificate: true },
};
