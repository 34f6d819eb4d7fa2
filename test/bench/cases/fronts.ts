/** What a call costs with every policy on, per request SM2, two processes on one port, and 10,000 interfaces. */
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { buildInterface, buildPlan, createTestKey, crypto, signRequest } from '../../gateways/support/city-plan.ts';
import { createEncryption } from '../../gateways/support/encryption.ts';
import { openSession } from '../../gateways/support/open-session.ts';
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { compare, measure, median, rounded } from '../measure/compare.ts';
import { startLoad, type LoadOrder, type LoadProgram } from '../measure/load.ts';
import { startProgram, type Program } from '../measure/program.ts';
import { withStarted, type Keep } from '../measure/with-started.ts';
import { BUS_AUTHORIZATION, busPlan } from './bus-plan.ts';

const CONNECTIONS = 50;
const PATH = '/bench/orders';
const USER = 'u-10021';
const BASELINE = 'fastify + undici pool.request, streaming';
/** 1 KB of JSON as hospitals send it. */
const BODY = JSON.stringify({
  hospital: 'H-0017',
  patientId: USER,
  department: '0301',
  slot: '2026-01-05T09:30:00+08:00',
  diagnosis: '2型糖尿病；高血压3级（很高危）',
  items: Array.from({ length: 6 }, (_, i) => ({ code: `A0${i}`, name: `空腹血糖测定 ${i}`, value: 6.1 + i, unit: 'mmol/L' })),
  note: '患者自述近两周头晕、乏力，无胸痛，遵医嘱复查。'.repeat(5),
});
const SCHEMA = {
  type: 'object',
  required: ['hospital', 'patientId', 'items'],
  properties: {
    hospital: { type: 'string', pattern: '^H-[0-9]{4}$' },
    patientId: { type: 'string', maxLength: 40 },
    note: { type: 'string', maxLength: 2000 },
    items: {
      type: 'array',
      maxItems: 50,
      items: { type: 'object', required: ['code'], properties: { code: { type: 'string' }, value: { type: 'number' } } },
    },
  },
};
const ANSWER = JSON.stringify({ code: 0, data: Array.from({ length: 8 }, (_, i) => ({ id: `R-${i}`, left: i * 3, fee: '25.00' })) });
const HEADERS = { 'content-type': 'application/json' };

export const frontCases: readonly BenchCase[] = [
  { name: 'open-front-full', run: runOpenFull },
  { name: 'user-front-full', run: runUserFull },
  { name: 'open-front-sm2', run: runSm2 },
  { name: 'bus-two-processes', run: runTwoProcesses },
  { name: 'bus-10000', run: runManyInterfaces },
];

/** All policies that an interface can switch on, but for the cache (a hit makes no call) and compressed bodies. */
function everyPolicy(upstream: string, front: 'open' | 'user', keyedBy: readonly string[]): Partial<InterfaceDocument> {
  const instances = [{ address: upstream, weight: 1 }];
  return {
    ...{ front, method: 'POST', path: PATH, requestSchema: SCHEMA, log: 'full' },
    target: {
      kind: 'upstream',
      groups: [
        { name: 'v1', instances },
        { name: 'v2', instances },
      ],
      balancing: 'two-choices',
    } as InterfaceDocument['target'],
    policies: {
      'ip-list': { deny: ['192.0.2.0/24', '2001:db8::/32'] },
      'header-allow-list': { allow: ['content-type'] },
      'sql-injection': { mode: 'block', base64: 'monitor' },
      xss: { mode: 'block', base64: 'monitor' },
      'rate-limit': { limits: keyedBy.map((by) => ({ by, limit: 1_000_000, periodMs: 1000 })) },
      quota: { quotas: [{ by: 'app', period: 'day', limit: 1_000_000_000 }] },
      ...{ concurrency: { maxConcurrency: 1000, initialConcurrency: 500 }, breaker: {}, fallback: { causes: ['breaker'], body: '{}' } },
      'grey-release': { group: 'v2', percent: 10 },
      mirror: { address: upstream, percent: 1 },
    },
  };
}

