/** Our SM2 encryption against the standard's example, sm-crypto and the `openssl` command line, both ways. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import fc from 'fast-check';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { SM2_PKCS8_PREFIX } from '../../../storage/crypto/sm2.ts';
import { pointOf, prepareSm2Decrypter, sm2Decrypt, sm2Encrypt } from '../../../storage/crypto/sm2-encryption.ts';

interface SmCrypto {
  readonly sm2: {
    doEncrypt(message: number[], publicKey: string, mode: number): string;
    doDecrypt(cipher: string, privateKey: string, mode: number, options: object): number[];
  };
}

const { sm2 } = createRequire(import.meta.url)('sm-crypto') as SmCrypto;
const C1C3C2 = 1;
const folder = mkdtempSync(join(tmpdir(), 'kq-sm2-'));
after(() => rmSync(folder, { recursive: true }));

async function newPair() {
  const { privatePem, publicPem } = await createSoftwareCrypto().generateEncryptionKey('SM2');
  const privateKey = createPrivateKey(privatePem);
  const point = pointOf(createPublicKey(publicPem));
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const at = pkcs8.indexOf(Buffer.from('0201010420', 'hex')) + 5;
  return { privatePem, publicPem, point, number: pkcs8.subarray(at, at + 32), decrypter: prepareSm2Decrypter(privateKey) };
}

/** The four values as sm-crypto writes them: x, y, check value, cipher text. */
function rawOf(der: Buffer): string {
  const values: string[] = [];
  for (let at = der[1] === 0x81 ? 3 : 2; at < der.length; at += 2 + der[at + 1]!) {
    const hex = der.subarray(at + 2, at + 2 + der[at + 1]!).toString('hex');
    values.push(values.length < 2 ? hex.slice(-64).padStart(64, '0') : hex);
  }
  return values.join('');
}

function derOf(raw: string): Buffer {
  const tlv = (tag: number, content: Buffer) => Buffer.concat([Buffer.of(tag, content.length), content]);
  const integer = (hex: string) => {
    const bytes = Buffer.from(hex.replace(/^(?:00)+(?=..)/, ''), 'hex');
    return tlv(2, bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
  };
  const content = Buffer.concat([
    integer(raw.slice(0, 64)),
    integer(raw.slice(64, 128)),
    tlv(4, Buffer.from(raw.slice(128, 192), 'hex')),
    tlv(4, Buffer.from(raw.slice(192), 'hex')),
  ]);
  return Buffer.concat([content.length < 0x80 ? Buffer.of(0x30, content.length) : Buffer.of(0x30, 0x81, content.length), content]);
}

test('the example of GB/T 32918.5-2017, annex C, decrypts to its message', async () => {
  const number = Buffer.from('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8', 'hex');
  const key = createPrivateKey({ key: Buffer.concat([SM2_PKCS8_PREFIX, number]), format: 'der', type: 'pkcs8' });
  const cipher = derOf(
    '04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0' +
      '59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766' +
      '21886ca989ca9c7d58087307ca93092d651efa',
  );
  assert.equal((await sm2Decrypt(prepareSm2Decrypter(key), cipher))?.toString(), 'encryption standard');
});

test('sm-crypto opens what we encrypt, and we open what it encrypts', async () => {
  for (let round = 0; round < 4; round++) {
    const { point, number, decrypter } = await newPair();
    const plain = randomBytes(32);
    const opened = sm2.doDecrypt(rawOf(sm2Encrypt(point, plain)), number.toString('hex'), C1C3C2, { output: 'array' });
    assert.deepEqual(Buffer.from(opened), plain);
    const cipher = derOf(sm2.doEncrypt([...plain], point.toString('hex'), C1C3C2));
    assert.deepEqual(await sm2Decrypt(decrypter, cipher), plain);
  }
});

test('the openssl command line opens what we encrypt, and we open what it encrypts', async (t) => {
  if (!hasOpenssl()) return t.skip('openssl is absent');
  const { privatePem, publicPem, point, decrypter } = await newPair();
  const plain = randomBytes(32);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const cipher = sm2Encrypt(point, plain);
  assert.deepEqual(openssl('pkeyutl', '-decrypt', '-inkey', written('key', privatePem), '-in', written('cipher', cipher)), plain);
  const theirs = openssl('pkeyutl', '-encrypt', '-pubin', '-inkey', written('pub', publicPem), '-in', written('plain', plain));
  assert.deepEqual(await sm2Decrypt(decrypter, theirs), plain);
});

test('a cipher text with any byte changed, a point off the curve or another encoding does not open', async () => {
  const { point, decrypter } = await newPair();
  const other = await newPair();
  const cipher = sm2Encrypt(point, randomBytes(32));
  for (let index = 0; index < cipher.length; index++) {
    const changed = Buffer.from(cipher);
    changed[index]! ^= 1;
    assert.equal(await sm2Decrypt(decrypter, changed), undefined, `byte ${index}`);
  }
  assert.equal(await sm2Decrypt(other.decrypter, cipher), undefined);
  assert.equal(await sm2Decrypt(decrypter, Buffer.concat([cipher, Buffer.of(0)])), undefined);
  assert.equal(await sm2Decrypt(decrypter, derOf('07'.repeat(64) + rawOf(cipher).slice(128))), undefined);
  assert.equal(await sm2Decrypt(decrypter, derOf('00'.repeat(64) + rawOf(cipher).slice(128))), undefined);
});

test('bytes of any kind give undefined and never an error', async () => {
  const { decrypter } = await newPair();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => (await sm2Decrypt(decrypter, bytes)) === undefined),
    { numRuns: 300 },
  );
});

function written(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function hasOpenssl(): boolean {
  try {
    return execFileSync('openssl', ['version']).length > 0;
  } catch {
    return false;
  }
}
