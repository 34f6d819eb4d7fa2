/**
 * The part of the port `Crypto` that encrypts bodies: a fresh content key encrypts the body, and the receiver's public
 * key encrypts the content key. Algorithms: GB/T 32918.4 (SM2 encryption), GB/T 32907 (SM4), GB/T 32905 (SM3), RFC 8017
 * (RSA-OAEP), RFC 5869 (HKDF), NIST SP 800-38D (GCM).
 */

/** How a content key is encrypted for its receiver. The type of the receiver's key determines it. */
export type KeyEncryption = 'SM2' | 'RSA-OAEP-SHA256';

/**
 * How a body is encrypted. SM4-CBC-HSM3 is encrypt-then-MAC: its two keys are made of the content key by HKDF-SM3 with
 * the infos `KQ1-ENC` and `KQ1-MAC`, and its tag is HMAC-SM3(len64(aad) || aad || iv || ct), where len64 is the number
 * of bytes as 64 bits, big-endian.
 */
export const CONTENT_CIPHERS = ['SM4-CBC-HSM3', 'AES-256-GCM'] as const;
export type ContentCipher = (typeof CONTENT_CIPHERS)[number];

/** An imported encryption key. Like `KeyHandle` it is opaque. */
export interface EncryptionKey {
  readonly algorithm: KeyEncryption;
  readonly role: 'private' | 'public';
  readonly fingerprint: string;
}

/** A content key of one cipher. The handle is opaque and must never be serialised or logged. */
export interface ContentKey {
  readonly cipher: ContentCipher;
}

export interface EncryptedContent {
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export interface Encryption {
  /** Imports a key in PEM. Throws KEY_INVALID (input) as `importKey` does. */
  importEncryptionKey(pem: string, algorithm: KeyEncryption, role: EncryptionKey['role']): EncryptionKey;
  /** Generates a key pair as PEM (PKCS#8 and SPKI). */
  generateEncryptionKey(algorithm: KeyEncryption): Promise<{ readonly privatePem: string; readonly publicPem: string }>;
  /** Makes a content key of 32 random bytes, and encrypts it for the receiver. */
  makeContentKey(cipher: ContentCipher, receiver: EncryptionKey): Promise<{ readonly key: ContentKey; readonly encrypted: Uint8Array }>;
  /** Decrypts a content key off the event loop. Returns undefined if it was not encrypted for this key. */
  openContentKey(cipher: ContentCipher, encrypted: Uint8Array, own: EncryptionKey): Promise<ContentKey | undefined>;
  /** Encrypts content with a fresh IV. Long content is processed in slices, between which other work runs. */
  encryptContent(key: ContentKey, aad: Uint8Array, plain: Uint8Array): EncryptedContent | Promise<EncryptedContent>;
  /** Returns undefined unless the tag holds. SM4-CBC-HSM3 deciphers nothing before that. */
  decryptContent(key: ContentKey, aad: Uint8Array, content: EncryptedContent): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}
