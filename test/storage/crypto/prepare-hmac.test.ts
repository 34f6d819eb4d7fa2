import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createPrepareHmac } from '../../../storage/crypto/prepare-hmac.ts';

const bytesOf = (length: number, seed: number) => Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 7) & 255);

test('gives what node:crypto gives, for keys and data of every length', () => {
  const prepare = createPrepareHmac();
  for (const algorithm of ['sm3', 'sha256'] as const) {
    for (const keyLength of [0, 1, 16, 32, 63, 64, 65, 100, 1024]) {
      const key = bytesOf(keyLength, 1);
      const hmac = prepare(algorithm, key);
      for (const length of [0, 1, 63, 64, 65, 300, 8191, 8192, 8193, 100_000]) {
        const data = bytesOf(length, keyLength);
        assert.deepEqual(Buffer.from(hmac(data)), createHmac(algorithm, key).update(data).digest(), `${algorithm} ${keyLength} ${length}`);
      }
    }
  }
});

test('keys do not get into each other’s way, and what was given stays', () => {
  const prepare = createPrepareHmac();
  const [first, second] = [prepare('sm3', bytesOf(32, 1)), prepare('sm3', bytesOf(32, 2))];
  const data = bytesOf(200, 3);
  const before = first(data);
  const copy = Uint8Array.from(before);
  second(bytesOf(4000, 4));
  assert.deepEqual(Uint8Array.from(before), copy);
  assert.deepEqual(Uint8Array.from(first(data)), copy);
});
