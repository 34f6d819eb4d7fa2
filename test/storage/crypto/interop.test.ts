/** Our SM2 against two strangers: the `openssl` command line and sm-crypto, both ways. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';

interface SmCrypto {
  readonly sm2: {
    generateKeyPairHex(): { privateKey: string; publicKey: string };
    doSignature(message: number[], privateKey: string, options: object): string;
    doVerifySignature(message: number[], signature: string, publicKey: string, options: object): boolean;
  };
  readonly sm3: (message: number[]) => string;
}

const { sm2, sm3 } = createRequire(import.meta.url)('sm-crypto') as SmCrypto;
const crypto = createSoftwareCrypto();
const folder = mkdtempSync(join(tmpdir(), 'kq-interop-'));
after(() => rmSync(folder, { recursive: true }));
const message = Buffer.from('KQ1\nSM2-SM3\n检验报告\n');
const identity = ['-sigopt', 'distid:1234567812345678'];

test('a key and a signature made by the openssl command line are accepted', (t) => {
  if (!hasOpenssl()) return t.skip('openssl is absent');
  const key = made('key.pem', (out) => openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2', '-out', out));
  const publicPem = openssl('pkey', '-in', key, '-pubout').toString();
  const file = written('message', message);
  const verifier = crypto.importKey({ format: 'pem', pem: publicPem }, 'SM2-SM3', 'public');
  for (let round = 0; round < 5; round++) {
    const signature = readFileSync(made('signature', (out) => openssl('dgst', '-sm3', '-sign', key, ...identity, '-out', out, file)));
    assert.equal(crypto.verify(verifier, message, signature), true);
    assert.equal(crypto.verify(verifier, Buffer.from('other'), signature), false);
  }
  const foreign = readFileSync(
    made('signature', (out) => openssl('dgst', '-sm3', '-sign', key, '-sigopt', 'distid:someone', '-out', out, file)),
  );
  assert.equal(crypto.verify(verifier, message, foreign), false, 'another user id is another signer');
  const signer = crypto.importKey({ format: 'pem', pem: readFileSync(key, 'utf8') }, 'SM2-SM3', 'private');
  assert.equal(signer.fingerprint, verifier.fingerprint);
});

test('our keys and signatures are accepted by the openssl command line', async (t) => {
  if (!hasOpenssl()) return t.skip('openssl is absent');
  const pair = (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
  const signer = crypto.importKey({ format: 'pem', pem: pair.privatePem }, 'SM2-SM3', 'private');
  const publicKey = written('public.pem', pair.publicPem);
  const file = written('message', message);
  for (let round = 0; round < 5; round++) {
    const signature = written('signature', await crypto.sign(signer, message));
    assert.match(openssl('dgst', '-sm3', '-verify', publicKey, ...identity, '-signature', signature, file).toString(), /Verified OK/);
  }
});

test('sm-crypto accepts our signatures and we accept its', async () => {
  for (let round = 0; round < 3; round++) {
    const { privateKey, publicKey } = sm2.generateKeyPairHex();
    const options = { hash: true, der: true, userId: '1234567812345678', publicKey };
    const signer = crypto.importKey({ format: 'raw', bytes: Buffer.from(privateKey.padStart(64, '0'), 'hex') }, 'SM2-SM3', 'private');
    const verifier = crypto.importKey({ format: 'raw', bytes: Buffer.from(publicKey, 'hex') }, 'SM2-SM3', 'public');
    const ours = Buffer.from(await crypto.sign(signer, message)).toString('hex');
    assert.equal(sm2.doVerifySignature([...message], ours, publicKey, options), true);
    assert.equal(crypto.verify(verifier, message, Buffer.from(sm2.doSignature([...message], privateKey, options), 'hex')), true);
  }
});

test('our SM3 is that of sm-crypto for lengths around the block border', () => {
  for (let length = 50; length < 140; length++) {
    const data = Buffer.alloc(length, length);
    assert.equal(Buffer.from(crypto.digest('sm3', data)).toString('hex'), sm3([...data]));
  }
});

function openssl(...parameters: string[]): Buffer {
  return execFileSync('openssl', parameters, { timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] });
}

function hasOpenssl(): boolean {
  try {
    openssl('version');
    return true;
  } catch {
    return false;
  }
}

function made(name: string, make: (path: string) => void): string {
  const path = join(folder, name);
  make(path);
  return path;
}

function written(name: string, content: string | Uint8Array): string {
  return made(name, (path) => writeFileSync(path, content));
}
