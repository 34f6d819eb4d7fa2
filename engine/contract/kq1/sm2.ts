/**
 * The parts of an SM2 signature (GB/T 32918.2, curve of GB/T 32918.5) that are plain bytes: the input of the signer's
 * identity digest, and the accepted encoding of a signature. Hashing and curve arithmetic are elsewhere.
 */

/**
 * The bytes before the 64 bytes x || y in an SM2 public key (SPKI: id-ecPublicKey, curve 1.2.156.10197.1.301,
 * uncompressed point).
 */
export const SM2_SPKI_PREFIX = bytesOf('3059301306072a8648ce3d020106082a811ccf5501822d03420004');

/** The length in bytes of an SM2 public key as SPKI. */
export const SM2_SPKI_LENGTH = SM2_SPKI_PREFIX.length + 64;

/** Returns the 64 bytes x || y of a public key as SPKI; undefined for a key of another curve or form. */
export function sm2PointOfSpki(spki: Uint8Array): Uint8Array | undefined {
  const isSm2 = spki.length === SM2_SPKI_LENGTH && SM2_SPKI_PREFIX.every((byte, index) => spki[index] === byte);
  return isSm2 ? spki.subarray(SM2_SPKI_PREFIX.length) : undefined;
}

/**
 * ENTL and the user id 1234567812345678 (the default of GM/T 0009 if the two sides agreed on none), and the curve's
 * a, b, Gx, Gy.
 */
const IDENTITY_PREFIX = bytesOf(
  '0080' +
    '31323334353637383132333435363738' +
    'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc' +
    '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93' +
    '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7' +
    'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0',
);
const ORDER = bytesOf('fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123');

/**
 * Returns the input whose SM3 digest is Z, for a public key of 64 bytes x || y. A signature covers e = SM3(Z ||
 * message).
 */
export function sm2IdentityInput(point: Uint8Array): Uint8Array {
  const input = new Uint8Array(IDENTITY_PREFIX.length + point.length);
  input.set(IDENTITY_PREFIX);
  input.set(point, IDENTITY_PREFIX.length);
  return input;
}

/** Returns true for SEQUENCE { INTEGER r, INTEGER s } in its only DER form, with 0 < r, s < n. */
export function isStrictSm2Signature(bytes: Uint8Array): boolean {
  if (bytes.length < 8 || bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) return false;
  const afterR = endOfScalar(bytes, 2);
  return afterR !== undefined && endOfScalar(bytes, afterR) === bytes.length;
}

/**
 * Returns the strict DER form of a signature of 64 bytes r || s; undefined for another length. Whether r and s are in
 * range is checked by `isStrictSm2Signature`.
 */
export function derOfRawSm2Signature(raw: Uint8Array): Uint8Array | undefined {
  if (raw.length !== 64) return undefined;
  const content = [...derInteger(raw.subarray(0, 32)), ...derInteger(raw.subarray(32))];
  return Uint8Array.from([0x30, content.length, ...content]);
}

function derInteger(scalar: Uint8Array): number[] {
  const first = scalar.findIndex((byte) => byte !== 0);
  const bytes = first < 0 ? [0] : [...scalar.subarray(first)];
  return bytes[0]! >= 0x80 ? [0x02, bytes.length + 1, 0, ...bytes] : [0x02, bytes.length, ...bytes];
}

function endOfScalar(bytes: Uint8Array, start: number): number | undefined {
  const length = bytes[start + 1];
  if (bytes[start] !== 0x02 || length === undefined || length < 1 || length > 33) return undefined;
  const end = start + 2 + length;
  if (end > bytes.length) return undefined;
  const value = bytes.subarray(start + 2, end);
  const [first = 0, second = 0] = value;
  if (first >= 0x80) return undefined;
  if (first !== 0) return isBelowOrder(value) ? end : undefined;
  return second >= 0x80 && isBelowOrder(value.subarray(1)) ? end : undefined;
}

function isBelowOrder(scalar: Uint8Array): boolean {
  if (scalar.length !== ORDER.length) return scalar.length < ORDER.length;
  const at = scalar.findIndex((byte, index) => byte !== ORDER[index]);
  return at >= 0 && (scalar[at] ?? 0) < (ORDER[at] ?? 0);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16));
}
