/** Opens a session as an app does: signed by its key, and the answer opened by its encryption key. */
import assert from 'node:assert/strict';
import { createEnvelopes } from '../../../sdk/public.ts';
import { crypto, type SignedRequest, type TestSigner } from './city-plan.ts';
import type { EncryptionFixture } from './encryption.ts';
import { callSigned } from './start-gateway.ts';

export interface MadeSession {
  readonly sessionId: string;
  /** Base64url. */
  readonly key: string;
  readonly endsAt: number;
  readonly scheme: string;
}

/** `signed`: a request of `key` for `POST /open/v1/sessions` without a body. */
export async function openSession(
  gateway: { readonly port: number },
  signed: SignedRequest,
  key: TestSigner,
  encryption: EncryptionFixture,
) {
  const answer = await callSigned(gateway, signed);
  assert.equal(answer.status, 201, answer.body.toString());
  const [, ts = '', nonce = ''] = /ts="([^"]+)",nonce="([^"]+)"/.exec(signed.authorization)!;
  const { scheme, appId, keyId } = key;
  const head = { scheme, appId, keyId, method: 'POST', host: 'localhost', path: '/open/v1/sessions', query: '', ts, nonce };
  const envelopes = createEnvelopes({
    platformKey: { keyId: 'p2', publicPem: encryption.platform.p2 },
    privatePem: encryption.privatePems[appId]!,
  });
  const opened = await envelopes.open(head, { headers: Object.entries(answer.headers), body: answer.body });
  const made = JSON.parse(Buffer.from(opened).toString()) as MadeSession;
  return { signed, answer, made, session: sessionKey(appId, made) };
}

/** The key with which a session signs. */
export function sessionKey(appId: string, { sessionId: keyId, key }: Pick<MadeSession, 'sessionId' | 'key'>): TestSigner {
  const sign = crypto.importKey({ format: 'raw', bytes: Buffer.from(key, 'base64url') }, 'HMAC-SM3', 'secret');
  return { scheme: 'HMAC-SM3', appId, keyId, sign };
}
