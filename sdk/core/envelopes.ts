/** Encrypted bodies: encrypts requests for the platform, and opens the responses that it encrypted for the caller. */
import { AppError } from '../../engine/contract/values/errors.ts';
import { envelopeAad, KQ1_HEADERS, type Envelope, type HeaderPair, type Kq1Request } from '../../engine/contract/kq1/kq1.ts';
import {
  CONTENT_CIPHERS,
  type ContentCipher,
  type ContentKey,
  type Encryption,
  type EncryptionKey,
  type KeyEncryption,
} from '../../engine/contract/ports/encryption.ts';
import { base64url, bytesOfBase64url, bytesOfPem, hexOf, utf8 } from './bytes.ts';

export interface EncryptionOptions {
  /** SM4-CBC-HSM3 if absent. */
  readonly cipher?: ContentCipher;
  /** An encryption key of the platform (SM2 or RSA, PEM), as `GET /open/v1/platform-keys` lists it. */
  readonly platformKey: { readonly keyId: string; readonly publicPem: string };
  /** The private half (PEM, PKCS#8) of the encryption key that the app registered. */
  readonly privatePem: string;
}

/** What the canonical strings of a request and its envelope have in common. */
export type EnvelopeHead = Omit<Kq1Request, 'headers' | 'bodyDigest'>;

export interface Envelopes {
  readonly cipher: ContentCipher;
  /** Returns the body to send, with the header `X-KQ-Enc`, whose value is `cipher`. */
  encrypt(head: EnvelopeHead, body: Uint8Array): Promise<Uint8Array>;
  /**
   * Returns the body of a response; a body that is not encrypted is returned unchanged. Verify the response first.
   * Rejects with SDK_ENVELOPE_INVALID (unknown-outcome) if the envelope was not made for this key and request.
   */
  open(head: EnvelopeHead, answer: { readonly headers: Iterable<HeaderPair>; readonly body: Uint8Array }): Promise<Uint8Array>;
}

/** The object identifier of the curve SM2 (1.2.156.10197.1.301), as it stands in keys. */
const SM2_CURVE = '06082a811ccf5501822d';
/** How long one content key encrypts. The platform keeps it for as long, which saves it the costly decryption. */
const CONTENT_KEY_MS = 10 * 60_000;

/** Throws SDK_KEY_INVALID (input) if a key is neither SM2 nor RSA in PEM. */
export function createEnvelopes(
  encryption: Encryption,
  { cipher = 'SM4-CBC-HSM3', platformKey, privatePem }: EncryptionOptions,
): Envelopes {
  const receiver = imported(encryption, platformKey.publicPem, 'public');
  const own = imported(encryption, privatePem, 'private');
  let sending: { readonly key: ContentKey; readonly encrypted: string; readonly madeAt: number } | undefined;
  return {
    cipher,
    async encrypt(head, body) {
      if (sending === undefined || performance.now() - sending.madeAt > CONTENT_KEY_MS) {
        const { key, encrypted } = await encryption.makeContentKey(cipher, receiver);
        sending = { key, encrypted: base64url(encrypted), madeAt: performance.now() };
      }
      const { key, encrypted: ek } = sending;
      const { iv, ciphertext, tag } = await encryption.encryptContent(key, aadOf(head, 'request'), body);
      const envelope: Envelope = {
        ...{ v: 1, enc: cipher, kid: platformKey.keyId, ek },
        ...{ iv: base64url(iv), ct: base64url(ciphertext), tag: base64url(tag) },
      };
      return utf8(JSON.stringify(envelope));
    },
    async open(head, { headers, body }) {
      const named = [...headers].find(([name]) => name.toLowerCase() === KQ1_HEADERS.enc.toLowerCase())?.[1];
      if (named === undefined) return body;
      const used = CONTENT_CIPHERS.find((known) => known === named);
      const { ek, iv, ct, tag } = parsed(body);
      const key = used && (await encryption.openContentKey(used, bytesOf(ek), own));
      const content = { iv: bytesOf(iv), ciphertext: bytesOf(ct), tag: bytesOf(tag) };
      const plain = key && (await encryption.decryptContent(key, aadOf(head, 'response'), content));
      if (plain === undefined) throw invalid('it was not made for this key and request');
      return plain;
    },
  };
}

function imported(encryption: Encryption, pem: string, role: EncryptionKey['role']): EncryptionKey {
  try {
    const der = bytesOfPem(pem, role === 'public' ? 'PUBLIC KEY' : 'PRIVATE KEY');
    const algorithm: KeyEncryption = hexOf(der).includes(SM2_CURVE) ? 'SM2' : 'RSA-OAEP-SHA256';
    return encryption.importEncryptionKey(pem, algorithm, role);
  } catch {
    // The error text of the library may contain the key, so throw a different error.
    throw new AppError('SDK_KEY_INVALID', 'input', 'The encryption key was refused: it is neither SM2 nor RSA.', {
      fix: 'Pass a private key as PKCS#8 PEM and a public key as SPKI PEM, SM2 or RSA with at least 2048 bits.',
    });
  }
}

function aadOf(head: EnvelopeHead, direction: 'request' | 'response'): Uint8Array {
  return utf8(envelopeAad(head, direction));
}

function parsed(body: Uint8Array): Envelope {
  try {
    const value = JSON.parse(new TextDecoder().decode(body)) as Envelope;
    if ([value.ek, value.iv, value.ct, value.tag].every((text) => typeof text === 'string')) return value;
  } catch {
    // The body is not JSON, so it is no envelope.
  }
  throw invalid('it is not JSON with the members of an envelope');
}

function bytesOf(text: string): Uint8Array {
  const bytes = bytesOfBase64url(text);
  if (bytes === undefined) throw invalid('a member is not base64url without padding');
  return bytes;
}

function invalid(why: string): AppError {
  return new AppError('SDK_ENVELOPE_INVALID', 'unknown-outcome', `The envelope of the response cannot be opened: ${why}.`, {
    fix: 'Check that the private key belongs to the encryption key that the app registered; ask again with the same Idempotency-Key.',
  });
}