async function runOpenFull(): Promise<readonly BenchLine[]> {
  const key = await createTestKey('SM2-SM3', 'A10021');
  const encryption = await createEncryption({ A10021: 'SM2' });
  return compareWithProxy('open-front-full', 0.6, async (keep, upstream) => {
    const rules = [{ locator: 'json:$.hospital', subject: 'app.orgId', op: 'eq' }];
    const limited = ['domain', 'interface', 'app', 'app-interface', 'address'];
    const document = everyPolicy(upstream, 'open', limited);
    const plan = await buildPlan(
      [key],
      [buildInterface({ ...document, policies: { ...document.policies, 'object-access': { rules } } })],
      encryption.plan,
    );
    const apps = plan.apps.map((app) => ({ ...app, orgId: 'H-0017' }));
    const gateway = keep(await startProgram('gateway', { front: 'open', plan: { ...plan, apps } }));
    const { made } = await openSession(gateway, await signRequest(key, { path: '/open/v1/sessions', body: '' }), key, encryption);
    const sign = { secret: made.key, appId: key.appId, keyId: made.sessionId, maxPerSecond: 12_000 };
    return { gateway, order: { headers: HEADERS, sign } };
  });
}

async function runUserFull(): Promise<readonly BenchLine[]> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const [issuer, audience] = ['https://id.example.cn', 'kangqiao'];
  const publicPem = await exportSPKI(publicKey);
  const token = await new SignJWT({ uid: USER })
    .setProtectedHeader({ alg: 'ES256', kid: 'es' })
    .setSubject(USER)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
  return compareWithProxy('user-front-full', 0.6, async (keep, upstream) => {
    const rules = [{ locator: 'json:$.patientId', subject: 'token.uid', op: 'eq' }];
    const document = everyPolicy(upstream, 'user', ['domain', 'interface', 'app', 'app-interface', 'user', 'address']);
    const plan = await buildPlan([], [buildInterface({ ...document, policies: { ...document.policies, 'object-access': { rules } } })], {
      userTokenKeys: [{ kid: 'es', issuer, audience, alg: 'ES256', publicPem }],
    });
    const gateway = keep(await startProgram('gateway', { front: 'user', plan }));
    return { gateway, order: { headers: { ...HEADERS, authorization: `Bearer ${token}` } } };
  });
}

interface Subject {
  readonly gateway: Program;
  readonly order: Pick<LoadOrder, 'headers' | 'sign'>;
}

async function compareWithProxy(
  name: string,
  target: number,
  start: (keep: Keep, upstream: string) => Promise<Subject>,
): Promise<readonly BenchLine[]> {
  return withStarted(async (keep) => {
    const { upstream, load, order } = await startCommon(keep);
    const proxy = keep(await startProgram('fastify-proxy', { upstream, path: PATH }));
    const { gateway, order: own } = await start(keep, upstream);
    const figures = await compare(load, { program: gateway, order: { ...order, ...own } }, { program: proxy, order });
    return [{ case: name, ...figures, target: `CPU ratio >= ${target}`, isReached: figures.cpuRatio >= target, baseline: BASELINE }];
  });
}

async function startCommon(keep: Keep) {
  const service = keep(await startProgram('upstream', { text: ANSWER }));
  const order = { method: 'POST', path: PATH, headers: HEADERS, body: BODY, connections: CONNECTIONS };
  return { upstream: `http://127.0.0.1:${service.port}`, load: keep(await startLoad()), order };
}

