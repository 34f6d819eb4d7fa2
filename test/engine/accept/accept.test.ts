// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createAccept } from '../../../engine/accept/accept.ts';
import type { CompiledFlow } from '../../../engine/compile/compile-flow.ts';
import { digestOfMessage, encodeMessage } from '../../../engine/execution/payloads.ts';
import { openLab } from '../../support/engine-lab.ts';
import { openSeal } from '../../support/model-engine.ts';
import { edge, flowOf, node, testAction } from '../../support/model-flows.ts';

const document = flowOf([node('in', 'test.in'), node('send', 'test.send')], [edge('in.out', 'send')], {
  ingress: { dedupe: { key: 'data.no', windowSec: 86_400 }, lane: { key: 'data.patient' } },
});

const HOUR_MS = 3_600_000;

async function openFeed(retainDays = 30) {
  const recording = { level: 'full', retainDays } as const;
  const lab = await openLab({ ...document, recording }, [testAction('test.send', 'idempotent-write', () => 'sent')]);
  return { lab, engine: await lab.start() };
}

test('takes the same message once, another content under the same key as a new one, and its redelivery not again', async (t) => {
  const { lab, engine } = await openFeed();
  t.after(() => lab.close());
  const accept = async (data: object) => {
    const result = await engine.accept(engine.flow, { message: createMessage(data), seq: '1', onOtherContent: 'accept' });
    return result.status;
  };
  assert.equal(await accept({ no: 1, patient: 'a' }), 'accepted');
  assert.equal(await accept({ no: 1, patient: 'a' }), 'duplicate');
  assert.equal(await accept({ no: 1, patient: 'b' }), 'accepted');
  assert.equal(await accept({ no: 1, patient: 'b' }), 'duplicate');
});

test('finds the redelivery of each content under one key within its own window, whatever became of the first', async (t) => {
  const { lab, engine } = await openFeed();
  t.after(() => lab.close());
  const accept = (patient: string) =>
    engine.accept(engine.flow, { message: createMessage({ no: 1, patient }), seq: '1', onOtherContent: 'accept' });
  const take = async (patient: string) => {
    const result = await accept(patient);
    assert.ok(result.status === 'accepted');
    await lab.untilStatus(result.executionId, 'completed');
    return result.executionId;
  };
  const again = async (patient: string, executionId: string) =>
    assert.deepEqual(await accept(patient), { status: 'duplicate', executionId });
  const a = await take('a');
  lab.shiftWall(23 * HOUR_MS);
  const b = await take('b');
  await again('a', a);
  lab.shiftWall(2 * HOUR_MS);
  await again('b', b);
  // By now the key belongs to what came last under it.
  const c = await take('c');
  await again('b', b);
  await again('c', c);
  lab.shiftWall(23 * HOUR_MS);
  await again('c', c);
  assert.notEqual(await take('b'), b);
});

test('keeps the first under a key for as long as the window of another content', async (t) => {
  const { lab, engine } = await openFeed(1);
  t.after(() => lab.close());
  const accept = (patient: string) =>
    engine.accept(engine.flow, { message: createMessage({ no: 1, patient }), seq: '1', onOtherContent: 'accept' });
  const first = await accept('a');
  assert.ok(first.status === 'accepted');
  await lab.untilStatus(first.executionId, 'completed');
  lab.shiftWall(23 * HOUR_MS);
  const second = await accept('b');
  assert.ok(second.status === 'accepted');
  lab.shiftWall(2 * HOUR_MS);
  await lab.pass(11_000);
  assert.deepEqual(await accept('b'), { status: 'duplicate', executionId: second.executionId });
});

test('of several deliveries at once, behind the end of a key’s window, one of each content is new', async (t) => {
  const { lab, engine } = await openFeed();
  t.after(() => lab.close());
  for (const patient of ['a', 'b']) await lab.untilStatus(await engine.take({ no: 1, patient }), 'completed');
  lab.shiftWall(25 * HOUR_MS);
  const again = await Promise.all(['a', 'b', 'b', 'a', 'b', 'a'].map((patient) => engine.take({ no: 1, patient })));
  assert.equal(new Set(again).size, 2);
  assert.equal(await lab.executions.count({}), 4);
});

test('a flow’s dedupe key and the caller’s Idempotency-Key both guard a call', async (t) => {
  const { lab, engine } = await openFeed();
  t.after(() => lab.close());
  const call = async (no: number | undefined, patient: string, key?: string) => {
    const { outcome, executionId, ...more } = await engine.call({ no, patient }, key === undefined ? {} : { key });
    return [outcome === 'accepted' && 'repeated' in more && more.repeated ? 'repeated' : outcome, executionId];
  };
  const [, first] = await call(1, 'a', 'K1');
  assert.deepEqual(await call(1, 'a', 'K1'), ['repeated', first]);
  assert.deepEqual(await call(1, 'a', 'K2'), ['repeated', first], 'the same order under another key');
  assert.deepEqual(await call(1, 'a'), ['repeated', first], 'and under none');
  assert.deepEqual(await call(1, 'b', 'K3'), ['key-reused', first], 'another content of the order');
  assert.deepEqual(await call(2, 'a', 'K1'), ['key-reused', first], 'another order under the key');
  const [, second] = await call(undefined, 'c', 'K4');
  assert.deepEqual(await call(undefined, 'c', 'K4'), ['repeated', second], 'a message without the flow’s key');
  assert.deepEqual(await call(3, 'c', 'K4'), ['key-reused', second]);
  const atOnce = await Promise.all(['K5', 'K5', 'K6', undefined].map((key) => call(4, 'a', key)));
  assert.equal(new Set(atOnce.map(([, id]) => id)).size, 1);
  await lab.untilStatus(String(first), 'completed');
  lab.shiftWall(25 * HOUR_MS);
  assert.equal((await call(1, 'a', 'K1'))[0], 'accepted', 'both have had their day');
});

test('refuses a message whose key or lane cannot be found out at the moment, rather than lose its dedupe or its place', async (t) => {
  const { lab, engine } = await openFeed();
  t.after(() => lab.close());
  const busy = () => Promise.reject(new AppError('SCRIPT_POOL_BUSY', 'transient', 'busy'));
  const broken: CompiledFlow = { ...engine.flow, ingress: { ...engine.flow.ingress, lane: busy } };
  const accept = createAccept(engine.acceptDeps);
  await assert.rejects(accept(broken, { message: createMessage({ no: 2 }), seq: '1', onOtherContent: 'accept' }), {
    code: 'SCRIPT_POOL_BUSY',
  });
  assert.equal((await accept(engine.flow, { message: createMessage({ no: 2 }), seq: '2', onOtherContent: 'accept' })).status, 'accepted');
});

test('gives a message without a lane the lane of the whole trigger', async (t) => {
  const { lab, engine } = await openFeed();
  t.after(() => lab.close());
  const id = await engine.take({ no: 3 });
  assert.equal((await lab.executions.get(id))?.lane?.key, 'flw_model|*');
});

test('a renewed token of the same citizen makes no other request, another citizen does', () => {
  const call = (user: object) => digestOfMessage(encodeMessage(createMessage({ body: { a: 1 }, query: {}, params: {}, user })), openSeal);
  assert.equal(call({ sub: 'P1', exp: 1 }), call({ sub: 'P1', exp: 2 }));
  assert.notEqual(call({ sub: 'P1', exp: 1 }), call({ sub: 'P2', exp: 1 }));
});
