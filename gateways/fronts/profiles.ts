import type { Front } from '../../engine/contract/access/access.ts';

/** How a front differs from the others, besides its policies (each policy names its fronts). */
export interface FrontProfile {
  readonly front: Front;
  /** True if responses may have to be signed, so that the gateway holds a whole response of an upstream. */
  readonly signsAnswers: boolean;
  /** True if the front requests a client certificate (mTLS). Bus consumers may use one instead of a token. */
  readonly requestsClientCertificate: boolean;
}

export const PROFILES: Readonly<Record<Front, FrontProfile>> = {
  open: { front: 'open', signsAnswers: true, requestsClientCertificate: false },
  user: { front: 'user', signsAnswers: false, requestsClientCertificate: false },
  bus: { front: 'bus', signsAnswers: false, requestsClientCertificate: true },
};
