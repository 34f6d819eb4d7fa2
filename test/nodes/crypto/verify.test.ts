import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import cryptoVerify from '../../../nodes/crypto/verify.node.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';
import { emitted, other, theirs, withKey } from './keys.ts';

showsContract(import.meta.url, {
  happy: 'a message signed by another implementation passes unchanged',
  refusal: 'a message with any part changed does not pass',
  slow: '10 MB are verified in a thread, while this one goes on',
  duplicate: 'a message signed by another implementation passes unchanged',
  cancel: 'a cancel ends it',
  '10 MB': '10 MB are verified in a thread, while this one goes on',
});

const PARTNER = { algorithm: 'SM2', publicKey: theirs.publicKey };
const signed = (content: string, signature: string) => createMessage(content, { headers: { 'x-signature': signature } });
const sign = (content: string, der = true) => other.sm2.doSignature(content, theirs.privateKey, { hash: true, der });
const check = (content: string, signature: string, settings: Record<string, unknown> = PARTNER) =>
  emitted(cryptoVerify, withKey(settings, undefined, { message: signed(content, signature), config: { encoding: 'hex' } }));

test('a message signed by another implementation passes unchanged', async () => {
  for (const _repeated of [1, 2]) {
    const message = await check('检验报告 7', sign('检验报告 7'));
    assert.equal(message.data, '检验报告 7');
  }
  await check('检验报告 7', sign('检验报告 7', false), { ...PARTNER, signatureForm: 'raw' });
  const secret = 'a secret that both sides know';
  const mac = createHmac('sm3', secret).update('x').digest('base64');
  await emitted(cryptoVerify, withKey({ algorithm: 'HMAC-SM3' }, secret, { message: signed('x', mac) }));
});

test('a message with any part changed does not pass', async () => {
  const signature = sign('剂量 5 mg');
  const flipped = Buffer.from(signature, 'hex');
  flipped[40]! ^= 1;
  const cases: readonly (readonly [content: string, signature: string, code: string])[] = [
    ['剂量 50 mg', signature, 'CRYPTO_SIGNATURE_WRONG'],
    ['剂量 5 mg', flipped.toString('hex'), 'CRYPTO_SIGNATURE_WRONG'],
    ['剂量 5 mg', '30'.repeat(70), 'CRYPTO_SIGNATURE_WRONG'],
    ['剂量 5 mg', sign('剂量 5 mg', false), 'CRYPTO_SIGNATURE_WRONG'],
    ['剂量 5 mg', 'not hexadecimal', 'CRYPTO_CONTENT'],
    ['剂量 5 mg', '', 'CRYPTO_CONTENT'],
  ];
  for (const [content, given, code] of cases) await assert.rejects(check(content, given), { code }, given.slice(0, 10));
  await assert.rejects(check('剂量 5 mg', signature, { ...PARTNER, userId: 'ANOTHER' }), { code: 'CRYPTO_SIGNATURE_WRONG' });
  const missing = withKey(PARTNER, undefined, { data: '剂量 5 mg' });
  await assert.rejects(emitted(cryptoVerify, missing), { code: 'CRYPTO_CONTENT' }, 'without a signature');
});

test('a public key of another curve is refused', async () => {
  const { publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await assert.rejects(check('x', sign('x'), { algorithm: 'SM2', publicKey }), { code: 'CRYPTO_KEY_INVALID' });
});

test('10 MB are verified in a thread, while this one goes on', async () => {
  const secret = 'a secret that both sides know';
  const content = 'x'.repeat(10_000_000);
  const mac = createHmac('sm3', secret).update(content).digest('base64');
  await whileOthersGoOn(cryptoVerify, withKey({ algorithm: 'HMAC-SM3' }, secret, { message: signed(content, mac) }));
});

test('a cancel ends it', () => endsOnCancel(cryptoVerify, withKey(PARTNER, undefined, { message: signed('x', 'AAAA') })));
