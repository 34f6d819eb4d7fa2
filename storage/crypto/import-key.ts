/** Turns key material into a verified key, or throws KEY_INVALID. */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  sign,
  verify,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { KeyHandle, KeyMaterial, SignatureScheme } from '../../engine/contract/ports/crypto.ts';
import { SM2_SPKI_PREFIX, sm2PointOfSpki } from '../../engine/contract/kq1/sm2.ts';
import type { Hmac, PrepareHmac } from './prepare-hmac.ts';
import { SM2_PKCS8_PREFIX, sm2Identity, sm2Sign, sm2Verify } from './sm2.ts';

/** The key behind a handle. Private keys have `publicKey` too; only SM2 keys have `identity`. */
export type LoadedKey =
  | { readonly kind: 'secret'; readonly secret: KeyObject; readonly hmac: Hmac }
  | {
      readonly kind: 'pair';
      readonly privateKey: KeyObject | undefined;
      readonly publicKey: KeyObject;
      readonly identity: Uint8Array;
    };

const MIN_SECRET_BYTES = 16;
const MAX_SECRET_BYTES = 1024;
const MIN_RSA_BITS = 2048;
/** Maximum length of an RSA key. With a longer key, one verification takes more than a millisecond. */
const MAX_RSA_BITS = 8192;
const MIN_RSA_EXPONENT = 65_537n;
const MAX_RSA_EXPONENT = 0xffff_ffffn;
const MAX_PEM_LENGTH = 20_000;

export function loadKey(material: KeyMaterial, scheme: SignatureScheme, role: KeyHandle['role'], prepareHmac: PrepareHmac): LoadedKey {
  const isHmac = scheme === 'HMAC-SM3' || scheme === 'HMAC-SHA256';
  if (isHmac !== (role === 'secret')) throw invalid(scheme, `a ${role} key cannot be used with this scheme`);
  if (isHmac) {
    const secret = loadSecret(material, scheme);
    return { kind: 'secret', secret: createSecretKey(secret), hmac: prepareHmac(scheme === 'HMAC-SM3' ? 'sm3' : 'sha256', secret) };
  }
  const privateKey = role === 'private' ? parsed(scheme, () => parsePrivate(material, scheme)) : undefined;
  const publicKey = parsed(scheme, () => (privateKey === undefined ? parsePublic(material, scheme) : createPublicKey(privateKey)));
  requireFit(publicKey, scheme);
  const identity = scheme === 'SM2-SM3' ? sm2Identity(publicKey) : new Uint8Array();
  const key = { kind: 'pair', privateKey, publicKey, identity } as const;
  if (privateKey !== undefined && !halvesBelongTogether(key, privateKey, scheme))
    throw invalid(scheme, 'its public part does not belong to its private part');
  return key;
}

/** Returns a value that identifies a key without revealing it. Both halves of a key pair have the same value. */
export function fingerprintOf(key: LoadedKey): string {
  if (key.kind === 'secret') return `SM3:${createHmac('sm3', key.secret).update('kangqiao key fingerprint').digest('hex')}`;
  return `SM3:${createHash('sm3')
    .update(key.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`;
}

function loadSecret(material: KeyMaterial, scheme: SignatureScheme): Uint8Array {
  if (material.format === 'pem') throw invalid(scheme, 'a shared secret has no PEM form; give it as bytes or as a JWK of type oct');
  const bytes = material.format === 'raw' ? material.bytes : secretOfJwk(material.jwk, scheme);
  if (bytes.length < MIN_SECRET_BYTES || bytes.length > MAX_SECRET_BYTES) {
    throw invalid(scheme, `a shared secret has ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes`);
  }
  return bytes;
}

function secretOfJwk(jwk: Readonly<Record<string, unknown>>, scheme: SignatureScheme): Uint8Array {
  const { kty, k } = jwk;
  const bytes = typeof k === 'string' ? Buffer.from(k, 'base64url') : Buffer.alloc(0);
  if (kty !== 'oct' || bytes.toString('base64url') !== k) throw invalid(scheme, 'the JWK is not of type oct with a base64url value k');
  return bytes;
}

function parsePrivate(material: KeyMaterial, scheme: SignatureScheme): KeyObject {
  if (material.format === 'pem') return createPrivateKey(boundedPem(material.pem));
  if (scheme !== 'SM2-SM3') return createPrivateKey({ key: jwkOf(material), format: 'jwk' });
  const number = material.format === 'raw' ? material.bytes : sm2Coordinate(material.jwk, 'd');
  if (number.length !== 32) throw new RangeError('an SM2 private key has 32 bytes');
  return createPrivateKey({ key: Buffer.concat([SM2_PKCS8_PREFIX, number]), format: 'der', type: 'pkcs8' });
}

