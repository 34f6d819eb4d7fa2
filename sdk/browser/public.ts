/**
 * The public module `kangqiao/sdk/browser`: the sdk for pages, as one file without imports. `docs/signing.md` says which
 * keys a page may hold.
 */
import { createSdk } from '../core/create-sdk.ts';
import { browserCrypto } from './browser-crypto.ts';
import { openFetchTransport } from './fetch-transport.ts';

export type * from '../core/create-sdk.ts';
export { KQ1_HEADERS, KQ1_SCHEMES, type Kq1Scheme } from '../../engine/contract/kq1/kq1.ts';
export { AppError } from '../../engine/contract/values/errors.ts';

export const { createSigningClient, createUserClient, createEnvelopes, signRequest, verifyResponse } = createSdk({
  crypto: browserCrypto,
  openTransport: openFetchTransport,
});
