/** What the sdk needs of its environment; `sdk/node/` and `sdk/browser/` implement it. */
import { AppError } from '../../engine/contract/values/errors.ts';
import type { HeaderPair, Kq1Scheme } from '../../engine/contract/kq1/kq1.ts';
import type { Encryption } from '../../engine/contract/ports/encryption.ts';

/** Keys are PEM text, shared secrets are base64url text of at least 16 bytes. */
export interface SdkCrypto {
  readonly encryption: Encryption;
  randomBytes(size: number): Uint8Array;
  /** Returns the digest in the scheme's algorithm, in lower-case hex. */
  digestHex(scheme: Kq1Scheme, data: Uint8Array): string | Promise<string>;
  /**
   * Signs ASCII text and returns the signature in base64url. `key` is a private key (PKCS#8), or for the HMAC schemes the
   * secret. Throws or rejects with SDK_KEY_INVALID (input) if the key does not fit the scheme.
   */
  signText(text: string, scheme: Kq1Scheme, key: string): string | Promise<string>;
  /**
   * Returns true if the signature is valid. `key` is a public key (SPKI), or for the HMAC schemes the secret. Throws or
   * rejects with SDK_KEY_INVALID (input) if the key does not fit the scheme.
   */
  verifyText(text: string, signature: string, scheme: Kq1Scheme, key: string): boolean | Promise<boolean>;
}

export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array;
}

/** Sends HTTP requests. Rejects if no complete response arrives, or a larger one than `MAX_ANSWER_BYTES`. */
export interface Transport {
  send(url: URL, request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly timeoutMs: number;
  /** Certificate authorities in PEM. Browsers trust their own only. */
  readonly ca?: string;
}

/** What differs between Node and browsers. */
export interface Environment {
  readonly crypto: SdkCrypto;
  openTransport(options: TransportOptions): Transport;
}

export const MAX_ANSWER_BYTES = 10 * 1024 * 1024;

/** The error text of a library may contain the key, so an implementation throws this error in its place. */
export function keyRefused(why: string): AppError {
  return new AppError('SDK_KEY_INVALID', 'input', `The key was refused: ${why}.`, {
    fix: 'Pass a private key as PKCS#8 PEM, a public key as SPKI PEM or a shared secret as base64url, for the given scheme.',
  });
}