function parsePublic(material: KeyMaterial, scheme: SignatureScheme): KeyObject {
  if (material.format === 'pem') {
    if (!material.pem.includes('PUBLIC KEY-----')) throw new TypeError('not a public key in PEM');
    return createPublicKey(boundedPem(material.pem));
  }
  if (scheme !== 'SM2-SM3') return createPublicKey({ key: jwkOf(material), format: 'jwk' });
  const point =
    material.format === 'raw'
      ? material.bytes
      : Buffer.concat([Buffer.of(4), sm2Coordinate(material.jwk, 'x'), sm2Coordinate(material.jwk, 'y')]);
  if (point.length !== 65 || point[0] !== 4) throw new RangeError('an SM2 public key has 65 bytes: 04, x, y');
  return createPublicKey({ key: Buffer.concat([SM2_SPKI_PREFIX, point.subarray(1)]), format: 'der', type: 'spki' });
}

function boundedPem(pem: string): string {
  if (pem.length > MAX_PEM_LENGTH) throw new RangeError('PEM too long');
  return pem;
}

function jwkOf(material: KeyMaterial): JsonWebKey {
  if (material.format !== 'jwk') throw new TypeError('raw bytes are only accepted for SM2 and HMAC');
  return material.jwk as JsonWebKey;
}

function sm2Coordinate(jwk: Readonly<Record<string, unknown>>, name: 'x' | 'y' | 'd'): Buffer {
  const value = jwk[name];
  const bytes = jwk.kty === 'EC' && jwk.crv === 'SM2' && typeof value === 'string' ? Buffer.from(value, 'base64url') : undefined;
  if (bytes?.length !== 32) throw new TypeError('not a JWK of type EC on the curve SM2');
  return bytes;
}

/**
 * Checks that the key fits the scheme: its type, its curve and its strength. node:crypto has no name for SM2 keys. So
 * an SM2 key is recognised by the length and the first bytes of its encoding (SPKI), which are always the same.
 */
function requireFit(publicKey: KeyObject, scheme: SignatureScheme): void {
  if (scheme === 'SM2-SM3') {
    if (sm2PointOfSpki(publicKey.export({ type: 'spki', format: 'der' })) !== undefined) return;
    throw invalid(scheme, 'it is not an uncompressed point on the curve SM2');
  }
  if (scheme === 'ED25519') {
    if (publicKey.asymmetricKeyType === 'ed25519') return;
    throw invalid(scheme, 'it is not an Ed25519 key');
  }
  if (scheme === 'ES256') {
    if (publicKey.asymmetricKeyType === 'ec' && publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1') return;
    throw invalid(scheme, 'it is not a point on the curve P-256');
  }
  if (publicKey.asymmetricKeyType !== 'rsa') throw invalid(scheme, 'it is not an RSA key');
  const { modulusLength = 0, publicExponent = 0n } = publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS)
    throw invalid(scheme, `an RSA key has ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits`);
  if (publicExponent < MIN_RSA_EXPONENT || publicExponent > MAX_RSA_EXPONENT)
    throw invalid(scheme, 'its public exponent is not between 65537 and 2^32');
}

/**
 * Returns whether private and public key match. A PKCS#8 file may contain a wrong public key; signatures of such a pair
 * are never valid.
 */
function halvesBelongTogether(key: Extract<LoadedKey, { kind: 'pair' }>, privateKey: KeyObject, scheme: SignatureScheme): boolean {
  const probe = Buffer.from('kangqiao pair probe');
  if (scheme === 'SM2-SM3') return sm2Verify(key.publicKey, key.identity, probe, sm2Sign(privateKey, key.identity, probe));
  const hash = scheme === 'ED25519' ? null : 'sha256';
  return verify(hash, probe, key.publicKey, sign(hash, probe, privateKey));
}

function parsed(scheme: SignatureScheme, parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch {
    // The library's message may quote the key material, so neither the message nor the cause is passed on.
    throw invalid(scheme, 'it cannot be read as such a key, or its point is not on the curve');
  }
}

function invalid(scheme: SignatureScheme, why: string): AppError {
  return new AppError('KEY_INVALID', 'input', `The key for ${scheme} was refused: ${why}.`, {
    values: { scheme },
    fix: 'Give a key of this scheme: PEM (PKCS#8 or SPKI), JWK, or for SM2 and HMAC raw bytes; RSA with at least 2048 bits.',
  });
}
