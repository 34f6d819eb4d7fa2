import type { Front } from '../../engine/contract/access/access.ts';

/** What sets a front apart beside its policies (each policy names the fronts it is for). */
export interface FrontProfile {
  readonly front: Front;
  /** Answers may have to be signed, so an upstream's answer passes the gateway whole. */
  readonly signsAnswers: boolean;
  /** Asks for a client certificate (mTLS); bus consumers may use one instead of a token. */
  readonly requestsClientCertificate: boolean;
}

export const PROFILES: Readonly<Record<Front, FrontProfile>> = {
  open: { front: 'open', signsAnswers: true, requestsClientCertificate: false },
  user: { front: 'user', signsAnswers: false, requestsClientCertificate: false },
  bus: { front: 'bus', signsAnswers: false, requestsClientCertificate: true },
};
