/** A real service behind real gateways of all fronts, and callers of each of them: what the tests of the cache share. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import type { FakeClock } from '../../../engine/testing/fake-clock.ts';
import type { Front } from '../../../engine/contract/access/access.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { buildInterface, buildPlan, createTestKey, crypto, signRequest, type TestKey } from '../support/city-plan.ts';
import { callGateway, callSigned, startGateway, type TestAnswer, type TestGateway } from '../support/start-gateway.ts';

export interface Service {
  readonly address: string;
  /** The requests that came, in their order. */
  readonly seen: IncomingMessage[];
  behave: (request: IncomingMessage, response: ServerResponse, count: number) => void;
}

/** By default it answers with the number of the call. */
export async function startService(t: TestContext): Promise<Service> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    service.seen.push(request);
    service.behave(request, response, service.seen.length);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const service: Service = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    behave: (_request, response, count) => void response.end(`answer ${count}`),
  };
  return service;
}

/** An interface of a service with the policy `cache`. */
export function cachedInterface(
  service: Service,
  front: Front,
  cache: Record<string, unknown>,
  fields: Partial<InterfaceDocument> = {},
): InterfaceDocument {
  const path = `/${front}/v1/beds/:id`;
  return buildInterface({
    ...{ interfaceId: `ifc_${front}`, front, method: 'GET', path, log: 'full' },
    target: { kind: 'upstream', instances: [service.address] },
    policies: { cache },
    ...fields,
  });
}

export interface Callers {
  readonly plan: GatewayPlan;
  readonly apps: readonly TestKey[];
  /** Calls a bus gateway as a consumer: `one` or `two`. */
  bus(gateway: TestGateway, who: string, target: string, more?: Parameters<typeof callGateway>[1] | object): Promise<TestAnswer>;
  /** Calls a user gateway with a token of this person, by POST if there is a JSON body. */
  user(gateway: TestGateway, who: string, target: string, headers?: Readonly<Record<string, string>>, body?: string): Promise<TestAnswer>;
  /** Calls an open gateway; the headers are signed. */
  open(gateway: TestGateway, app: TestKey, target: string, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>;
}

export async function createCallers(interfaces: readonly InterfaceDocument[], clock?: FakeClock): Promise<Callers> {
  const now = () => clock?.now() ?? Date.now();
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const apps = await Promise.all(['one', 'two'].map((appId) => createTestKey('HMAC-SM3', appId)));
  const plan = await buildPlan(apps, interfaces, {
    busConsumers: ['one', 'two'].map((appId) => ({ appId, tokenDigest: Buffer.from(crypto.digest('sm3', appId)).toString('hex') })),
    userTokenKeys: [{ kid: 'city', issuer: 'https://login', audience: 'kq', alg: 'ES256', publicPem: await exportSPKI(publicKey) }],
  });
  const tokens = new Map<string, string>();
  const tokenOf = async (who: string): Promise<string> => {
    const claims = new SignJWT({ level: 2 }).setProtectedHeader({ alg: 'ES256', kid: 'city' }).setSubject(who).setIssuer('https://login');
    const sec = Math.floor(now() / 1000);
    const token =
      tokens.get(who) ??
      (await claims
        .setAudience('kq')
        .setIssuedAt(sec)
        .setExpirationTime(sec + 86_400)
        .sign(privateKey));
    tokens.set(who, token);
    return token;
  };
  return {
    plan,
    apps,
    bus: ({ gateway }, who, target, more = {}) => {
      const { headers, ...rest } = more as { headers?: Record<string, string> };
      return callGateway(gateway, { target, ...rest, headers: { authorization: `Bearer ${who}`, ...headers } });
    },
    user: async ({ gateway }, who, target, headers = {}, body) =>
      callGateway(gateway, {
        ...{ target, headers: { authorization: `Bearer ${await tokenOf(who)}`, ...headers } },
        ...(body !== undefined && {
          method: 'POST',
          body,
          headers: { authorization: `Bearer ${await tokenOf(who)}`, 'content-type': 'application/json', ...headers },
        }),
      }),
    open: async ({ gateway }, app, target, headers = {}) => {
      const [path, query = ''] = target.split('?') as [string, string?];
      const signed = await signRequest(app, { method: 'GET', path, query, body: '', headers: Object.entries(headers), ts: now() });
      return callSigned(gateway, signed);
    },
  };
}

export async function startFront(
  t: TestContext,
  front: Front,
  plan: GatewayPlan,
  options: Parameters<typeof startGateway>[1] = {},
): Promise<TestGateway> {
  const started = await startGateway(plan, { front, ...options });
  t.after(() => started.stop());
  return started;
}

export function textOf(answer: TestAnswer): string {
  return answer.body.toString();
}
