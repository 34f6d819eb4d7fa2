import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Type } from 'typebox';
import { definePolicy, type FoundPolicy } from '../../../gateways/contract.ts';
import { loadPolicies } from '../../../gateways/pipeline/load-policies.ts';
import { createRandom } from '../../support/bombs/random.ts';
import { eventually } from '../../conformance/eventually.ts';
import { BUS_AUTHORIZATION, busPlan } from '../../bench/cases/bus-plan.ts';
import { callGateway, startGateway } from '../support/start-gateway.ts';
import { hostileBytes } from './hostile-requests.ts';
import { digestOf, startRecordingUpstream, type ReceivedRequest } from './recording-upstream.ts';

/** `KQ_TEST_HOSTILE=1000000` for the long run. */
const COUNT = Number(process.env['KQ_TEST_HOSTILE'] ?? 5000);
const SEED = Number(process.env['KQ_TEST_SEED'] ?? 13);
const CONNECTIONS = 128;
/** A request without its end is not answered; the client gives up after this time without a byte. */
const IDLE_MS = 200;
/** A connection hangs if it has no end after this time, though so many others ended since: a busy machine alone makes all slow. */
const HANGS_AFTER_MS = 30_000;
const HANGS_AFTER_OTHERS = 1_000;
const REPORT_EVERY = 100_000;

interface Judged extends Omit<ReceivedRequest, 'headers'> {
  readonly headers: Readonly<Record<string, string>>;
}

/** What the gateway adds itself. */
const ADDED = /^(host|connection|content-length|x-kq-trace|x-kq-appid|x-request-deadline|idempotency-key)$/;

test(`${COUNT} hostile inputs: no crash, no hang, and a service gets exactly what the gateway judged`, async (t) => {
  const upstream = await startRecordingUpstream();
  t.after(() => upstream.stop());
  const target = { kind: 'upstream' as const, instances: [`http://127.0.0.1:${upstream.port}`] };
  const judged = new Map<string, Judged>();
  const plan = await busPlan([
    { interfaceId: 'ifc_1', method: 'POST', path: '/bus/v1/things', target },
    ...(['GET', 'PUT', 'DELETE'] as const).map((method) => ({ interfaceId: `ifc_${method}`, method, path: '/bus/v1/things/:id', target })),
  ]);
  const started = await startGateway(plan, { front: 'bus', policies: [...(await loadPolicies()), witness(judged)] });
  t.after(() => started.stop());
  const random = createRandom(SEED);
  const statuses = new Map<string, number>();
  const worker = async () => {
    while (left > 0) {
      left--;
      for (const status of await exchange(started.gateway.port, hostileBytes(random, BUS_AUTHORIZATION)))
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      ended++;
      if (ended % REPORT_EVERY === 0) t.diagnostic(`${ended} inputs, ${compared} requests compared`);
      compare();
    }
  };
  let compared = 0;
  /** Compares what has arrived, so that a long run does not hold a million requests. */
  function compare(): void {
    for (const request of upstream.received.splice(0)) {
      const trace = request.headers.get('x-kq-trace') ?? '';
      const wanted = judged.get(trace);
      judged.delete(trace);
      assert.ok(wanted, `a request that was not judged, or a second time: ${JSON.stringify([request.method, request.target])}`);
      assert.deepEqual([request.method, request.target, request.bodyDigest], [wanted.method, wanted.target, wanted.bodyDigest]);
      for (const [name, value] of request.headers)
        if (!ADDED.test(name)) assert.equal(value, wanted.headers[name], `${name} of ${request.target}`);
      compared++;
    }
    assert.deepEqual(upstream.unreadable, []);
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  await eventually(() => Promise.resolve((compare(), started.gateway.stats().inFlight === 0)));
  const passed = statuses.get('200') ?? 0;
  t.diagnostic(`${compared} of them reached the service; responses: ${JSON.stringify(Object.fromEntries([...statuses].sort()))}`);
  assert.ok(compared >= passed && compared > COUNT / 10, 'enough of them are right');
  // 504: the request named a deadline that is over. 505: it was of HTTP/1.0.
  const unexpected = [...statuses.keys()].filter((status) => !/^(100|2..|4..|504|505)$/.test(status));
  assert.deepEqual(unexpected, []);
  const answer = await callGateway(started.gateway, { target: '/bus/v1/things/7', headers: { authorization: BUS_AUTHORIZATION } });
  assert.equal(answer.status, 200);
});

/** Notes each request right before its call. It passes all checks then. */
function witness(judged: Map<string, Judged>): FoundPolicy {
  const policy = definePolicy({
    ...{ name: 'witness', stage: 'mirror', fronts: ['bus'], text: { label: { 'zh-CN': '', en: '' }, help: { 'zh-CN': '', en: '' } } },
    options: Type.Object({}),
    isDefault: () => true,
    isOptional: () => false,
    compile: () => (exchange) => {
      const { traceId, method, rawPath, rawQuery, headers, body = Buffer.alloc(0) } = exchange;
      const seen = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value]));
      judged.set(traceId, {
        method,
        target: rawQuery === '' ? rawPath : `${rawPath}?${rawQuery}`,
        headers: seen,
        bodyDigest: digestOf(body),
      });
      return undefined;
    },
  });
  return { ...policy, group: 'target' };
}

/** Closes the connection after its response, if the gateway still reads requests there. */
const LAST = `GET /bus/v1/things/last HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${BUS_AUTHORIZATION}\r\nConnection: close\r\n\r\n`;

/** Connections that have ended so far. */
let ended = 0;
let left = COUNT;

/** Sends the bytes and a right request, and returns the statuses of all responses. */
function exchange(port: number, bytes: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(Buffer.from(bytes + LAST, 'latin1')));
    const endedBefore = ended;
    const hangs = setInterval(() => {
      if (ended - endedBefore < HANGS_AFTER_OTHERS && left > 0) return;
      socket.destroy();
      reject(new Error(`no end after ${HANGS_AFTER_MS} ms: ${JSON.stringify(bytes)}`));
    }, HANGS_AFTER_MS);
    socket.setTimeout(IDLE_MS, () => socket.end());
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(hangs);
      resolve([...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1]!));
    });
  });
}
