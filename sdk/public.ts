/**
 * The public module `kangqiao/sdk` for authors of callers in Node. It signs requests and verifies responses.
 * `docs/signing.md` explains it, with examples in other languages. `sdk/browser/public.ts` is the same for browsers.
 */
import { createSdk } from './core/create-sdk.ts';
import { nodeCrypto } from './node/node-crypto.ts';
import { openUndiciTransport } from './node/undici-transport.ts';

export type * from './core/create-sdk.ts';
export { KQ1_HEADERS, KQ1_SCHEMES, type Kq1Scheme } from '../engine/contract/kq1/kq1.ts';
export { AppError } from '../engine/contract/values/errors.ts';

export const { createSigningClient, createUserClient, createEnvelopes, signRequest, verifyResponse } = createSdk({
  crypto: nodeCrypto,
  openTransport: openUndiciTransport,
});
