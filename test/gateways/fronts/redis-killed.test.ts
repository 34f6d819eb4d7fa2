// @never-rerun: a single failure is a failure.
/** Two gateway processes on one port, and a real Redis that is killed under load. */
import assert from 'node:assert/strict';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { BUS_AUTHORIZATION, busPlan } from '../../bench/cases/bus-plan.ts';
import { startProgram, type Program } from '../../bench/measure/program.ts';
import type { GatewayReport } from '../../bench/programs/gateway.ts';
import { eventually } from '../../conformance/eventually.ts';
import { prepareRedis, startRedis, type RedisServer } from '../../servers/redis.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../support/city-plan.ts';

const skip = prepareRedis() ?? false;
const CALLERS = 10;
const LIMIT = 40;
const PERIOD_MS = 1_000;
const LIMITED = '/bus/v1/limited';

test('Redis killed under load: only calls that need a nonce are refused, limits degrade, and all comes back', { skip }, async (t) => {
  const redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'everysec'] });
  t.after(() => redis.stop());
  const target = { kind: 'upstream' as const, instances: [await startService(t)] };
  const key = await createTestKey('HMAC-SM3', 'A10021');
  const limit = { 'rate-limit': { limits: [{ by: 'interface', limit: LIMIT, periodMs: PERIOD_MS }] } };
  const open = await startPair(t, redis, 'open', await buildPlan([key], [buildInterface({ target })]));
  const bus = await startPair(
    t,
    redis,
    'bus',
    await busPlan([
      { interfaceId: 'ifc_free', method: 'GET', path: '/bus/v1/free', target },
      { interfaceId: 'ifc_limited', method: 'GET', path: LIMITED, target, policies: limit },
    ]),
  );
  const startedIn = Math.floor(Date.now() / 5_000);
  await eventually(async () => {
    const counts = [startedIn + 1, startedIn + 2].map((period) => redis.command('GET', `kq:count:gateways:bus:${period}`));
    return (await Promise.all(counts)).some((reply) => /\r\n2\r\n/.test(reply));
  });

  const authorization = { authorization: BUS_AUTHORIZATION };
  const load = startLoad(
    {
      signed: async (port, agent) => {
        const { path, headers, body, authorization: made } = await signRequest(key);
        return call(agent, port, 'POST', path, { ...Object.fromEntries(headers), authorization: made }, body);
      },
      free: (port, agent) => call(agent, port, 'GET', '/bus/v1/free', authorization),
      limited: (port, agent) => call(agent, port, 'GET', LIMITED, authorization),
    },
    { signed: open.port, free: bus.port, limited: bus.port },
  );
  t.after(() => load.stop());

  await eventually(() =>
    Promise.resolve(load.count('signed', '200') > 200 && load.count('free', '200') > 200 && load.count('limited', '429 GW42901') > 0),
  );
  assert.deepEqual(load.outcomes(), { free: ['200'], limited: ['200', '429 GW42901'], signed: ['200'] });

  await redis.kill();
  load.begin();
  await eventually(async () => (await bus.kinds()).some((kinds) => kinds.includes('rate-degraded')));
  await eventually(() => Promise.resolve(load.count('signed', '503 GW50303') > 200 && load.count('limited', '200') > 2 * LIMIT));
  const down = load.begin();
  assert.deepEqual(down.outcomes, { free: ['200'], limited: ['200', '429 GW42901'], signed: ['503 GW50303'] });
  const allowed = LIMIT * (down.elapsedMs / PERIOD_MS + 3);
  assert.ok(down.passed <= allowed, `${down.passed} calls of the limited interface passed, ${allowed} may`);
  for (const gateway of bus.gateways)
    for (const event of (await gateway.ask({})).events.filter(({ kind }) => kind === 'rate-degraded'))
      assert.equal(event.values?.['gateways'], 2);

  for (const kinds of await open.kinds()) {
    const nonces = kinds.filter((kind) => kind.startsWith('nonces-'));
    assert.equal(nonces[0], 'nonces-down');
    assert.ok(nonces.length < 10, 'an event for the outage, not for each call');
  }

  await redis.restart();
  await eventually(async () => (await bus.kinds()).some((kinds) => kinds.includes('rate-restored')));
  await eventually(() => Promise.resolve(load.count('signed', '200') > 200));
  load.begin();
  await eventually(() => Promise.resolve(load.count('signed', '200') > 200 && load.count('limited', '200') > 0));
  await load.stop();
  assert.deepEqual(load.outcomes(), { free: ['200'], limited: ['200', '429 GW42901'], signed: ['200'] });
});

async function startService(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Two processes of one front on one port. */
async function startPair(t: TestContext, redis: RedisServer, front: 'open' | 'bus', plan: GatewayPlan) {
  const start = async (sharedPort: number) => {
    const program = await startProgram<object, GatewayReport>('gateway', { front, plan, sharedPort, sharedAddress: redis.address });
    t.after(() => program.stop());
    return program;
  };
  const first = await start(0);
  const gateways: readonly Program<object, GatewayReport>[] = [first, await start(first.port)];
  const kinds = () => Promise.all(gateways.map(async (gateway) => (await gateway.ask({})).events.map(({ kind }) => kind)));
  return { port: first.port, gateways, kinds };
}

type Call = (port: number, agent: Agent) => Promise<string>;

/** Calls without a pause, from `CALLERS` callers of each kind. `begin` starts a new phase and returns what the last one saw. */
function startLoad<Kind extends string>(calls: Readonly<Record<Kind, Call>>, ports: Readonly<Record<Kind, number>>) {
  const agents: Agent[] = [];
  let isStopped = false;
  let phase = { number: 0, startedAt: performance.now(), seen: new Map<string, number>() };
  const run = async (kind: Kind) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    while (!isStopped) {
      const startedIn = phase;
      const outcome = await calls[kind](ports[kind], agent);
      // A call that was under way at the change belongs to neither phase.
      if (startedIn === phase) phase.seen.set(`${kind} ${outcome}`, (phase.seen.get(`${kind} ${outcome}`) ?? 0) + 1);
    }
  };
  const kinds = Object.keys(calls) as Kind[];
  const running = Promise.all(kinds.flatMap((kind) => Array.from({ length: CALLERS }, () => run(kind))));
  const count = (kind: Kind, outcome: string) => phase.seen.get(`${kind} ${outcome}`) ?? 0;
  const outcomes = () =>
    Object.fromEntries(
      kinds
        .sort()
        .map((kind) => [
          kind,
          [...phase.seen.keys()].flatMap((key) => (key.startsWith(`${kind} `) ? [key.slice(kind.length + 1)] : [])).sort(),
        ]),
    );
  return {
    count,
    outcomes,
    begin() {
      const ended = { outcomes: outcomes(), passed: phase.seen.get('limited 200') ?? 0, elapsedMs: performance.now() - phase.startedAt };
      phase = { number: phase.number + 1, startedAt: performance.now(), seen: new Map() };
      return ended;
    },
    async stop() {
      isStopped = true;
      await running;
      for (const agent of agents) agent.destroy();
    },
  };
}

/** Returns the status, and the code of a refusal. */
function call(agent: Agent, port: number, method: string, path: string, headers: Record<string, string>, body?: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const sent = httpRequest({ agent, port, host: '127.0.0.1', method, path, headers: { host: 'localhost', ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve([response.statusCode, ...(/GW\d{5}/.exec(text) ?? [])].join(' ')));
    });
    sent.on('error', (error) => resolve(`no answer: ${error.message}`));
    sent.end(body);
  });
}
