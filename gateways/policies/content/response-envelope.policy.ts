import { Type } from 'typebox';
import type { ContentKey, EncryptedContent } from '../../../engine/contract/ports/encryption.ts';
import { definePolicy, type Answer, type Exchange } from '../../contract.ts';
import { hasNoBody } from '../../shared/has-no-body.ts';
import { aadOf, authorizationOf, createKeyCache, type KeyCache } from '../../shared/identity/open-envelope.ts';

interface AnswerKey {
  readonly key: ContentKey;
  /** The key as the envelope carries it. */
  readonly encrypted: string;
}

/**
 * Encrypts the answer for the app, if the stage `decrypt` decided so, errors included. The answer is signed afterwards.
 * One content key serves ten minutes for the same signing key or session, because encrypting it costs a millisecond.
 */
export default definePolicy({
  name: 'response-envelope',
  stage: 'seal',
  fronts: ['open'],
  text: {
    label: { 'zh-CN': '应答加密', en: 'Encrypted answers' },
    help: {
      'zh-CN': '按“报文加密”的设置，用应用的加密公钥加密应答，再签名。',
      en: 'Encrypts the answer for the app as "Encrypted bodies" says, before it is signed.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  reads: () => ({ answer: true }),
  compile(_options, _target, _front, { crypto, clock, keepers }) {
    const keys = keepers.ofGateway<KeyCache<AnswerKey>>('content keys of answers', () => createKeyCache(clock));
    return (exchange) => {
      const { envelope, answer } = exchange;
      if (envelope === undefined || answer?.body === undefined || answer.body.length === 0 || hasNoBody(answer.status)) return undefined;
      return encryptAnswer(exchange, answer, answer.body);
    };

    async function encryptAnswer(exchange: Exchange, answer: Answer, plain: Uint8Array): Promise<undefined> {
      const { cipher, keyId, receiver } = exchange.envelope!;
      const { appId, keyId: signer } = authorizationOf(exchange);
      const made = await keys.get([appId, signer, receiver.fingerprint, cipher].join(' '), async () => {
        const { key, encrypted } = await crypto.makeContentKey(cipher, receiver);
        return { key, encrypted: base64url(encrypted) };
      });
      const content = await crypto.encryptContent(made!.key, aadOf(exchange, 'response'), plain);
      answer.body = toEnvelope(content, { v: 1, enc: cipher, kid: keyId, ek: made!.encrypted });
      answer.headers['x-kq-enc'] = cipher;
      exchange.plainAnswer = plain;
    }
  },
});

function toEnvelope({ iv, ciphertext, tag }: EncryptedContent, head: { v: 1; enc: string; kid: string; ek: string }): Buffer {
  return Buffer.from(JSON.stringify({ ...head, iv: base64url(iv), ct: base64url(ciphertext), tag: base64url(tag) }));
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}
