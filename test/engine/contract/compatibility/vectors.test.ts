/** docs/compatibility-vectors: requests that the openssl command line signed, as each profile reads them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PROFILE_NAMES, profileOfScheme } from '../../../../engine/contract/compatibility/profiles.ts';
import { derOfRawSm2Signature } from '../../../../engine/contract/kq1/kq1.ts';
import { createSoftwareCrypto } from '../../../../storage/crypto/software-crypto.ts';

interface Vectors {
  readonly publicPem: string;
  readonly cases: readonly {
    readonly name: string;
    readonly method: string;
    readonly target: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly signedText: string;
    readonly signature: string;
  }[];
}

const crypto = createSoftwareCrypto();
const AT = Date.UTC(2026, 0, 1);

for (const name of PROFILE_NAMES) {
  const profile = profileOfScheme(name)!;
  const file = new URL(`../../../../docs/compatibility-vectors/${name}.json`, import.meta.url);
  const { publicPem, cases } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
  const key = crypto.importKey({ format: 'pem', pem: publicPem }, profile.algorithm, 'public');

  for (const { name: title, method, target, headers, body, signedText, signature } of cases) {
    test(`${name}: ${title}`, async () => {
      const head = { method, target, query: target.split('?')[1] ?? '', header: (header: string) => headers[header] };
      assert.equal(profile.matches(head), true);
      const reading = profile.read(head, body)!;
      assert.equal(reading.signedText, signedText);
      assert.deepEqual([reading.appId, reading.signature, Math.floor(reading.signedAt / 1000)], ['A10021', signature, AT / 1000]);
      const bytes = Buffer.from(signature, 'base64');
      const standard = profile.signatureForm === 'raw' ? derOfRawSm2Signature(bytes)! : bytes;
      assert.equal(await crypto.verify(key, Buffer.from(signedText), standard), true);
      assert.equal(await crypto.verify(key, Buffer.from(`${signedText} `), standard), false);
    });
  }
}
