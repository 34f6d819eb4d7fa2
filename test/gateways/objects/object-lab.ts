/** A gateway of citizens before a service that logs what it got, with a token and a provider of relations. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { createMessage } from '../../../engine/contract/values/message.ts';
import type { FlowCall } from '../../../engine/contract/node/run-flow.ts';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import type { ObjectRuleSet } from '../../../gateways/documents/object-rules.ts';
import type { Gateway } from '../../../gateways/fronts/gateway-options.ts';
import type { PlanFeed } from '../../../gateways/plan/create-plan-feed.ts';
import { buildPlan } from '../support/city-plan.ts';
import { startGateway } from '../support/start-gateway.ts';

/** One request as the service got it. */
export interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ObjectLab {
  readonly gateway: Gateway;
  readonly feed: PlanFeed;
  readonly plan: GatewayPlan;
  readonly token: string;
  readonly seen: Seen[];
  readonly calls: FlowCall[];
  /** What the service answers, as JSON unless it is text. */
  answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown };
  tokenFor(claims: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
}

export interface LabOptions {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly family?: readonly (string | number)[];
  readonly salts?: Readonly<Record<string, string>>;
  readonly ruleSets?: readonly ObjectRuleSet[];
  readonly clock?: Clock;
}

export async function startObjectLab(
  interfaces: (service: string) => readonly InterfaceDocument[],
  options: LabOptions = {},
): Promise<ObjectLab> {
  const seen: Seen[] = [];
  const lab = { answer: { status: 200, body: {} } as ObjectLab['answer'] };
  const service = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      seen.push({ url: incoming.url!, headers: incoming.headers, body: Buffer.concat(chunks) });
      const { status, headers, body } = lab.answer;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body));
    });
  });
  await once(service.listen(0, '127.0.0.1'), 'listening');
  const documents = interfaces(`http://127.0.0.1:${(service.address() as AddressInfo).port}`);
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const plan = await buildPlan([], documents, {
    userTokenKeys: [{ kid: 'es', issuer: 'city', audience: 'bus', alg: 'ES256', publicPem: await exportSPKI(publicKey) }],
    ...(options.salts && { objectSalts: options.salts }),
    ...(options.ruleSets && { objectRuleSets: options.ruleSets }),
  });
  const started = await startGateway(plan, {
    front: 'user',
    ...(options.clock && { clock: options.clock }),
    reply: () => ({
      ...{ outcome: 'replied', executionId: 'exe_1', repeated: false },
      reply: { status: 200, headers: {}, message: createMessage({ ids: options.family ?? [] }) },
    }),
  });
  // A large plan is compiled in slices.
  while (started.gateway.applied() < plan.number) await new Promise((resolve) => setImmediate(resolve));
  const tokenFor = (claims: Readonly<Record<string, unknown>>) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'es' })
      .setSubject(typeof claims['sub'] === 'string' ? claims['sub'] : 'citizen-1')
      .setIssuer('city')
      .setAudience('bus')
      .setExpirationTime('2h')
      .sign(privateKey);
  return Object.assign(lab, {
    ...{ gateway: started.gateway, feed: started.feed, plan, seen, calls: started.calls, tokenFor },
    token: await tokenFor(options.claims ?? {}),
    async close() {
      await started.stop();
      service.closeAllConnections();
      service.close();
    },
  });
}
