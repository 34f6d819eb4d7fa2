/**
 * Tests the cryptography at start with the examples of the national standards. A process with wrong cryptography must
 * not serve.
 */
import { createCipheriv } from 'node:crypto';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';

/** GB/T 32918.5-2017, annex A.2: user id 1234567812345678, message "message digest". */
const SM2_EXAMPLE = {
  privateKey: '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8',
  publicKey:
    '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
  message: 'message digest',
  signature:
    '3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3' +
    '022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
};

/** GB/T 32905-2016, annexes A.1 and A.2. */
const SM3_EXAMPLES = [
  { message: 'abc', digest: '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0' },
  { message: 'abcd'.repeat(16), digest: 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732' },
];

/** GB/T 32907-2016, annex A.1. */
const SM4_EXAMPLE = {
  key: '0123456789abcdeffedcba9876543210',
  plain: '0123456789abcdeffedcba9876543210',
  cipher: '681edf34d206965e86b3e94f536e4246',
};

export function selfTest(crypto: Crypto): void {
  for (const { message, digest } of SM3_EXAMPLES) demand('SM3', hex(crypto.digest('sm3', message)) === digest);
  demand('SM4', sm4Block(SM4_EXAMPLE.key, SM4_EXAMPLE.plain) === SM4_EXAMPLE.cipher);
  const privateKey = crypto.importKey({ format: 'raw', bytes: Buffer.from(SM2_EXAMPLE.privateKey, 'hex') }, 'SM2-SM3', 'private');
  const publicKey = crypto.importKey({ format: 'raw', bytes: Buffer.from(SM2_EXAMPLE.publicKey, 'hex') }, 'SM2-SM3', 'public');
  const message = Buffer.from(SM2_EXAMPLE.message);
  const signature = Buffer.from(SM2_EXAMPLE.signature, 'hex');
  demand('SM2 key derivation', privateKey.fingerprint === publicKey.fingerprint);
  demand('SM2 verification', crypto.verify(publicKey, message, signature) === true);
  demand('SM2 refusal', crypto.verify(publicKey, Buffer.from('message digesT'), signature) === false);
  const own = crypto.sign(privateKey, message);
  demand('SM2 signing', own instanceof Uint8Array && crypto.verify(publicKey, message, own) === true);
}

function sm4Block(key: string, plain: string): string {
  const cipher = createCipheriv('sm4-ecb', Buffer.from(key, 'hex'), null).setAutoPadding(false);
  return cipher.update(plain, 'hex', 'hex') + cipher.final('hex');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function demand(part: string, holds: boolean): void {
  if (holds) return;
  throw new AppError('CRYPTO_SELF_TEST', 'bug', `The cryptography self-test failed: ${part}.`, {
    values: { part },
    fix: 'Do not use this Node binary: it returns wrong results. Reinstall the pinned one with npm ci.',
  });
}
