import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Check } from 'typebox/value';
import { ZipFile } from 'yazl';
import { readPackage, readParts } from '../../../../engine/extensions/package/read-package.ts';
import { verifyPackage } from '../../../../engine/extensions/package/verify-package.ts';
import { writePackage } from '../../../../engine/extensions/package/write-package.ts';
import { FetchRequest } from '../../../../engine/extensions/process/protocol.ts';
import type { PublisherKey } from '../../../../engine/extensions/extension-store.ts';
import { createSoftwareCrypto } from '../../../../storage/crypto/software-crypto.ts';
import { ECHO, manifestOf, newPublisher, nodeOf, packageOf, type Publisher } from '../../../support/make-extension.ts';

const crypto = createSoftwareCrypto();

for (const scheme of ['SM2-SM3', 'ED25519'] as const)
  test(`a package that a registered ${scheme} key signed is accepted`, async () => {
    const publisher = await newPublisher(crypto, scheme);
    const read = await readPackage(await packageOf(crypto, publisher), crypto);
    await verifyPackage(read, keysOf(publisher), crypto);
    assert.equal(read.code, ECHO);
    assert.deepEqual(read.manifest.limits, { memoryMb: 64, callMs: 10_000 });
  });

test('the same content gives the same package, apart from the signature', async () => {
  const parts = { manifest: Buffer.from(JSON.stringify(manifestOf())), code: Buffer.from(ECHO) };
  assert.deepEqual(await writePackage(parts), await writePackage(parts));
});

test('a package whose code or manifest was exchanged is refused', async () => {
  const publisher = await newPublisher(crypto);
  const whole = await packageOf(crypto, publisher);
  const { signature } = await readPackage(whole, crypto);
  const parts = await readParts(whole);
  for (const changed of [
    { ...parts, code: Buffer.from(`${ECHO} `) },
    { ...parts, manifest: Buffer.from(JSON.stringify(manifestOf({ permissions: { connect: ['evil.example:443'] } }))) },
  ]) {
    const read = await readPackage(await writePackage(changed, signature), crypto);
    await assert.rejects(verifyPackage(read, keysOf(publisher), crypto), refused('signature'));
  }
});

test('a package of an unknown publisher, or without a signature, is refused', async () => {
  const [known, other] = [await newPublisher(crypto), await newPublisher(crypto)];
  const read = await readPackage(await packageOf(crypto, other), crypto);
  await assert.rejects(verifyPackage(read, keysOf(known), crypto), refused('publisher'));
  const unsigned = await writePackage(await readParts(await packageOf(crypto, known)));
  await assert.rejects(readPackage(unsigned, crypto), refused('unsigned'));
});

test('a package with other files, or that is no ZIP file, is refused', async () => {
  await assert.rejects(readPackage(Buffer.from('no zip'), crypto), refused('zip'));
  for (const name of ['evil.mjs', 'manifest.json.exe', 'deep/manifest.json'])
    await assert.rejects(readPackage(await zipOf({ [name]: 'x' }), crypto), refused('files'));
  await assert.rejects(readPackage(await zipOf({ 'manifest.json': '{}' }), crypto), refused('files'));
});

test('a package that unfolds to more than its limit is refused', async () => {
  const bomb = await zipOf({ 'manifest.json': 'a'.repeat(9 * 1024 * 1024) });
  assert.ok(bomb.length < 100_000);
  await assert.rejects(readPackage(bomb, crypto), refused('large'));
});

test('a manifest is refused with the place of its problem', async () => {
  const publisher = await newPublisher(crypto);
  const wrong: readonly (readonly [object, string])[] = [
    [manifestOf({ id: 'http' }), '/id'],
    [manifestOf({ version: '0.1.0' }), '/version'],
    [manifestOf({ permissions: { connect: ['*'] } }), '/permissions/connect/0'],
    [manifestOf({ limits: { memoryMb: 100_000 } }), '/limits/memoryMb'],
    [manifestOf({ nodes: [nodeOf('echo'), nodeOf('echo')] }), '/nodes'],
  ];
  for (const [manifest, place] of wrong)
    await assert.rejects(packageOf(crypto, publisher, manifest), (error: { values: { place: string } }) => {
      refused('manifest')(error as never);
      assert.equal(error.values.place, place);
      return true;
    });
});

test('a configuration has only fields that the form knows, and no pattern', async () => {
  const publisher = await newPublisher(crypto);
  const text = { label: { 'zh-CN': '名', en: 'Name' } };
  for (const field of [
    { type: 'string', text, pattern: '(a+)+$' },
    { type: 'object', text },
    { type: 'string' },
    { type: 'integer', text, default: 'x' },
  ]) {
    const config = { type: 'object', properties: { field }, additionalProperties: false };
    await assert.rejects(packageOf(crypto, publisher, manifestOf({ nodes: [nodeOf('echo', { config })] })), refused('config'));
  }
});

test('names that the format does not allow are refused, and with them what no schema has checked', async () => {
  const publisher = await newPublisher(crypto);
  const text = { label: { 'zh-CN': '名', en: 'Name' } };
  const configWith = (properties: object) => ({ type: 'object', properties, additionalProperties: false });
  for (const properties of [
    { 'Bad-Key': { type: 'string', text, pattern: '^(a+)+$' } },
    { choice: { type: 'string', enum: ['a'], text: { ...text, options: { 'a\n': { anything: 1 } } } } },
  ]) {
    const nodes = [nodeOf('echo', { config: configWith(properties) })];
    await assert.rejects(packageOf(crypto, publisher, manifestOf({ nodes })), refused('config'));
  }
  const errors = { 'not a name': { kind: 'anything' } };
  await assert.rejects(packageOf(crypto, publisher, manifestOf({ errors })), refused('manifest'));
  const headers = { 'a\r\nb': 'x\r\ny' };
  assert.equal(Check(FetchRequest, { url: 'http://a', method: 'GET', headers }), false);
});

function refused(problem: string) {
  return (error: { code: string; values: { problem: string } }): boolean => {
    assert.equal(error.code, 'EXTENSION_PACKAGE');
    assert.equal(error.values.problem, problem);
    return true;
  };
}

function keysOf({ publicPem, scheme }: Publisher) {
  const { fingerprint } = crypto.importKey({ format: 'pem', pem: publicPem }, scheme, 'public');
  const key: PublisherKey = { _id: `acme:${fingerprint}`, publisher: 'acme', scheme, publicPem, fingerprint, by: 'sec', at: 0 };
  return { find: async (publisher: string, wanted: string) => (publisher === 'acme' && wanted === fingerprint ? key : undefined) };
}

async function zipOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
