/** Two gateway processes with one shared state: one is drained, with a status port each, as a load balancer sees them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { createHealth } from '../../../engine/host/health.ts';
import { listenStatus } from '../../../engine/host/status-listener.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import type { HeardReplies } from '../../../gateways/documents/gateway-questions.ts';
import { createNodeSeal } from '../../../gateways/plan/create-node-seal.ts';
import { createAskGateways, replyToQuestions } from '../../../gateways/remote/ask-gateways.ts';
import { createReply } from '../../../gateways/remote/reply-about-gateways.ts';
import { eventually } from '../../conformance/eventually.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../support/city-plan.ts';
import { callSigned, echo, memoryState, startGateway } from '../support/start-gateway.ts';

const clock = wallClock();
const key = await createTestKey('HMAC-SM3', 'app');
const plan = await buildPlan([key], [buildInterface()]);

async function lab(t: TestContext) {
  const channel = memoryState();
  const seal = createNodeSeal(randomBytes(32));
  const ask = createAskGateways({ channel, seal, clock, expected: () => Promise.resolve(2) });
  const join = async (processId: string) => {
    let held: Promise<void> = Promise.resolve();
    const { gateway, logFolder, stop } = await startGateway(plan, {
      reply: async (call) => {
        await held;
        return echo(call);
      },
    });
    const reply = createReply({ folder: logFolder, processId, seal, clock, gateways: () => ({ open: gateway }) });
    const leave = await replyToQuestions({ channel, seal, clock, processId, log: silentLogger, reply });
    const health = createHealth(clock);
    health.drainWhile(() => gateway.stats().isDraining);
    const status = await listenStatus({
      ...{ host: '127.0.0.1', port: 0 },
      report: () => health.report(),
      metricsText: () => Promise.resolve(''),
    });
    t.after(async () => {
      leave();
      await status.close();
      await stop();
    });
    return {
      gateway,
      ready: async () => (await fetch(`${status.address}/readyz`)).status,
      call: async (headers = {}) => callSigned(gateway, await signRequest(key), headers),
      /** Calls do not end until the returned function is called. */
      hold: () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        held = promise;
        return resolve;
      },
    };
  };
  return { ask, first: await join('p1'), second: await join('p2') };
}

test('a drained process is not ready, ends its calls, serves what still arrives, and returns to service', async (t) => {
  const { ask, first, second } = await lab(t);
  const release = first.hold();
  const running = first.call({ connection: 'keep-alive' });
  await eventually(() => first.gateway.stats().inFlight === 1);

  const heard = await ask({ kind: 'drain', processId: 'p1', isDraining: true });
  assert.deepEqual(heard, {
    replies: [{ processId: 'p1', reply: { kind: 'drain', gateways: [{ front: 'open', inFlight: 1 }] } }],
    asked: 1,
  } satisfies HeardReplies);
  assert.deepEqual([await first.ready(), await second.ready()], [503, 200]);
  assert.equal(second.gateway.stats().isDraining, false);

  release();
  const ended = await running;
  assert.deepEqual([ended.status, ended.headers['connection']], [200, 'close']);
  const late = await first.call({ connection: 'keep-alive' });
  assert.deepEqual([late.status, late.headers['connection']], [200, 'close'], 'the load balancer has not left yet');
  await eventually(() => first.gateway.stats().inFlight === 0);

  await ask({ kind: 'drain', processId: 'p1', isDraining: false });
  assert.equal(await first.ready(), 200);
  const after = await first.call({ connection: 'keep-alive' });
  assert.deepEqual([after.status, after.headers['connection']], [200, 'keep-alive']);
  assert.deepEqual(
    first.gateway.events().map(({ kind }) => kind),
    ['drain-ended', 'drain-started'],
  );
  assert.deepEqual(second.gateway.events(), []);
});

test('asked twice, it drains once; a process that is gone does not reply, and no other does', async (t) => {
  const { ask, first, second } = await lab(t);
  for (let i = 0; i < 2; i += 1) await ask({ kind: 'drain', processId: 'p2', isDraining: true });
  assert.equal(second.gateway.events().length, 1);
  assert.deepEqual(await ask({ kind: 'drain', processId: 'p3', isDraining: true }), { replies: [], asked: 1 });
  assert.equal(first.gateway.stats().isDraining, false);
});
