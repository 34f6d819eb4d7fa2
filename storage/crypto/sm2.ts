/**
 * SM2 signatures with node:crypto. OpenSSL computes the signature, but does not hash the signer's identity. So the
 * digest Z of the identity is hashed before the message: e = SM3(Z || M). This works only for keys imported from
 * PKCS#8 or SPKI. With a key object directly from `generateKeyPairSync`, OpenSSL would make an ECDSA signature
 * without reporting an error.
 */
import { createHash, createSign, createVerify, type KeyObject } from 'node:crypto';
import { isStrictSm2Signature, SM2_SPKI_PREFIX, sm2IdentityInput } from '../../engine/contract/kq1/sm2.ts';

/** The bytes before the 32-byte private number in a PKCS#8 key without its public part. */
export const SM2_PKCS8_PREFIX = Buffer.from('3041020100301306072a8648ce3d020106082a811ccf5501822d042730250201010420', 'hex');

/** Returns Z, the digest of the signer's identity and public key. It precedes every signed message. */
export function sm2Identity(publicKey: KeyObject): Buffer {
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(SM2_SPKI_PREFIX.length);
  return createHash('sm3').update(sm2IdentityInput(point)).digest();
}

export function sm2Sign(privateKey: KeyObject, identity: Uint8Array, data: Uint8Array): Buffer {
  return createSign('sm3').update(identity).update(data).sign(privateKey);
}

export function sm2Verify(publicKey: KeyObject, identity: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  return isStrictSm2Signature(signature) && createVerify('sm3').update(identity).update(data).verify(publicKey, signature);
}
