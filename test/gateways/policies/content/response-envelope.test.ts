/** The answer's half of encrypted bodies; what belongs to both halves is in `envelope.test.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import type { Exchange, Kq1Claim } from '../../../../gateways/contract.ts';
import { parseAuthorization } from '../../../../engine/contract/kq1/kq1.ts';
import policy from '../../../../gateways/policies/content/response-envelope.policy.ts';
import { createKeepers } from '../../../../gateways/pipeline/create-keepers.ts';
import { createTestKey, crypto, signRequest } from '../../support/city-plan.ts';
import { createEncryption } from '../../support/encryption.ts';
import { runPolicy } from '../../support/run-policy.ts';

const CIPHER = 'SM4-CBC-HSM3';

async function newCase() {
  const key = await createTestKey('SM2-SM3', 'app-sm2');
  const { plan } = await createEncryption({ 'app-sm2': 'SM2' });
  const document = plan.encryptionKeys[0]!;
  const receiver = crypto.importEncryptionKey(document.publicPem!, 'SM2', 'public');
  const { authorization } = await signRequest(key);
  const claim = { kind: 'kq1', authorization: parseAuthorization(authorization) } as Kq1Claim;
  const fields = { claim, envelope: { cipher: CIPHER, keyId: 'e1', receiver } } as const;
  return { fields, answer: (body: string, status = 200) => ({ status, headers: {}, body: Buffer.from(body) }) };
}

test('leaves an answer as it is when encryption was not decided, or there is nothing to encrypt', async () => {
  const { fields, answer } = await newCase();
  for (const exchange of [{ answer: answer('plain') }, { ...fields, answer: answer('') }, { ...fields, answer: answer('x', 204) }]) {
    const before = exchange.answer.body;
    const run = await runPolicy(policy, { exchange });
    assert.deepEqual([run.error, run.exchange.answer!.body, run.exchange.answer!.headers], [undefined, before, {}]);
  }
});

test('one content key serves ten minutes for one signing key, and never twice with the same iv', async () => {
  const clock = fakeClock();
  const { fields, answer } = await newCase();
  const keepers = createKeepers().of('ifc_book');
  const seal = async (more: Partial<Exchange> = {}) => {
    const { exchange } = await runPolicy(policy, { clock, keepers, exchange: { ...fields, answer: answer('{"a":1}'), ...more } });
    assert.equal(exchange.answer!.headers['x-kq-enc'], CIPHER);
    assert.equal(Buffer.from(exchange.plainAnswer!).toString(), '{"a":1}');
    return JSON.parse(Buffer.from(exchange.answer!.body!).toString()) as { ek: string; iv: string; kid: string };
  };
  const [first, second] = [await seal(), await seal()];
  assert.deepEqual([first.kid, first.ek === second.ek, first.iv === second.iv], ['e1', true, false]);
  const other = { ...fields.claim, authorization: { ...fields.claim.authorization, keyId: 'k2' } };
  assert.notEqual((await seal({ claim: other })).ek, first.ek);
  await clock.advance(10 * 60_000);
  assert.notEqual((await seal()).ek, first.ek);
});
