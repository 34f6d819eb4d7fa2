/**
 * SM2 encryption (GB/T 32918.4) with node:crypto, in the encoding of GM/T 0009: the DER sequence C1C3C2. Used only for
 * content keys, which have 32 bytes.
 *
 * OpenSSL has SM2 encryption, but node:crypto does not offer it. It does offer the costly part: multiplying a point of a
 * curve by a number. OpenSSL refuses that for keys of the curve SM2, which it recognises by the curve's parameters. So
 * keys are described here by the parameters of the same curve with another generator. The product does not depend on the
 * generator. Unlike libraries in JavaScript, OpenSSL computes it in constant time, and in libuv's pool of threads.
 */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman, ECDH, hash, timingSafeEqual, type KeyObject } from 'node:crypto';

const CURVE = {
  p: 'fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff',
  a: 'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc',
  b: '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93',
  n: 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123',
};
const COORDINATE_BYTES = 32;
const POINT_BYTES = 1 + 2 * COORDINATE_BYTES;
const DIGEST_BYTES = 32;
/** In a PKCS#8 key of this curve, these bytes precede the private number, and occur nowhere before it. */
const BEFORE_NUMBER = Buffer.from('0201010420', 'hex');
const UNCOMPRESSED = 4;
const ODD = 3;
const EVEN = 2;

/** Twice the generator of the standard: any point but the generator itself serves. */
const OTHER_GENERATOR = (() => {
  const ecdh = createECDH('SM2');
  ecdh.setPrivateKey(Buffer.from('02'.padStart(2 * COORDINATE_BYTES, '0'), 'hex'));
  return ecdh.getPublicKey();
})();
const ALGORITHM = algorithmWith(OTHER_GENERATOR);

/** A private key, prepared for decryption. */
export type Sm2Decrypter = KeyObject;

export function prepareSm2Decrypter(privateKey: KeyObject): Sm2Decrypter {
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const at = pkcs8.indexOf(BEFORE_NUMBER) + BEFORE_NUMBER.length;
  return privateKeyOf(pkcs8.subarray(at, at + COORDINATE_BYTES), ALGORITHM);
}

/** Returns the 65 bytes `04 x y` of a public key. */
export function pointOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-POINT_BYTES);
}

/** Encrypts for the holder of a public key, given as its point. Takes about a millisecond on the calling thread. */
export function sm2Encrypt(point: Uint8Array, plain: Uint8Array): Buffer {
  const ephemeral = createECDH('SM2');
  const c1 = ephemeral.generateKeys();
  // The public key that belongs to a number is the generator times the number. With the receiver's point as generator,
  // that is the shared point, with both coordinates.
  const shared = pointOf(createPublicKey(privateKeyOf(padded(ephemeral.getPrivateKey()), algorithmWith(point))));
  const mask = maskOf(shared, plain.length);
  if (mask.every((byte) => byte === 0)) return sm2Encrypt(point, plain);
  const [x, y] = [c1.subarray(1, 1 + COORDINATE_BYTES), c1.subarray(1 + COORDINATE_BYTES)];
  return der(0x30, derInteger(x), derInteger(y), der(4, checkOf(shared, plain)), der(4, xor(plain, mask)));
}

/** Returns undefined for whatever is not a valid encryption in its only encoding; takes the same time for each. */
export async function sm2Decrypt(key: Sm2Decrypter, cipher: Uint8Array): Promise<Buffer | undefined> {
  const parts = readCipher(cipher);
  const ephemeral = parts && tryPublicKey(parts.c1);
  if (parts === undefined || ephemeral === undefined) return undefined;
  const x = await sharedX(key, ephemeral);
  // Of the shared point only x is known. Two points have this x; the check value tells which of them it was.
  let found: Buffer | undefined;
  for (const sign of [EVEN, ODD]) {
    const shared = ECDH.convertKey(Buffer.concat([Buffer.of(sign), x]), 'SM2', undefined, undefined, 'uncompressed') as Buffer;
    const mask = maskOf(shared, parts.c2.length);
    const plain = xor(parts.c2, mask);
    if (mask.some((byte) => byte !== 0) && timingSafeEqual(checkOf(shared, plain), parts.c3)) found = plain;
  }
  return found;
}

