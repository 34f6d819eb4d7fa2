import assert from 'node:assert/strict';
import { test } from 'node:test';
import cryptoDecrypt from '../../../nodes/crypto/decrypt.node.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';
import { emitted, other, ours, SM4_KEY, withKey } from './keys.ts';

showsContract(import.meta.url, {
  happy: 'decrypts what another implementation encrypted',
  refusal: 'every damage has the same error, which shows nothing',
  slow: '10 MB are decrypted in a thread, while this one goes on',
  duplicate: 'decrypts what another implementation encrypted',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are decrypted in a thread, while this one goes on',
});

const IV = '000102030405060708090a0b0c0d0e0f';
const CHAINED = { algorithm: 'SM4-CBC' };
const decrypt = (settings: Record<string, unknown>, secret: string, data: unknown, config: Record<string, unknown> = {}) =>
  emitted(cryptoDecrypt, withKey(settings, secret, { data, config: { encoding: 'hex', ...config } as never }));

test('decrypts what another implementation encrypted', async () => {
  for (const [ciphertextForm, mode] of [
    ['c1c3c2', 1],
    ['c1c2c3', 0],
  ] as const) {
    const ciphertext = `04${other.sm2.doEncrypt('张三', ours.publicKey, mode)}`;
    for (const _repeated of [1, 2]) {
      const { data, mediaType } = await decrypt({ algorithm: 'SM2', ciphertextForm }, ours.privateKey, ciphertext);
      assert.deepEqual([data, mediaType], ['张三', 'text/plain']);
    }
  }
  const chained = other.sm4.encrypt('张三', SM4_KEY, { mode: 'cbc', iv: IV });
  assert.equal((await decrypt(CHAINED, SM4_KEY, chained, { iv: { value: IV } })).data, '张三');
  assert.equal((await decrypt({ algorithm: 'SM4-ECB' }, SM4_KEY, other.sm4.encrypt('张三', SM4_KEY))).data, '张三');
});

test('every damage has the same error, which shows nothing', async () => {
  const wrong = { code: 'CRYPTO_DECRYPTION_FAILED' };
  const sm2 = { algorithm: 'SM2', ciphertextForm: 'c1c3c2' };
  const ciphertext = Buffer.from(`04${other.sm2.doEncrypt('张三', ours.publicKey, 1)}`, 'hex');
  for (let at = 0; at < ciphertext.length; at += 9) {
    const damaged = Buffer.from(ciphertext);
    damaged[at]! ^= 1;
    await assert.rejects(decrypt(sm2, ours.privateKey, damaged.toString('hex')), wrong, `byte ${at}`);
  }
  await assert.rejects(decrypt(sm2, ours.privateKey, 'aabb'), wrong);
  await assert.rejects(decrypt({ algorithm: 'SM2' }, ours.privateKey, 'aabb'), wrong);
  await assert.rejects(
    decrypt({ algorithm: 'SM4-GCM' }, SM4_KEY, 'aabb', { iv: { value: '00'.repeat(12) }, tag: { value: '00'.repeat(16) } }),
    wrong,
  );
  await assert.rejects(decrypt(CHAINED, SM4_KEY, 'aabb', { iv: { value: IV } }), wrong);
});

test('a plain text that is not UTF-8 has the same error as a wrong padding', async () => {
  const ciphertext = other.sm4.encrypt('abc', SM4_KEY, { mode: 'cbc', iv: IV });
  const changed = Buffer.from(IV, 'hex');
  changed[0]! ^= 0x80;
  await assert.rejects(decrypt(CHAINED, SM4_KEY, ciphertext, { iv: { value: changed.toString('hex') } }), {
    code: 'CRYPTO_DECRYPTION_FAILED',
  });
});

test('a missing or wrong part is named', async () => {
  const ciphertext = other.sm4.encrypt('张三', SM4_KEY, { mode: 'cbc', iv: IV });
  await assert.rejects(decrypt(CHAINED, SM4_KEY, ciphertext), { code: 'CRYPTO_CONTENT' });
  await assert.rejects(decrypt(CHAINED, SM4_KEY, ciphertext, { iv: { value: 'aa' } }), { code: 'CRYPTO_CONTENT' });
  await assert.rejects(decrypt(CHAINED, SM4_KEY, 'xyz', { iv: { value: IV } }), { code: 'CRYPTO_CONTENT' });
});

test('10 MB are decrypted in a thread, while this one goes on', async () => {
  const data = Buffer.alloc(10 * 1024 * 1024);
  const options = withKey({ algorithm: 'SM4-CBC' }, SM4_KEY, { data, config: { iv: { value: IV }, encoding: 'hex', as: 'bytes' } });
  // Its end is no valid padding, which shows only after everything was decrypted.
  await assert.rejects(whileOthersGoOn(cryptoDecrypt, options), { code: 'CRYPTO_DECRYPTION_FAILED' });
});

test('a cancel ends it', () =>
  endsOnCancel(cryptoDecrypt, withKey({ algorithm: 'SM4-ECB' }, SM4_KEY, { data: 'aabb', config: { encoding: 'hex' } })));
