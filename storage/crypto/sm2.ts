/**
 * SM2 signatures (GB/T 32918.2, curve of GB/T 32918.5) over node:crypto. OpenSSL knows the curve and computes the signature, but hashes without
 * the signer's identity, so Z is fed first: e = SM3(Z || M). This holds only for keys imported from PKCS#8 or SPKI: a key object straight from
 * `generateKeyPairSync` would silently make an ECDSA signature.
 */
import { createHash, createSign, createVerify, type KeyObject } from 'node:crypto';

/** What comes before the 64 bytes x || y in every SM2 public key (SPKI: id-ecPublicKey, named curve 1.2.156.10197.1.301, uncompressed point). */
export const SM2_SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a811ccf5501822d03420004', 'hex');

/** What comes before the 32 bytes of the private number in a PKCS#8 key without its public part. */
export const SM2_PKCS8_PREFIX = Buffer.from('3041020100301306072a8648ce3d020106082a811ccf5501822d042730250201010420', 'hex');

/** The user id that GM/T 0009 sets where the two sides agreed on none. */
const USER_ID = Buffer.from('1234567812345678', 'latin1');
const CURVE_AB_AND_BASE_POINT = Buffer.from(
  'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc' +
    '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93' +
    '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7' +
    'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0',
  'hex',
);
const ORDER = Buffer.from('fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123', 'hex');

/** Z, the digest of the signer's identity and public key that stands before every signed message. */
export function sm2Identity(publicKey: KeyObject): Buffer {
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(SM2_SPKI_PREFIX.length);
  const idBits = Buffer.alloc(2);
  idBits.writeUInt16BE(USER_ID.length * 8);
  return createHash('sm3').update(idBits).update(USER_ID).update(CURVE_AB_AND_BASE_POINT).update(point).digest();
}

export function sm2Sign(privateKey: KeyObject, identity: Uint8Array, data: Uint8Array): Buffer {
  return createSign('sm3').update(identity).update(data).sign(privateKey);
}

export function sm2Verify(publicKey: KeyObject, identity: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  return isStrictSm2Signature(signature) && createVerify('sm3').update(identity).update(data).verify(publicKey, signature);
}

/** True for SEQUENCE { INTEGER r, INTEGER s } in its one DER form with 0 < r, s < n. */
export function isStrictSm2Signature(bytes: Uint8Array): boolean {
  if (bytes.length < 8 || bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) return false;
  const afterR = endOfScalar(bytes, 2);
  return afterR !== undefined && endOfScalar(bytes, afterR) === bytes.length;
}

function endOfScalar(bytes: Uint8Array, start: number): number | undefined {
  const length = bytes[start + 1];
  if (bytes[start] !== 0x02 || length === undefined || length < 1 || length > 33) return undefined;
  const end = start + 2 + length;
  if (end > bytes.length) return undefined;
  const value = bytes.subarray(start + 2, end);
  const [first = 0, second = 0] = value;
  if (first >= 0x80) return undefined;
  if (first !== 0) return length <= 32 && isBelowOrder(value) ? end : undefined;
  return second >= 0x80 && isBelowOrder(value.subarray(1)) ? end : undefined;
}

function isBelowOrder(scalar: Uint8Array): boolean {
  return scalar.length < ORDER.length || (scalar.length === ORDER.length && Buffer.compare(scalar, ORDER) < 0);
}
