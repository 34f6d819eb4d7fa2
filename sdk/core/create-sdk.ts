import { createEnvelopes, type EncryptionOptions, type Envelopes } from './envelopes.ts';
import type { Environment } from './sdk-crypto.ts';
import { signRequest, type RequestToSign, type SignedRequest } from './sign-request.ts';
import {
  createSigningClient,
  createUserClient,
  type SigningClient,
  type SigningClientOptions,
  type UserClientOptions,
} from './signing-client.ts';
import { verifyAnswer, type AnswerToVerify } from './verify-answer.ts';

export type { EncryptionOptions, EnvelopeHead, Envelopes } from './envelopes.ts';
export type { RequestOptions, SignedAnswer } from './exchange.ts';
export type { RequestToSign, SignedRequest } from './sign-request.ts';
export type { SigningClient, SigningClientOptions, UserClientOptions } from './signing-client.ts';
export type { AnswerToVerify } from './verify-answer.ts';

/** What the sdk offers. The functions that it is made of describe it. */
export interface Sdk {
  createSigningClient(options: SigningClientOptions): SigningClient;
  createUserClient(options: UserClientOptions): SigningClient;
  createEnvelopes(options: EncryptionOptions): Envelopes;
  signRequest(request: RequestToSign): Promise<SignedRequest>;
  verifyResponse(answer: AnswerToVerify): Promise<void>;
}

export function createSdk(environment: Environment): Sdk {
  const { crypto } = environment;
  return {
    createSigningClient: (options) => createSigningClient(environment, options),
    createUserClient: (options) => createUserClient(environment, options),
    createEnvelopes: (options) => createEnvelopes(crypto.encryption, options),
    signRequest: (request) => signRequest(crypto, request),
    verifyResponse: (answer) => verifyAnswer(crypto, answer),
  };
}
