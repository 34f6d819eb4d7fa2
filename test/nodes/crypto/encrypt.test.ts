import assert from 'node:assert/strict';
import { test } from 'node:test';
import cryptoDecrypt from '../../../nodes/crypto/decrypt.node.ts';
import cryptoEncrypt from '../../../nodes/crypto/encrypt.node.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';
import { emitted, other, SM4_KEY, theirs, withKey } from './keys.ts';

showsContract(import.meta.url, {
  happy: 'another implementation decrypts SM2 in each form',
  refusal: 'what cannot be encrypted is refused',
  slow: '10 MB are encrypted in a thread, while this one goes on',
  duplicate: 'the same plain text never gives the same ciphertext, except by SM4-ECB or a fixed iv',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are encrypted in a thread, while this one goes on',
});

interface Encrypted {
  readonly ciphertext: string;
  readonly iv?: string;
  readonly tag?: string;
  readonly algorithm: string;
}

const encrypt = async (
  settings: Record<string, unknown>,
  secret: string | undefined,
  data: unknown,
  config: Record<string, unknown> = {},
) => (await emitted(cryptoEncrypt, withKey(settings, secret, { data, config: { encoding: 'hex', ...config } as never }))).data as Encrypted;

test('another implementation decrypts SM2 in each form', async () => {
  for (const [ciphertextForm, mode] of [
    ['c1c3c2', 1],
    ['c1c2c3', 0],
  ] as const) {
    const { ciphertext } = await encrypt({ algorithm: 'SM2', publicKey: theirs.publicKey, ciphertextForm }, undefined, '张三🙂');
    assert.equal(ciphertext.slice(0, 2), '04');
    assert.equal(other.sm2.doDecrypt(ciphertext.slice(2), theirs.privateKey, mode), '张三🙂');
  }
});

test('another implementation decrypts SM4', async () => {
  const chained = await encrypt({ algorithm: 'SM4-CBC' }, SM4_KEY, '张三');
  assert.equal(other.sm4.decrypt(chained.ciphertext, SM4_KEY, { mode: 'cbc', iv: chained.iv }), '张三');
  const plain = await encrypt({ algorithm: 'SM4-ECB' }, `base64:${Buffer.from(SM4_KEY, 'hex').toString('base64')}`, '张三');
  assert.equal(other.sm4.decrypt(plain.ciphertext, SM4_KEY), '张三');
  assert.deepEqual(Object.keys(plain), ['ciphertext', 'algorithm']);
});

test('the same plain text never gives the same ciphertext, except by SM4-ECB or a fixed iv', async () => {
  for (const algorithm of ['SM4-GCM', 'SM4-CBC']) {
    const [one, two] = [await encrypt({ algorithm }, SM4_KEY, 'x'), await encrypt({ algorithm }, SM4_KEY, 'x')];
    assert.notEqual(one.iv, two.iv);
    assert.notEqual(one.ciphertext, two.ciphertext);
    const again = await encrypt({ algorithm }, SM4_KEY, 'x', { iv: { value: one.iv } });
    assert.deepEqual(again, one);
  }
});

test('what was encrypted is decrypted to the same bytes by every algorithm', async () => {
  const keys = [
    [{ algorithm: 'SM2' }, theirs.privateKey],
    [{ algorithm: 'SM2', ciphertextForm: 'c1c2c3' }, theirs.privateKey],
    ...['SM4-GCM', 'SM4-CBC', 'SM4-ECB'].map((algorithm) => [{ algorithm }, SM4_KEY] as const),
  ] as const;
  for (const [settings, secret] of keys) {
    for (const content of [Buffer.from([0, 255, 1]), Buffer.alloc(64, 7)]) {
      const data = await encrypt(settings, secret, content);
      const config = {
        ciphertext: { path: 'data.ciphertext' },
        iv: { path: 'data.iv' },
        tag: { path: 'data.tag' },
        encoding: 'hex',
        as: 'bytes',
      };
      const plain = await emitted(cryptoDecrypt, withKey(settings, secret, { data, config }));
      assert.deepEqual(Buffer.from(plain.data as Uint8Array), content, settings.algorithm);
    }
  }
});

test('what cannot be encrypted is refused', async () => {
  await assert.rejects(encrypt({ algorithm: 'HMAC-SM3' }, 'a secret that both sides know', 'x'), { code: 'CRYPTO_OPERATION' });
  await assert.rejects(encrypt({ algorithm: 'SM4-CBC' }, 'too short', 'x'), { code: 'CRYPTO_KEY_INVALID' });
  await assert.rejects(encrypt({ algorithm: 'SM4-GCM' }, SM4_KEY, { a: 1 }), { code: 'CRYPTO_CONTENT' });
  await assert.rejects(encrypt({ algorithm: 'SM4-CBC' }, SM4_KEY, 'x', { iv: { value: '00' } }), { code: 'CRYPTO_CONTENT' });
  await assert.rejects(encrypt({ algorithm: 'SM2', publicKey: theirs.publicKey }, undefined, ''), { code: 'CRYPTO_CONTENT' });
});

test('10 MB are encrypted in a thread, while this one goes on', async () => {
  await whileOthersGoOn(cryptoEncrypt, withKey({ algorithm: 'SM4-GCM' }, SM4_KEY, { data: 'x'.repeat(10_000_000) }));
});

test('a cancel ends it', () => endsOnCancel(cryptoEncrypt, withKey({ algorithm: 'SM4-CBC' }, SM4_KEY, { data: 'x' })));
