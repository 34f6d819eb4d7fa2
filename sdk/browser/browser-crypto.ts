/**
 * The cryptography of a caller in a browser: RSA, AES and the SHA-256 schemes with WebCrypto, which pages have only over
 * HTTPS and on loopback; the SM algorithms with sm-crypto-v2.
 */
import { sm2, sm3 } from 'sm-crypto-v2';
import { isStrictSm2Signature, type Kq1Scheme } from '../../engine/contract/kq1/kq1.ts';
import { base64url, bytesOfBase64url, bytesOfHex, bytesOfPem, hexOf, isEqual, utf8 } from '../core/bytes.ts';
import { keyRefused, type SdkCrypto } from '../core/sdk-crypto.ts';
import { browserEncryption } from './browser-encryption.ts';
import { sm2Point, sm2PrivateNumber } from './sm2-keys.ts';

const USER_ID = '1234567812345678';
const MIN_SECRET_BYTES = 16;
const PSS = { name: 'RSA-PSS', saltLength: 32 };
const PKCS1 = { name: 'RSASSA-PKCS1-v1_5' };

export const browserCrypto: SdkCrypto = {
  encryption: browserEncryption,
  randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
  digestHex: async (scheme, data) =>
    isSm(scheme) ? sm3(data) : hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(data)))),
  async signText(text, scheme, key) {
    const data = utf8(text);
    if (scheme === 'HMAC-SM3') return base64url(hmacSm3(secretOf(key), data));
    if (scheme === 'SM2-SM3') return base64url(signSm2(key, data));
    const imported = scheme === 'HMAC-SHA256' ? await importHmac(key) : await importRsa(scheme, key, 'private');
    return base64url(new Uint8Array(await crypto.subtle.sign(algorithmOf(scheme), imported, data)));
  },
  async verifyText(text, signature, scheme, key) {
    const data = utf8(text);
    const bytes = bytesOfBase64url(signature);
    if (bytes === undefined) return false;
    if (scheme === 'HMAC-SM3') return isEqual(hmacSm3(secretOf(key), data), bytes);
    if (scheme === 'SM2-SM3') return verifySm2(key, data, bytes);
    const imported = scheme === 'HMAC-SHA256' ? await importHmac(key) : await importRsa(scheme, key, 'public');
    return crypto.subtle.verify(algorithmOf(scheme), imported, bytes, data);
  },
};

type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
type WebScheme = Exclude<Kq1Scheme, 'SM2-SM3' | 'HMAC-SM3'>;

function isSm(scheme: Kq1Scheme): scheme is 'SM2-SM3' | 'HMAC-SM3' {
  return scheme === 'SM2-SM3' || scheme === 'HMAC-SM3';
}

function algorithmOf(scheme: WebScheme): { name: string; saltLength?: number } {
  if (scheme === 'HMAC-SHA256') return { name: 'HMAC' };
  return scheme === 'RSA-SHA256' ? PKCS1 : PSS;
}

function importHmac(key: string): Promise<WebKey> {
  return crypto.subtle.importKey('raw', secretOf(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

async function importRsa(scheme: Exclude<WebScheme, 'HMAC-SHA256'>, pem: string, role: 'private' | 'public'): Promise<WebKey> {
  const algorithm = { name: algorithmOf(scheme).name, hash: 'SHA-256' };
  try {
    if (role === 'private') return await crypto.subtle.importKey('pkcs8', bytesOfPem(pem, 'PRIVATE KEY'), algorithm, false, ['sign']);
    return await crypto.subtle.importKey('spki', bytesOfPem(pem, 'PUBLIC KEY'), algorithm, false, ['verify']);
  } catch {
    throw keyRefused('it is not an RSA key in PEM');
  }
}

function secretOf(key: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesOfBase64url(key);
  if (bytes === undefined || bytes.length < MIN_SECRET_BYTES) throw keyRefused('the shared secret is not base64url of at least 16 bytes');
  return bytes;
}

function hmacSm3(secret: Uint8Array, data: Uint8Array): Uint8Array {
  return bytesOfHex(sm3(data, { key: secret }));
}

function signSm2(pem: string, data: Uint8Array): Uint8Array {
  const number = sm2PrivateNumber(pem);
  return bytesOfHex(sm2.doSignature(data, number, { der: true, hash: true, userId: USER_ID }));
}

function verifySm2(pem: string, data: Uint8Array, signature: Uint8Array): boolean {
  const point = sm2Point(pem);
  // The library also accepts other encodings than DER.
  return (
    isStrictSm2Signature(signature) && sm2.doVerifySignature(data, hexOf(signature), point, { der: true, hash: true, userId: USER_ID })
  );
}
