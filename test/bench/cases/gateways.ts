/** The cost of a request through a front to an upstream service, compared with a bare proxy. */
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { buildInterface, buildPlan, createTestKey } from '../../gateways/support/city-plan.ts';
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { compare, type Side } from '../measure/compare.ts';
import { startLoad } from '../measure/load.ts';
import { startProgram } from '../measure/program.ts';
import { withStarted } from '../measure/with-started.ts';
import { BUS_AUTHORIZATION, busPlan } from './bus-plan.ts';

const CONNECTIONS = 50;
const PATH = '/bench/orders';
const HEADERS = { accept: 'application/json', 'user-agent': 'bench/1', 'content-type': 'application/json' };
const BODY = JSON.stringify({
  hospital: 'H-0017',
  department: '0301',
  patient: 'P-00042',
  slot: '2026-01-05T09:30:00+08:00',
  note: 'x'.repeat(120),
});
const ANSWER = JSON.stringify({
  code: 0,
  data: Array.from({ length: 8 }, (_, i) => ({ id: `R-${i}`, name: `slot ${i}`, left: i * 3, fee: '25.00' })),
});

export const gatewayCases: readonly BenchCase[] = [
  { name: 'bus-proxy', run: () => runBus('bus-proxy', 'GET', 1.1) },
  { name: 'bus-proxy-post', run: () => runBus('bus-proxy-post', 'POST', undefined) },
  { name: 'open-front', run: runOpen },
];

async function runBus(name: string, method: 'GET' | 'POST', target: number | undefined): Promise<readonly BenchLine[]> {
  const { 'content-type': _type, ...forGet } = HEADERS;
  const headers = method === 'GET' ? forGet : HEADERS;
  const order = { method, path: PATH, headers, body: method === 'GET' ? '' : BODY, connections: CONNECTIONS };
  const own = { ...order, headers: { ...headers, authorization: BUS_AUTHORIZATION } };
  return compareWithProxy(name, target, order, own, 'bus', (upstream) =>
    busPlan([{ method, path: PATH, target: { kind: 'upstream', instances: [upstream] } }]),
  );
}

async function runOpen(): Promise<readonly BenchLine[]> {
  const key = await createTestKey('HMAC-SM3', 'A10021');
  const order = { method: 'POST', path: PATH, headers: { 'content-type': 'application/json' }, body: BODY, connections: CONNECTIONS };
  const sign = { secret: key.document.secret!, appId: key.appId, keyId: key.keyId, maxPerSecond: 12_000 };
  return compareWithProxy('open-front', 0.7, order, { ...order, sign }, 'open', (upstream) =>
    buildPlan([key], [buildInterface({ method: 'POST', path: PATH, target: { kind: 'upstream', instances: [upstream] } })]),
  );
}

async function compareWithProxy(
  name: string,
  target: number | undefined,
  proxyOrder: Side['order'],
  ownOrder: Side['order'],
  front: 'open' | 'bus',
  planFor: (upstream: string) => Promise<GatewayPlan>,
): Promise<readonly BenchLine[]> {
  return withStarted(async (keep) => {
    const service = keep(await startProgram('upstream', { text: ANSWER }));
    const upstream = `http://127.0.0.1:${service.port}`;
    const proxy = keep(await startProgram('fastify-proxy', { upstream, path: PATH }));
    const gateway = keep(await startProgram('gateway', { front, plan: await planFor(upstream) }));
    const load = keep(await startLoad());

    const figures = await compare(load, { program: gateway, order: ownOrder }, { program: proxy, order: proxyOrder });
    const goal = target === undefined ? {} : { target: `ratio >= ${target}`, isReached: figures.ratio >= target };
    return [{ case: name, ...figures, ...goal, baseline: 'fastify + undici pool.request, streaming' }];
  });
}
