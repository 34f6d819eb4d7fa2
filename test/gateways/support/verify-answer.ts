import { createHash } from 'node:crypto';
import { canonicalAnswer, digestOfScheme, responseSchemeFor, signedAnswerHeaders } from '../../../engine/contract/kq1/kq1.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { crypto, type SignedRequest, type TestSigner } from './city-plan.ts';
import type { TestAnswer } from './start-gateway.ts';

/** As a caller verifies it: the answer was signed by the platform (or with the shared secret), for this request alone. */
export async function signsAnswer(answer: TestAnswer, request: SignedRequest, key: TestSigner, plan: GatewayPlan): Promise<boolean> {
  const scheme = responseSchemeFor(key.scheme);
  const algorithm = digestOfScheme(scheme);
  const hash = (data: string | Buffer) => createHash(algorithm).update(data).digest('hex');
  const canonical = canonicalAnswer({
    ...{ requestDigest: hash(Buffer.from(request.canonical, 'latin1')), scheme, status: answer.status, nonce: request.nonce },
    ts: answer.headers['x-kq-ts']!,
    keyId: answer.headers['x-kq-keyid']!,
    headers: signedAnswerHeaders(Object.entries(answer.headers)),
    bodyDigest: hash(answer.body),
  });
  const handle =
    scheme === key.scheme && scheme !== 'SM2-SM3'
      ? key.sign
      : crypto.importKey({ format: 'pem', pem: plan.platformKey.publicPem }, 'SM2-SM3', 'public');
  return crypto.verify(handle, Buffer.from(canonical, 'latin1'), Buffer.from(answer.headers['x-kq-signature']!, 'base64url'));
}
