import assert from 'node:assert/strict';
import test from 'node:test';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { cryptoConformance } from '../../conformance/crypto.ts';

cryptoConformance('software', createSoftwareCrypto);

test('the self-test passes on this Node binary', () => {
  assert.doesNotThrow(() => createSoftwareCrypto().selfTest());
});

test('a self-test that meets a wrong digest throws CRYPTO_SELF_TEST', async () => {
  const { selfTest } = await import('../../../storage/crypto/self-test.ts');
  const broken = { ...createSoftwareCrypto(), digest: () => new Uint8Array(32) };
  assert.throws(() => selfTest(broken), { code: 'CRYPTO_SELF_TEST', kind: 'bug' });
});
