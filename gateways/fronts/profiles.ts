import type { Front } from '../../engine/contract/access/access.ts';

/** How a front differs besides its policies (each policy names its fronts). */
export interface FrontProfile {
  readonly front: Front;
  /** Responses may have to be signed, so the gateway holds an upstream's response whole. */
  readonly signsAnswers: boolean;
  /** Requests a client certificate (mTLS); bus consumers may use one instead of a token. */
  readonly requestsClientCertificate: boolean;
}

export const PROFILES: Readonly<Record<Front, FrontProfile>> = {
  open: { front: 'open', signsAnswers: true, requestsClientCertificate: false },
  user: { front: 'user', signsAnswers: false, requestsClientCertificate: false },
  bus: { front: 'bus', signsAnswers: false, requestsClientCertificate: true },
};
