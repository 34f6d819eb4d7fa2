/** The cryptography of a caller in Node, with node:crypto only. */
import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import { digestOfScheme, isStrictSm2Signature, sm2IdentityInput, sm2PointOfSpki, type Kq1Scheme } from '../../engine/contract/kq1/kq1.ts';
import { createSoftwareEncryption } from '../../storage/crypto/software-encryption.ts';
import { keyRefused, type SdkCrypto } from '../core/sdk-crypto.ts';

export const nodeCrypto: SdkCrypto = {
  encryption: createSoftwareEncryption(),
  randomBytes: (size) => randomBytes(size),
  digestHex: (scheme, data) => createHash(digestOfScheme(scheme)).update(data).digest('hex'),
  signText,
  verifyText,
};

/** Also used by the command line, which has no text to wait for. */
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

function verifyText(text: string, signature: string, scheme: Kq1Scheme, key: string): boolean {
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
  const point = sm2PointOfSpki(publicKey.export({ type: 'spki', format: 'der' }));
  if (point === undefined) throw keyRefused('it is not an SM2 key');
  return createHash('sm3').update(sm2IdentityInput(point)).digest();
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
    throw keyRefused('it cannot be read as PEM');
  }
  if (scheme !== 'SM2-SM3' && key.asymmetricKeyType !== 'rsa') throw keyRefused('it is not an RSA key');
  return key;
}