/** One request is one signature checked and one made. */
async function runSm2(): Promise<readonly BenchLine[]> {
  const { privatePem, publicPem } = (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
  const key = await createTestKey('SM2-SM3', 'A10021', { publicPem });
  return withStarted(async (keep) => {
    const { upstream, load, order } = await startCommon(keep);
    const target = { kind: 'upstream' as const, instances: [upstream] };
    const plan = await buildPlan([key], [buildInterface({ method: 'POST', path: PATH, target })]);
    const gateway = keep(await startProgram('gateway', { front: 'open', plan }));
    const limit = keep(await startProgram<{ durationMs: number }, number>('sm2-limit', {}));
    const sign = { scheme: 'SM2-SM3' as const, secret: privatePem, appId: key.appId, keyId: key.keyId, maxPerSecond: 2_500 };
    const side = { program: gateway, order: { ...order, sign } };
    await measure(load, side, 3_000);
    const rounds: { readonly own: number; readonly pure: number; readonly perSecond: number }[] = [];
    for (let round = 0; round < 5; round++) {
      const pure = await limit.ask({ durationMs: 1_000 });
      const { cpuMicros: own, perSecond } = await measure(load, side, 1_000);
      rounds.push({ own, pure, perSecond });
    }
    const ratio = rounded(median(rounds.map(({ own, pure }) => pure / own)));
    const of = (name: 'own' | 'pure' | 'perSecond') => Math.round(median(rounds.map((round) => round[name])));
    return [
      {
        ...{ case: 'open-front-sm2', perSecond: of('perSecond'), ratio, cpuMicros: of('own'), baselineCpuMicros: of('pure') },
        ...{ target: 'ratio >= 0.9', isReached: ratio >= 0.9, baseline: 'SM2 alone: one signature checked, one made' },
      },
    ];
  });
}

/** Two processes share a port as those of `gateway --processes 2` do. The baseline is one process with the same plan. */
async function runTwoProcesses(): Promise<readonly BenchLine[]> {
  return withStarted(async (keep) => {
    const { upstream, load, order } = await startCommon(keep);
    const plan = await busPlan([{ method: 'POST', path: PATH, target: { kind: 'upstream', instances: [upstream] } }]);
    const start = async (sharedPort?: number) =>
      keep(await startProgram<object, GatewayAnswer>('gateway', { front: 'bus', plan, sharedPort }));
    const one = await start();
    const first = await start(0);
    const pair = [first, await start(first.port)];
    const cpuMs = async () => (await Promise.all(pair.map((each) => each.cpuMs()))).reduce((sum, ms) => sum + ms, 0);
    const called = { ...order, headers: { ...order.headers, authorization: BUS_AUTHORIZATION } };
    const figures = await compare(load, { program: { port: first.port, cpuMs }, order: called }, { program: one, order: called });
    const shares = await sharesOf(load, { ...called, port: first.port, connections: 400, durationMs: 3_000 }, pair);
    const isReached = figures.cpuRatio >= 0.9 && shares.every((share) => share >= 0.4 && share <= 0.6);
    const target = 'CPU ratio >= 0.9, connections 40 to 60 % each';
    return [{ case: 'bus-two-processes', ...figures, shares: shares.map(rounded), target, isReached, baseline: 'one process' }];
  });
}

interface GatewayAnswer {
  readonly connections: number;
}

/** The share of the connections that each process holds in the middle of a load. */
async function sharesOf(
  load: LoadProgram,
  order: LoadOrder,
  gateways: readonly Program<object, GatewayAnswer>[],
): Promise<readonly number[]> {
  const running = load.ask(order);
  await new Promise((resolve) => setTimeout(resolve, order.durationMs / 2));
  const counts = await Promise.all(gateways.map(async (gateway) => (await gateway.ask({})).connections));
  await running;
  const sum = counts.reduce((total, count) => total + count, 0);
  return counts.map((count) => count / sum);
}

async function runManyInterfaces(): Promise<readonly BenchLine[]> {
  return withStarted(async (keep) => {
    const { upstream, load, order } = await startCommon(keep);
    const plan = await busPlan([{ method: 'POST', path: PATH, target: { kind: 'upstream', instances: [upstream] } }]);
    const one = keep(await startProgram('gateway', { front: 'bus', plan }));
    const many = keep(await startProgram('gateway', { front: 'bus', plan, more: 9_999 }));
    const called = { ...order, headers: { ...order.headers, authorization: BUS_AUTHORIZATION } };
    const figures = await compare(load, { program: many, order: called }, { program: one, order: called });
    return [{ case: 'bus-10000', ...figures, target: 'CPU ratio >= 0.9', isReached: figures.cpuRatio >= 0.9, baseline: 'one interface' }];
  });
}
