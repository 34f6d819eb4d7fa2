/** Gateways in the DMZ before bus gateways inside, over real TLS with certificates of their own. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import type { Tracer } from '../../../engine/contract/values/observe.ts';
import type { FlowCall, FlowResult } from '../../../engine/contract/node/run-flow.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import type { ForwardNode } from '../../../gateways/settings.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { openInside, type Inside } from '../../../gateways/forward/open-inside.ts';
import { buildInterface, buildPlan, createTestKey, type TestKey } from './city-plan.ts';
import { createEncryption, type EncryptionFixture } from './encryption.ts';
import { echo, makeCertificate, memoryState, startGateway, type TestGateway } from './start-gateway.ts';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface DmzOptions {
  readonly front?: 'open' | 'user';
  readonly certificate?: Certificate;
  /** Absent: it is handed its plan. */
  readonly given?: GatewayPlan;
  readonly tracer?: Tracer;
}

export interface DmzLab {
  readonly plan: GatewayPlan;
  readonly sm2: TestKey;
  readonly hmac: TestKey;
  /** Keys of the platform, and the encryption key of `sm2`'s app. */
  readonly encryption: EncryptionFixture;
  /** Known inside for the open front, for the user front, and not at all. */
  readonly certificates: { readonly open: Certificate; readonly user: Certificate; readonly strange: Certificate };
  /** What flows inside answer; `echo` until it is set. */
  reply: (call: FlowCall) => FlowResult | Promise<FlowResult>;
  citizenToken(): Promise<string>;
  startInner(tracer?: Tracer): Promise<TestGateway>;
  connect(ports: readonly number[], certificate: Certificate, ca?: string): Inside;
  /** In front of these gateways, or ports. It serves the plan that it is handed, and claims no nonce. */
  startDmz(inners: readonly (TestGateway | number)[], options?: DmzOptions): Promise<TestGateway>;
  /** To be ended with the lab, before what was owned earlier. */
  own(end: () => Promise<void>): void;
  close(): Promise<void>;
}

const TOKENS = { issuer: 'https://id.example.cn', audience: 'kangqiao' };

export const fingerprintOf = ({ cert }: Certificate) => new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();

/** `change` completes the plan of the gateways inside. */
export async function openDmzLab(change: (plan: GatewayPlan) => GatewayPlan = (plan) => plan): Promise<DmzLab> {
  const ending: (() => Promise<void>)[] = [];
  const [inside, open, user, strange] = await Promise.all([makeCertificate(), makeCertificate(), makeCertificate(), makeCertificate()]);
  const [sm2, hmac] = [await createTestKey('SM2-SM3', 'app-sm2'), await createTestKey('HMAC-SM3', 'app-hmac')];
  const issuer = await generateKeyPair('ES256');
  const shared = memoryState();
  const nodes: readonly ForwardNode[] = [
    { fingerprint: fingerprintOf(open), front: 'open', domains: ['city'] },
    { fingerprint: fingerprintOf(user), front: 'user', domains: ['city'] },
  ];
  const encryption = await createEncryption({ 'app-sm2': 'SM2' });
  const plan = change(await planOf([sm2, hmac], await exportSPKI(issuer.publicKey), await startService(ending), encryption.plan));
  const lab: DmzLab = {
    plan,
    encryption,
    sm2,
    hmac,
    certificates: { open, user, strange },
    reply: echo,
    citizenToken: () =>
      new SignJWT({ sub: 'citizen-1' })
        .setProtectedHeader({ alg: 'ES256', kid: 'es' })
        .setIssuer(TOKENS.issuer)
        .setAudience(TOKENS.audience)
        .setExpirationTime('1 min')
        .sign(issuer.privateKey),
    async startInner(tracer) {
      const settings = { tls: inside, forwardNodes: nodes };
      const started = await startGateway(plan, {
        front: 'bus',
        settings,
        shared,
        reply: (call) => lab.reply(call),
        ...(tracer && { tracer }),
      });
      lab.own(() => started.stop());
      return started;
    },
    connect(ports, certificate, ca = inside.cert) {
      const addresses = ports.map((port) => `https://localhost:${port}`);
      const connected = openInside({ addresses, tls: { ...certificate, ca }, clock: wallClock() });
      lab.own(() => connected.close());
      return connected;
    },
    async startDmz(inners, { front = 'open', certificate = open, given, tracer } = {}) {
      const ports = inners.map((one) => (typeof one === 'number' ? one : one.gateway.port));
      const connected = lab.connect(ports, certificate);
      const started = await startGateway(given ?? (await connected.newer(0)), {
        ...{ front, inside: connected, ...(tracer && { tracer }) },
        shared: { ...memoryState(), claimOnce: () => assert.fail('no nonce is claimed in the DMZ') },
      });
      lab.own(() => started.stop());
      return started;
    },
    own: (end) => void ending.push(end),
    async close() {
      for (const end of ending.reverse()) await end();
    },
  };
  return lab;
}

function planOf(keys: readonly TestKey[], publicPem: string, service: string, more: Partial<GatewayPlan>): Promise<GatewayPlan> {
  return buildPlan(
    keys,
    [
      buildInterface(),
      buildInterface({ interfaceId: 'ifc_read', method: 'GET', path: '/open/v1/reports/:id' }),
      buildInterface({ interfaceId: 'ifc_strict', path: '/open/v1/strict', requestSchema: { type: 'object', required: ['name'] } }),
      buildInterface({ interfaceId: 'ifc_short', method: 'GET', path: '/open/v1/short', deadlineMs: 50 }),
      buildInterface({ interfaceId: 'ifc_put_down', path: '/open/v1/put-down', idempotent: true }),
      buildInterface({
        ...{ interfaceId: 'ifc_ledger', path: '/open/v1/ledger', deadlineMs: 50 },
        target: { kind: 'upstream', instances: [service], honoursIdempotencyKey: false },
      }),
      buildInterface({ interfaceId: 'ifc_district', path: '/open/v1/district', domain: 'district' }),
      buildInterface({ interfaceId: 'ifc_user', front: 'user', method: 'GET', path: '/user/v1/reports' }),
      buildInterface({
        ...{ interfaceId: 'ifc_images', front: 'user', path: '/user/v1/images' },
        target: { kind: 'upstream', instances: [service] },
      }),
      buildInterface({ interfaceId: 'ifc_bus', front: 'bus', path: '/bus/v1/notes' }),
    ],
    { ...more, userTokenKeys: [{ kid: 'es', ...TOKENS, alg: 'ES256', publicPem }] },
  );
}

/** Counts what it is sent. */
async function startService(ending: (() => Promise<void>)[]): Promise<string> {
  const service = createServer((incoming, response) => {
    let size = 0;
    incoming.on('data', (chunk: Buffer) => (size += chunk.length));
    incoming.on('end', () => response.writeHead(201, ['set-cookie', 'a=1', 'set-cookie', 'b=2']).end(String(size)));
  });
  await once(service.listen(0, '127.0.0.1'), 'listening');
  ending.push(async () => void service.close());
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
}