function sharedX(privateKey: KeyObject, publicKey: KeyObject): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    diffieHellman({ privateKey, publicKey }, (error, x) => (error === null ? resolve(x) : reject(error))),
  );
}

/** The mask over the plain text: SM3 over the shared point and a counter (GB/T 32918.4, 5.4.3). */
function maskOf(shared: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let count = 1; (count - 1) * DIGEST_BYTES < length; count++)
    blocks.push(hash('sm3', Buffer.concat([shared.subarray(1), Buffer.of(0, 0, count >> 8, count & 0xff)]), 'buffer'));
  return Buffer.concat(blocks, length);
}

function checkOf(shared: Uint8Array, plain: Uint8Array): Buffer {
  const [x, y] = [shared.subarray(1, 1 + COORDINATE_BYTES), shared.subarray(1 + COORDINATE_BYTES)];
  return hash('sm3', Buffer.concat([x, plain, y]), 'buffer');
}

function xor(data: Uint8Array, mask: Uint8Array): Buffer {
  return Buffer.from(data.map((byte, index) => byte ^ mask[index]!));
}

/** Reads SEQUENCE { INTEGER x, INTEGER y, OCTET STRING c3, OCTET STRING c2 } in its only DER form, below 128 bytes each. */
function readCipher(bytes: Uint8Array): { c1: Buffer; c3: Uint8Array; c2: Uint8Array } | undefined {
  const isLong = bytes[1] === 0x81;
  const start = isLong ? 3 : 2;
  const length = bytes[start - 1] ?? 0;
  if (bytes[0] !== 0x30 || length !== bytes.length - start || length > 0xff || isLong !== length > 0x7f) return undefined;
  const values: Uint8Array[] = [];
  let at = start;
  for (const tag of [2, 2, 4, 4]) {
    const size = bytes[at + 1] ?? 0x80;
    if (bytes[at] !== tag || size === 0 || size > 0x7f || at + 2 + size > bytes.length) return undefined;
    values.push(bytes.subarray(at + 2, at + 2 + size));
    at += 2 + size;
  }
  const [x, y] = [coordinateOf(values[0]!), coordinateOf(values[1]!)];
  if (at !== bytes.length || x === undefined || y === undefined || values[2]!.length !== DIGEST_BYTES) return undefined;
  return { c1: Buffer.concat([Buffer.of(UNCOMPRESSED), x, y]), c3: values[2]!, c2: values[3]! };
}

function coordinateOf(integer: Uint8Array): Buffer | undefined {
  const [first = 0, second = 0] = integer;
  if (first >= 0x80 || (first === 0 && integer.length > 1 && second < 0x80)) return undefined;
  const bytes = first === 0 ? integer.subarray(1) : integer;
  return bytes.length > COORDINATE_BYTES ? undefined : padded(bytes);
}

/** Returns undefined when the point is not on the curve: OpenSSL checks that when it reads a key. */
function tryPublicKey(point: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: der(0x30, ALGORITHM, der(3, Buffer.of(0), point)), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function privateKeyOf(number: Uint8Array, algorithm: Uint8Array): KeyObject {
  const key = der(0x30, integer(1), der(4, number));
  return createPrivateKey({ key: der(0x30, integer(0), algorithm, der(4, key)), format: 'der', type: 'pkcs8' });
}

/** The algorithm identifier of an EC key whose curve is given by its parameters (SEC 1, C.2). */
function algorithmWith(generator: Uint8Array): Buffer {
  const hex = (text: string) => Buffer.from(text, 'hex');
  const field = der(0x30, hex('06072a8648ce3d0101'), derInteger(hex(CURVE.p)));
  const curve = der(0x30, der(4, hex(CURVE.a)), der(4, hex(CURVE.b)));
  const parameters = der(0x30, integer(1), field, curve, der(4, generator), derInteger(hex(CURVE.n)), integer(1));
  return der(0x30, hex('06072a8648ce3d0201'), parameters);
}

function integer(value: number): Buffer {
  return Buffer.of(2, 1, value);
}

function derInteger(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(start < 0 ? bytes.length - 1 : start);
  return der(2, (digits[0] ?? 0) >= 0x80 ? Buffer.of(0) : Buffer.alloc(0), digits);
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.alloc(COORDINATE_BYTES - bytes.length), bytes]);
}
