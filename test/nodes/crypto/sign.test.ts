import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import cryptoSign from '../../../nodes/crypto/sign.node.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';
import { emitted, ours, other, SM4_KEY, withKey } from './keys.ts';

showsContract(import.meta.url, {
  happy: 'another implementation accepts SM2 signatures in both forms',
  refusal: 'a key that cannot sign is named without showing it',
  slow: '10 MB are signed in a thread, while this one goes on',
  duplicate: 'HMAC is the same each time',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are signed in a thread, while this one goes on',
});

const SECRET = 'a secret that both sides know';

test('HMAC is the same each time', async () => {
  const expected = (name: string, key: string | Buffer) => createHmac(name, key).update('张三').digest();
  for (const _repeated of [1, 2]) {
    const { data, mediaType } = await emitted(cryptoSign, withKey({ algorithm: 'HMAC-SM3' }, SECRET, { data: '张三' }));
    assert.deepEqual(data, { signature: expected('sm3', SECRET).toString('base64'), algorithm: 'HMAC-SM3' });
    assert.equal(mediaType, 'application/json');
  }
  const bytes = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  for (const secret of [`hex:${bytes.toString('hex')}`, `base64:${bytes.toString('base64')}`]) {
    const options = { data: { text: '张三' }, config: { content: { path: 'data.text' }, encoding: 'hex' } };
    const { data } = await emitted(cryptoSign, withKey({ algorithm: 'HMAC-SHA256' }, secret, options));
    assert.deepEqual(data, { signature: expected('sha256', bytes).toString('hex'), algorithm: 'HMAC-SHA256' });
  }
});

test('another implementation accepts SM2 signatures in both forms', async () => {
  const settings = { algorithm: 'SM2', userId: 'HOSPITAL-C' };
  for (const signatureForm of ['der', 'raw']) {
    const key = withKey({ ...settings, signatureForm }, ours.privateKey, { data: '处方 42', config: { encoding: 'hex' } });
    const { signature } = (await emitted(cryptoSign, key)).data as { signature: string };
    const options = { hash: true, der: signatureForm === 'der', userId: 'HOSPITAL-C' };
    assert.ok(other.sm2.doVerifySignature('处方 42', signature, ours.publicKey, options), signatureForm);
    assert.ok(!other.sm2.doVerifySignature('处方 43', signature, ours.publicKey, options), signatureForm);
  }
});

test('a key that cannot sign is named without showing it', async () => {
  const cases = [
    [{ algorithm: 'SM4-CBC' }, SM4_KEY, 'CRYPTO_OPERATION'],
    [{ algorithm: 'HMAC-SM3' }, 'short', 'CRYPTO_KEY_INVALID'],
    [{ algorithm: 'HMAC-SM3' }, 'hex:00112233445566778899aabbccddeefZ', 'CRYPTO_KEY_INVALID'],
    [{ algorithm: 'SM2' }, 'no private key', 'CRYPTO_KEY_INVALID'],
    [{ algorithm: 'SM2' }, '0'.repeat(64), 'CRYPTO_KEY_INVALID'],
    [{ algorithm: 'SM2', publicKey: `04${'1'.repeat(128)}` }, ours.privateKey, 'CRYPTO_KEY_INVALID'],
  ] as const;
  for (const [settings, secret, code] of cases) {
    await assert.rejects(emitted(cryptoSign, withKey(settings, secret, { data: 'x' })), (error: Error & { code?: string }) => {
      assert.equal(error.code, code);
      return !JSON.stringify({ ...error, message: error.message }).includes(secret);
    });
  }
  await assert.rejects(emitted(cryptoSign, withKey({ algorithm: 'HMAC-SM3' }, SECRET, { data: { a: 1 } })), { code: 'CRYPTO_CONTENT' });
});

test('10 MB are signed in a thread, while this one goes on', async () => {
  await whileOthersGoOn(cryptoSign, withKey({ algorithm: 'HMAC-SM3' }, SECRET, { data: 'x'.repeat(10_000_000) }));
  const tooLarge = withKey({ algorithm: 'HMAC-SM3' }, SECRET, { data: new Uint8Array(17 * 1024 * 1024) });
  await assert.rejects(emitted(cryptoSign, tooLarge), { code: 'CRYPTO_CONTENT' });
});

test('a cancel ends it', () => endsOnCancel(cryptoSign, withKey({ algorithm: 'SM2' }, ours.privateKey, { data: 'x' })));
