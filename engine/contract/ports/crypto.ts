/**
 * The port for cryptography. Callers hold handles, never raw keys. The software backend is `storage/crypto`; an HSM
 * may replace it. Conformance suite: `test/conformance/crypto.ts`. Algorithms: GB/T 32918 (SM2), GB/T 32905 (SM3),
 * GB/T 32907 (SM4). Operations shorter than 1 ms may be synchronous where the signature allows it; longer ones must
 * not block the event loop.
 */
import type { Encryption } from './encryption.ts';

export type SignatureScheme = 'SM2-SM3' | 'RSA-SHA256' | 'RSA-PSS-SHA256' | 'HMAC-SM3' | 'HMAC-SHA256' | 'ES256' | 'ED25519';
export type DigestAlgorithm = 'sm3' | 'sha256';

/** An imported key. The handle is opaque and must never be serialised or logged. */
export interface KeyHandle {
  readonly scheme: SignatureScheme;
  readonly role: 'private' | 'public' | 'secret';
  readonly fingerprint: string;
}

export type KeyMaterial =
  | { readonly format: 'pem'; readonly pem: string }
  | { readonly format: 'jwk'; readonly jwk: Readonly<Record<string, unknown>> }
  | { readonly format: 'raw'; readonly bytes: Uint8Array };

export interface Hash {
  update(chunk: Uint8Array | string): void;
  digest(): Uint8Array;
}

export interface Crypto extends Encryption {
  /**
   * Imports a key. Throws KEY_INVALID (input) if RSA has less than 2048 bits, a point is not on the curve, or the
   * scheme does not fit the key.
   */
  importKey(material: KeyMaterial, scheme: SignatureScheme, role: KeyHandle['role']): KeyHandle;
  /** Generates a key pair as PEM (PKCS#8 and SPKI), or 32 random bytes (base64url) for the HMAC schemes. */
  generateKey(scheme: SignatureScheme): Promise<{ readonly privatePem: string; readonly publicPem: string } | { readonly secret: string }>;
  /**
   * Signs the data. SM2 signatures are strict DER with the user id 1234567812345678. ES256 signatures are raw r||s, as
   * JOSE requires; ED25519 (RFC 8032) has 64 bytes.
   */
  sign(key: KeyHandle, data: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /**
   * Returns true only for a valid signature in its canonical encoding. Returns false for malformed input and never
   * throws.
   */
  verify(key: KeyHandle, data: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
  digest(algorithm: DigestAlgorithm, data: Uint8Array | string): Uint8Array;
  createHash(algorithm: DigestAlgorithm): Hash;
  hmac(algorithm: DigestAlgorithm, key: Uint8Array, data: Uint8Array | string): Uint8Array;
  randomBytes(size: number): Uint8Array;
  timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
  /**
   * Runs the official test vectors of GB/T 32918, 32905 and 32907. Throws CRYPTO_SELF_TEST (bug) if one fails; the
   * process must then not serve.
   */
  selfTest(): void;
}
