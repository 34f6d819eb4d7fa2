/** The sdk against the real open front, with the example city's interfaces: signed both ways, through to hospital A. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { AppDocument, GrantDocument } from '../../gateways/documents/caller-documents.ts';
import type { GatewayPlan } from '../../gateways/documents/gateway-plan.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { createHospitalA } from '../../examples/city/hospital-a/hospital-a.ts';
import { createSigningClient, KQ1_SCHEMES, type Kq1Scheme, type SigningClient } from '../../sdk/public.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { createEncryption, type EncryptionFixture } from '../gateways/support/encryption.ts';
import { memoryState, startGateway, type TestGateway } from '../gateways/support/start-gateway.ts';

const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../../examples/city/${name}.json`, import.meta.url), 'utf8')) as T;
const crypto = createSoftwareCrypto();
const clients = new Map<Kq1Scheme, SigningClient>();
const encrypting = new Map<Kq1Scheme, SigningClient>();
const encryptionOf = () => ({
  platformKey: { keyId: 'p2', publicPem: encryption.platform.p2 },
  privatePem: encryption.privatePems['A10021']!,
});
let hospital: Awaited<ReturnType<typeof createHospitalA>>;
let running: TestGateway;
let encryption: EncryptionFixture;
let plan: GatewayPlan;
const made = new Map<Kq1Scheme, { secret: string } | { privatePem: string; publicPem: string }>();

before(async () => {
  hospital = await createHospitalA({ port: 0 });
  const platform = (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
  for (const scheme of KQ1_SCHEMES) made.set(scheme, await crypto.generateKey(scheme));
  encryption = await createEncryption({ A10021: 'SM2' });
  plan = {
    ...encryption.plan,
    number: 1,
    madeAt: Date.now(),
    interfaces: read<InterfaceDocument[]>('interfaces').map((document) =>
      document.target.kind === 'upstream' ? { ...document, target: { kind: 'upstream', instances: [hospital.address] } } : document,
    ),
    apps: read<AppDocument[]>('apps'),
    keys: [...made].map(([scheme, key]) => ({
      ...{ appId: 'A10021', keyId: scheme, revision: 0, scheme, state: 'ACTIVE', fingerprint: scheme, createdAt: 0 },
      ...('secret' in key ? { secret: key.secret } : { publicPem: key.publicPem }),
    })),
    grants: read<GrantDocument[]>('grants'),
    userTokenKeys: [],
    busConsumers: [],
    defaultAppId: 'CITIZENS',
    platformKey: { keyId: 'p1', scheme: 'SM2-SM3', ...platform },
  };
  running = await startGateway(plan);
  for (const [scheme, key] of made) {
    const options = { baseUrl: running.gateway.address, appId: 'A10021', keyId: scheme, scheme, platformKeys: { p1: platform.publicPem } };
    clients.set(scheme, createSigningClient({ ...options, key: 'secret' in key ? key.secret : key.privatePem }));
    encrypting.set(
      scheme,
      createSigningClient({ ...options, key: 'secret' in key ? key.secret : key.privatePem, encryption: encryptionOf() }),
    );
  }
});

after(async () => {
  for (const client of [...clients.values(), ...encrypting.values()]) await client.close();
  await running.stop();
  await hospital.stop();
});

test('a client with sessions opens one, signs with it, and opens another when it was lost', async () => {
  const clock = fakeClock(Date.now());
  const kept = memoryState();
  let isLost = false;
  const shared: SharedState = { ...kept, get: (key) => (isLost ? Promise.resolve(undefined) : kept.get(key)) };
  const gateway = await startGateway(plan, { clock, shared });
  const key = made.get('SM2-SM3') as { privatePem: string };
  const client = createSigningClient({
    ...{ baseUrl: gateway.gateway.address, appId: 'A10021', keyId: 'SM2-SM3', scheme: 'SM2-SM3', key: key.privatePem, clock },
    ...{ platformKeys: { p1: plan.platformKey.publicPem }, encryption: encryptionOf(), sessions: true },
  });
  const fetched = async () => {
    const { status, verified, headers } = await client.fetch('/open/v1/slots?department=02&date=2026-01-05');
    assert.deepEqual([status, verified], [200, true]);
    return headers['x-kq-keyid']!;
  };
  const first = await fetched();
  assert.match(first, /^s_/);
  assert.equal(await fetched(), first);
  isLost = true;
  await clock.advance(3_000);
  const body = { hospital: 'A', department: '01', date: '2026-01-05', patient: { patientId: 'P000002', name: '虚构丙甲' } };
  assert.equal((await client.fetch('/open/v1/appointments', { body })).status, 401, 'what may be done twice is not repeated');
  isLost = false;
  const second = await fetched();
  assert.notEqual(second, first);
  await clock.advance(29.5 * 60_000);
  assert.notEqual(await fetched(), second, 'a session about to end is replaced');
  await client.close();
  const stopped = gateway.stop();
  await clock.advance(10_000);
  await stopped;
});

for (const scheme of KQ1_SCHEMES) {
  test(`${scheme}: an encrypted call reaches the flow as its content, and its encrypted answer opens after it verified`, async () => {
    const body = { hospital: 'A', department: '01', date: '2026-01-05', patient: { patientId: 'P000002', name: '虚构丙甲' } };
    for (let round = 0; round < 2; round++) {
      const answer = await encrypting.get(scheme)!.fetch('/open/v1/appointments', { body, idempotencyKey: `enc-${scheme}-${round}` });
      assert.deepEqual([answer.status, answer.verified, answer.headers['x-kq-enc']], [200, true, 'SM4-CBC-HSM3']);
      assert.deepEqual((answer.json() as { body: unknown }).body, body);
    }
  });
}

for (const scheme of KQ1_SCHEMES) {
  test(`${scheme}: a call reaches hospital A, another the flow, and both answers verify`, async () => {
    const slots = await clients.get(scheme)!.fetch('/open/v1/slots?department=02&date=2026-01-05');
    assert.deepEqual([slots.status, slots.verified], [200, true]);
    assert.equal((slots.json() as { slots: { departmentCode: string }[] }).slots[0]?.departmentCode, '02');

    const body = { hospital: 'A', department: '01', date: '2026-01-05', patient: { patientId: 'P000002', name: '虚构丙甲' } };
    const booked = await clients.get(scheme)!.fetch('/open/v1/appointments', { body, idempotencyKey: `k-${scheme}` });
    assert.deepEqual([booked.status, booked.verified], [200, true]);
    assert.deepEqual((booked.json() as { body: unknown }).body, body);
  });
}

test('a refusal after authentication is signed and verifies', async () => {
  const refused = await clients.get('SM2-SM3')!.fetch('/open/v1/appointments', { body: { hospital: 'A' }, idempotencyKey: 'k' });
  assert.deepEqual([refused.status, refused.verified, (refused.json() as { code: string }).code], [422, true, 'GW42201']);
});
