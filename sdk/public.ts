/**
 * The public module `kangqiao/sdk` for authors of callers. It signs requests and verifies responses. `docs/signing.md`
 * explains it, with examples in other languages.
 */
export { createSigningClient, type SigningClient, type SigningClientOptions, type SignedAnswer } from './signing-client.ts';
export { createEnvelopes, type EncryptionOptions, type EnvelopeHead, type Envelopes } from './envelopes.ts';
export { signRequest, type RequestToSign, type SignedRequest } from './sign-request.ts';
export { verifyAnswer as verifyResponse, type AnswerToVerify } from './verify-answer.ts';
export { KQ1_HEADERS, KQ1_SCHEMES, type Kq1Scheme } from '../engine/contract/kq1/kq1.ts';
export { AppError } from '../engine/contract/values/errors.ts';
