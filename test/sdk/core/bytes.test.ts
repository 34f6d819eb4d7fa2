import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { base64url, bytesOfBase64url, bytesOfPem } from '../../../sdk/core/bytes.ts';

test('base64url is that of Node for each length, and has one form', () => {
  for (let size = 0; size < 100; size++) {
    const bytes = randomBytes(size);
    assert.equal(base64url(bytes), bytes.toString('base64url'));
    assert.deepEqual(Buffer.from(bytesOfBase64url(base64url(bytes))!), bytes);
  }
  for (const text of ['A', 'AB', 'AA=', 'AA==', 'A+', 'A/', 'AAB', 'A A']) assert.equal(bytesOfBase64url(text), undefined, text);
});

test('a PEM text without the block that was asked for is no key', () => {
  assert.throws(() => bytesOfPem('-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----', 'PRIVATE KEY'), SyntaxError);
});
