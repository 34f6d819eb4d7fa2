/** Starts a real gateway on a free port with TLS, an in-process shared state and a flow that the test writes. */
import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { silentLogger, silentMetrics, type Logger, type Metrics, type Tracer } from '../../../engine/contract/values/observe.ts';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { OutboundGuard } from '../../../engine/contract/node/outbound-guard.ts';
import type { SharedState } from '../../../engine/contract/ports/shared-state.ts';
import type { FlowCall, FlowResult, RunFlow } from '../../../engine/contract/node/run-flow.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import type { GatewaySettings } from '../../../gateways/settings.ts';
import { memoryQuotas } from './memory-quotas.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { createGateway } from '../../../gateways/fronts/create-gateway.ts';
import type { Gateway, GatewayOptions } from '../../../gateways/fronts/gateway-options.ts';
import type { Inside } from '../../../gateways/forward/open-inside.ts';
import { createPlanFeed, type PlanFeed } from '../../../gateways/plan/create-plan-feed.ts';
import { crypto, type SignedRequest } from './city-plan.ts';
import { testSeal } from './test-seal.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';
import { anywhere } from '../../../engine/testing/anywhere.ts';

export interface TestGateway {
  readonly gateway: Gateway;
  readonly feed: PlanFeed;
  readonly logFolder: string;
  readonly calls: FlowCall[];
  stop(): Promise<void>;
}

export type Settings = Partial<Pick<GatewaySettings, 'tls' | 'trustedProxies' | 'limits' | 'forwardNodes' | 'domains' | 'zone'>>;

/** All traffic of a test comes from one address and, as a rule, of one app. */
const UNLIMITED = { maxRequestsPerIp: 1_000_000, maxRequestsPerApp: 1_000_000 };

export async function startGateway(
  plan: GatewayPlan | undefined,
  options: {
    front?: GatewayOptions['front'];
    settings?: Settings;
    reply?: (call: FlowCall) => FlowResult | Promise<FlowResult>;
    shared?: SharedState;
    inside?: Inside;
    tracer?: Tracer;
    logger?: Logger;
    metrics?: Metrics;
    outbound?: OutboundGuard;
    clock?: Clock;
    policies?: GatewayOptions['policies'];
  } = {},
): Promise<TestGateway> {
  const feed = createPlanFeed();
  if (plan !== undefined) feed.publish(plan);
  const calls: FlowCall[] = [];
  const runFlow: RunFlow = {
    mode: () => 'sync',
    call: async (call) => {
      calls.push(call);
      return (options.reply ?? echo)(call);
    },
  };
  const logFolder = await mkdtemp(join(tmpdir(), 'kq-gateway-'));
  const gateway = await createGateway({
    outbound: options.outbound ?? anywhere,
    ...{
      front: options.front ?? 'open',
      planSource: feed,
      runFlow,
      crypto,
      shared: options.shared ?? memoryState(),
      quotas: memoryQuotas(),
      clock: options.clock ?? wallClock(),
      logger: options.logger ?? silentLogger,
      metrics: options.metrics ?? silentMetrics,
      tracer: options.tracer,
      ...(options.inside === undefined ? {} : { inside: options.inside }),
      ...(options.policies === undefined ? {} : { policies: options.policies }),
    },
    sharedSeal: testSeal,
    seal: testSeal,
    settings: {
      host: '127.0.0.1',
      port: 0,
      trustedProxies: [],
      ...options.settings,
      limits: { ...UNLIMITED, ...options.settings?.limits },
    },
    logFolder,
  });
  return {
    ...{ gateway, feed, logFolder, calls },
    async stop() {
      await gateway.stop();
      await rm(logFolder, { recursive: true, force: true });
    },
  };
}

export function echo(call: FlowCall): FlowResult {
  return {
    outcome: 'replied',
    executionId: 'exe_1',
    repeated: false,
    reply: { status: 200, headers: {}, message: createMessage(call.message.data) },
  };
}

export function memoryState(): SharedState {
  return createMemorySharedState({ clock: wallClock() });
}

let certificate: Promise<{ key: string; cert: string }> | undefined;

/** One self-signed certificate per test process. */
export function testCertificate(): Promise<{ key: string; cert: string }> {
  return (certificate ??= makeCertificate());
}

export async function makeCertificate(): Promise<{ key: string; cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await globalThis.crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: '01', name: 'CN=localhost', keys, signingAlgorithm: algorithm },
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
  });
  const pkcs8 = Buffer.from(await globalThis.crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    cert: cert.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)!.join('\n')}\n-----END PRIVATE KEY-----\n`,
  };
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly code: string | undefined;
}

export interface PlainRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly tls?: { key?: string; cert?: string };
}

/** One call over its own socket. */
export function callGateway(gateway: { readonly port: number; readonly address?: string }, plain: PlainRequest): Promise<TestAnswer> {
  const send = gateway.address?.startsWith('https') === true ? tlsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      {
        ...{
          host: '127.0.0.1',
          port: gateway.port,
          method: plain.method ?? 'GET',
          path: plain.target,
          agent: false,
          rejectUnauthorized: false,
        },
        headers: {
          host: 'localhost',
          ...plain.headers,
          ...(plain.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(plain.body)) }),
        },
        ...plain.tls,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          resolve({ status: response.statusCode!, headers: response.headers as Record<string, string>, body, code: codeOf(body) });
        });
      },
    );
    request.on('error', reject);
    request.end(plain.body);
  });
}

export function callSigned(
  gateway: { readonly port: number; readonly address?: string },
  signed: SignedRequest,
  extra: Readonly<Record<string, string>> = {},
  tls: PlainRequest['tls'] = {},
): Promise<TestAnswer> {
  return callGateway(gateway, {
    tls,
    method: signed.method,
    target: signed.query === '' ? signed.path : `${signed.path}?${signed.query}`,
    headers: { host: signed.host, ...Object.fromEntries(signed.headers), authorization: signed.authorization, ...extra },
    ...(signed.body.length > 0 ? { body: signed.body } : {}),
  });
}

function codeOf(body: Buffer): string | undefined {
  try {
    return (JSON.parse(body.toString()) as { code?: string }).code;
  } catch {
    return undefined;
  }
}
