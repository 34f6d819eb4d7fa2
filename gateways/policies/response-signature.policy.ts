import { Type } from 'typebox';
import { canonicalAnswer, digestOfScheme, signedAnswerHeaders } from '../../engine/contract/kq1.ts';
import { definePolicy, type Answer } from '../contract.ts';

const NOTHING = new Uint8Array(0);

/**
 * Signs every answer to a request that proved who it is, refusals too: over the request's digest, status, nonce, time, headers and body, so
 * that no answer fits another request. By the platform's SM2 key, or by the shared secret where the caller signs with HMAC.
 */
export default definePolicy({
  name: 'response-signature',
  stage: 'seal',
  fronts: ['open'],
  text: {
    label: { 'zh-CN': '响应签名', en: 'Answer signature' },
    help: { 'zh-CN': '对响应签名：X-KQ-Signature、X-KQ-Keyid、X-KQ-Ts。', en: 'Signs the answer: X-KQ-Signature, X-KQ-Keyid, X-KQ-Ts.' },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile: (_options, _target, _front, { clock, crypto, index: { platformKey } }) => {
    if (platformKey === undefined) throw new TypeError('a plan that is handed out signs no answers');
    return (exchange) => {
      const { proof, answer } = exchange;
      if (proof === undefined || answer === undefined) return undefined;
      const usesSecret = proof.scheme !== 'SM2-SM3';
      const keyId = usesSecret ? proof.keyId : platformKey.keyId;
      const ts = String(clock.now());
      // The writer of the answer adds the trace id; it is signed like every x-kq header.
      const headers = signedAnswerHeaders([...Object.entries(answer.headers), ['x-kq-trace', exchange.traceId]]);
      const hasNoBody = answer.status === 204 || answer.status === 304;
      const bodyDigest = Buffer.from(crypto.digest(digestOfScheme(proof.scheme), hasNoBody ? NOTHING : (answer.body ?? NOTHING))).toString(
        'hex',
      );
      const text = canonicalAnswer({
        requestDigest: proof.canonicalDigest,
        scheme: proof.scheme,
        status: answer.status,
        nonce: proof.nonce,
        ts,
        keyId,
        headers,
        bodyDigest,
      });
      const signature = crypto.sign(usesSecret ? proof.key : platformKey.handle, Buffer.from(text, 'latin1'));
      if (signature instanceof Promise) return signature.then((bytes) => attach(answer, bytes, keyId, ts));
      return attach(answer, signature, keyId, ts);
    };
  },
});

function attach(answer: Answer, signature: Uint8Array, keyId: string, ts: string): undefined {
  answer.headers['x-kq-signature'] = Buffer.from(signature).toString('base64url');
  answer.headers['x-kq-keyid'] = keyId;
  answer.headers['x-kq-ts'] = ts;
}
