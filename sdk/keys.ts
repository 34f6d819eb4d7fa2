/** The cryptography of a caller; it uses only node:crypto. Keys are PEM text, shared secrets are base64url text. */
import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import { AppError } from '../engine/contract/values/errors.ts';
import {
  digestOfScheme,
  isStrictSm2Signature,
  SM2_SPKI_LENGTH,
  SM2_SPKI_PREFIX,
  sm2IdentityInput,
  type Kq1Scheme,
} from '../engine/contract/kq1/kq1.ts';

/**
 * Signs `text` and returns the signature in base64url. `key` is a private key in PEM (PKCS#8), or for the HMAC schemes
 * the secret in base64url.
 */
export function signText(text: string, scheme: Kq1Scheme, key: string): string {
  const data = Buffer.from(text, 'latin1');
  if (isHmac(scheme)) return createHmac(digestOfScheme(scheme), secretOf(key)).update(data).digest('base64url');
  const privateKey = loaded(scheme, () => createPrivateKey(key));
  if (scheme !== 'SM2-SM3') return sign('sha256', data, { key: privateKey, ...rsaPadding(scheme) }).toString('base64url');
  return createSign('sm3')
    .update(identityOf(createPublicKey(privateKey)))
    .update(data)
    .sign(privateKey, 'base64url');
}

/**
 * Returns true if the signature is valid. `key` is a public key in PEM (SPKI), or for the HMAC schemes the secret in
 * base64url.
 */
export function verifyText(text: string, signature: string, scheme: Kq1Scheme, key: string): boolean {
  const data = Buffer.from(text, 'latin1');
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.toString('base64url') !== signature) return false;
  if (isHmac(scheme)) {
    const expected = createHmac(digestOfScheme(scheme), secretOf(key)).update(data).digest();
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  }
  const publicKey = loaded(scheme, () => createPublicKey(key));
  if (scheme !== 'SM2-SM3') return verify('sha256', data, { key: publicKey, ...rsaPadding(scheme) }, bytes);
  return isStrictSm2Signature(bytes) && createVerify('sm3').update(identityOf(publicKey)).update(data).verify(publicKey, bytes);
}

export function digestHex(scheme: Kq1Scheme, data: Uint8Array | string): string {
  return createHash(digestOfScheme(scheme)).update(data).digest('hex');
}

function isHmac(scheme: Kq1Scheme): boolean {
  return scheme === 'HMAC-SM3' || scheme === 'HMAC-SHA256';
}

function secretOf(key: string): Buffer {
  const bytes = Buffer.from(key, 'base64url');
  if (bytes.length < 16 || bytes.toString('base64url') !== key) throw keyRefused('the shared secret is not base64url of at least 16 bytes');
  return bytes;
}

/**
 * Returns the SM3 digest of the signer's identity and public key. SM2 hashes it before the message. OpenSSL does not
 * add it, so the callers of this function do.
 */
function identityOf(publicKey: KeyObject): Buffer {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  if (spki.length !== SM2_SPKI_LENGTH || !spki.subarray(0, SM2_SPKI_PREFIX.length).equals(SM2_SPKI_PREFIX))
    throw keyRefused('it is not an SM2 key');
  return createHash('sm3')
    .update(sm2IdentityInput(spki.subarray(SM2_SPKI_PREFIX.length)))
    .digest();
}

function rsaPadding(scheme: Kq1Scheme): { padding: number; saltLength?: number } {
  if (scheme === 'RSA-SHA256') return { padding: constants.RSA_PKCS1_PADDING };
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

function loaded(scheme: Kq1Scheme, load: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = load();
  } catch {
    // The error text of the library may contain the key, so throw a different error.
    throw keyRefused('it cannot be read as PEM');
  }
  if (scheme !== 'SM2-SM3' && key.asymmetricKeyType !== 'rsa') throw keyRefused('it is not an RSA key');
  return key;
}

function keyRefused(why: string): AppError {
  return new AppError('SDK_KEY_INVALID', 'input', `The key was refused: ${why}.`, {
    fix: 'Pass a private key as PKCS#8 PEM, a public key as SPKI PEM or a shared secret as base64url, for the given scheme.',
  });
}
