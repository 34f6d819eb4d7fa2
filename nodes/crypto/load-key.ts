/** Reads the key of an adapter: its settings and its credential. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { sm2 } from 'sm-crypto-v2';
import { sm2PointOfSpki } from '../../engine/contract/kq1/sm2.ts';
import type { Hmac, LoadedKey, Sm2Key, Sm4 } from './compute.ts';
import { keyInvalid } from './errors.ts';
import type { CryptoSettings } from './settings.ts';

const MIN_HMAC_BYTES = 16;
const MAX_SECRET_LENGTH = 10_000;
const SM4_BYTES = 16;
const POINT = /^04[0-9a-f]{128}$/i;
const NUMBER = /^[0-9a-f]{64}$/i;
/** In a PKCS#8 key of this curve, these bytes precede the private number, and occur nowhere before it. */
const BEFORE_NUMBER = Buffer.from('0201010420', 'hex');
const NUMBER_BYTES = 32;

/** Throws CRYPTO_KEY_INVALID (input). `secret` is absent if the operation needs only the public key. */
export function loadKey(settings: CryptoSettings, secret: string | undefined): LoadedKey {
  const { algorithm } = settings;
  if (algorithm === 'SM2') return loadSm2(settings, secret?.trim());
  if (secret === undefined) throw keyInvalid(algorithm, 'missing');
  if (secret.length > MAX_SECRET_LENGTH) throw keyInvalid(algorithm, 'form');
  return isHmac(algorithm)
    ? { kind: 'hmac', algorithm, secret: atLeast(hmacKey(secret), algorithm) }
    : { kind: 'sm4', algorithm, secret: sm4Key(secret.trim(), algorithm) };
}

function isHmac(algorithm: CryptoSettings['algorithm']): algorithm is Hmac {
  return algorithm === 'HMAC-SM3' || algorithm === 'HMAC-SHA256';
}

/** A credential that begins with `hex:` or `base64:` is never taken as text: a typing error in it would go unnoticed. */
function hmacKey(secret: string): Uint8Array | undefined {
  return /^(hex|base64):/.test(secret) ? bytesOf(secret) : Buffer.from(secret);
}

function atLeast(bytes: Uint8Array | undefined, algorithm: Hmac): Uint8Array {
  if (bytes === undefined || bytes.length < MIN_HMAC_BYTES) throw keyInvalid(algorithm, 'form');
  return bytes;
}

function sm4Key(secret: string, algorithm: Sm4): Uint8Array {
  const bytes = /^[0-9a-f]{32}$/i.test(secret) ? Buffer.from(secret, 'hex') : bytesOf(secret);
  if (bytes?.length !== SM4_BYTES) throw keyInvalid(algorithm, 'form');
  return bytes;
}

/** Returns the bytes of `hex:…` or `base64:…`; undefined for other text, and for digits that are not valid. */
function bytesOf(secret: string): Buffer | undefined {
  const [, form, digits] = /^(hex|base64):(\S+)\s*$/.exec(secret) ?? [];
  if (form === undefined || digits === undefined) return undefined;
  const bytes = Buffer.from(digits, form as 'hex' | 'base64');
  const isWhole =
    form === 'hex' ? bytes.length * 2 === digits.length : bytes.toString('base64').replace(/=+$/, '') === digits.replace(/=+$/, '');
  return isWhole ? bytes : undefined;
}

function loadSm2({ publicKey, userId, signatureForm, ciphertextForm }: CryptoSettings, secret: string | undefined): Sm2Key {
  const privateKey = secret === undefined ? undefined : privateNumber(secret);
  const point = publicKey === undefined ? ownPoint(privateKey) : pointOf(publicKey.trim());
  return { kind: 'sm2', algorithm: 'SM2', privateKey, publicKey: point, userId, signatureForm, ciphertextForm };
}

function privateNumber(secret: string): string {
  if (NUMBER.test(secret)) return secret.toLowerCase();
  try {
    const pkcs8 = createPrivateKey(secret).export({ type: 'pkcs8', format: 'der' });
    const at = pkcs8.indexOf(BEFORE_NUMBER) + BEFORE_NUMBER.length;
    if (at >= BEFORE_NUMBER.length && at + NUMBER_BYTES <= pkcs8.length && pkcs8.includes(SM2_CURVE)) {
      return pkcs8.subarray(at, at + NUMBER_BYTES).toString('hex');
    }
  } catch {
    // The message of the library may show the key.
  }
  throw keyInvalid('SM2', 'form');
}

/** The object identifier 1.2.156.10197.1.301 of the curve, in DER. */
const SM2_CURVE = Buffer.from('06082a811ccf5501822d', 'hex');

function ownPoint(privateKey: string | undefined): string {
  if (privateKey === undefined) throw keyInvalid('SM2', 'missing');
  try {
    return sm2.getPublicKeyFromPrivateKey(privateKey);
  } catch {
    throw keyInvalid('SM2', 'form');
  }
}

function pointOf(publicKey: string): string {
  const point = POINT.test(publicKey) ? publicKey.toLowerCase() : pointOfPem(publicKey);
  if (point === undefined || !isOnCurve(point)) throw keyInvalid('SM2', 'public');
  return point;
}

function isOnCurve(point: string): boolean {
  try {
    return sm2.verifyPublicKey(point);
  } catch {
    return false;
  }
}

function pointOfPem(pem: string): string | undefined {
  try {
    const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
    const point = sm2PointOfSpki(spki);
    return point && `04${Buffer.from(point).toString('hex')}`;
  } catch {
    return undefined;
  }
}
