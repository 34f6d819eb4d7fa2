// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCallState } from '../../../control/adapters/call-states.ts';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { AdapterLimits, type Adapter } from '../../../engine/contract/node/adapter.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { defineNode, inPort, type NodeContext, okPort } from '../../../engine/contract/node/node.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, silent } from '../../support/model-flows.ts';

const text = { 'zh-CN': '测试', en: 'Test' };
const limits = Value.Default(AdapterLimits, {}) as AdapterLimits;
const adapter = (): Adapter => ({ adapterId: 'adp_a', protocol: 'http', settings: {}, charset: undefined, limits });

/** A node that calls a hospital; `call` is what the call does. */
function asking(call: (ctx: NodeContext<unknown>) => unknown) {
  return defineNode({
    ...{ type: 'test.ask', major: 1, kind: 'action', category: 'call', icon: 'x', text: { label: text, help: text } },
    ...{ config: Type.Object({}), ports: { in: [inPort], out: [okPort] }, effect: 'read', adapter: 'http' },
    prepare: () => async (ctx, message) => {
      await call(ctx);
      return { emit: { ok: [message] } };
    },
  });
}

const retry = { max: 2, baseMs: 1_000, factor: 2, capMs: 60_000, on: ['transient' as const] };
const durable = flowOf(
  [node('in', 'test.in'), node('ask', 'test.ask', {}, { adapter: 'adp_a', handling: { retry } })],
  [edge('in.out', 'ask')],
);

test('a call that was tried three times is one failed call and three attempts that failed', async (t) => {
  const lab = await openLab(durable, [asking(() => Promise.reject(new AppError('HTTP_UNREACHABLE', 'transient', 'down')))]);
  t.after(() => lab.close());
  const engine = await lab.start({ adapter });
  const executionId = await engine.take({});
  await lab.untilStatus(executionId, 'held');
  const [calls] = engine.calls.counts();
  assert.deepEqual([calls!.id, calls!.totals[0], calls!.totals[1], calls!.failures], ['adp_a', 1, 1, 3]);
  assert.equal(
    calls!.latency.reduce((sum, count) => sum + count, 0),
    3,
  );
  assert.equal(calls!.lastError!.code, 'HTTP_UNREACHABLE');
});

test('a call that goes on waiting for its retry has failed, once, whatever comes of it later', async (t) => {
  let isDown = true;
  const call = () => (isDown ? Promise.reject(new AppError('HTTP_UNREACHABLE', 'transient', 'down')) : undefined);
  const often = { retry: { ...retry, max: 100, factor: 1 } };
  const patient = flowOf(
    [node('in', 'test.in'), node('ask', 'test.ask', {}, { adapter: 'adp_a', handling: often })],
    [edge('in.out', 'ask')],
  );
  const lab = await openLab(patient, [asking(call)]);
  t.after(() => lab.close());
  const engine = await lab.start({ adapter });
  const executionId = await engine.take({});
  const counts = () => engine.calls.counts()[0];
  const told = await lab.until(() => (counts()?.failures ?? 0) >= 2 && counts());
  assert.deepEqual(told.recent, { calls: 1, refused: 0, failed: 1 });
  assert.equal(told.failedAttempts, told.failures, 'that it is tried still is told apart');
  isDown = false;
  await lab.untilStatus(executionId, 'completed');
  assert.deepEqual([counts()!.totals[0], counts()!.totals[1], counts()!.failures], [1, 1, 0]);
  assert.notEqual(counts()!.lastOkAt, undefined);
});

test('a message that the hospital refuses is no failure of the hospital', async (t) => {
  const lab = await openLab(durable, [asking(() => Promise.reject(new AppError('HTTP_STATUS', 'input', 'no')))]);
  t.after(() => lab.close());
  const engine = await lab.start({ adapter });
  await lab.untilStatus(await engine.take({}), 'held');
  const [calls] = engine.calls.counts();
  assert.deepEqual([calls!.recent.refused, calls!.recent.failed, calls!.failures, calls!.lastError], [1, 0, 0, undefined]);
});

test('a call that is still without an answer is told of before it ends', async (t) => {
  const lab = await openLab(durable, [asking((ctx) => silent(ctx as never, undefined as never, ''))]);
  t.after(() => lab.close());
  const engine = await lab.start({ adapter: () => ({ ...adapter(), limits: { ...limits, timeoutMs: 600_000 } }) });
  await engine.take({});
  const counts = () => engine.calls.counts()[0];
  const begun = await lab.until(() => counts()?.unansweredSince !== undefined && counts());
  assert.equal(toCallState(begun, lab.clock.now()).state, 'ok');
  await lab.pass(25_000);
  assert.equal(toCallState(counts()!, lab.clock.now()).state, 'slow');
  assert.equal(counts()!.active, 1);
});

test('a hospital that does not answer before the deadline of a flow is failing, though its own limit is longer', async (t) => {
  const sync = flowOf(
    [node('in', 'test.in'), node('ask', 'test.ask', {}, { adapter: 'adp_a' }), node('reply', 'control.reply')],
    [edge('in.out', 'ask'), edge('ask.ok', 'reply')],
    { mode: 'sync', deadlineMs: 1_000 },
  );
  const lab = await openLab(sync, [asking((ctx) => silent(ctx as never, undefined as never, ''))]);
  t.after(() => lab.close());
  const engine = await lab.start({ adapter });
  const answer = engine.call({});
  await lab.pass(1_100);
  assert.equal((await answer).outcome, 'failed');
  const [calls] = engine.calls.counts();
  assert.deepEqual([calls!.recent, calls!.failures, calls!.lastError!.code], [{ calls: 1, refused: 0, failed: 1 }, 1, 'FLOW_DEADLINE']);
});
