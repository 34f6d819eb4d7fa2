/** A write that was announced and of which its process knows that nothing was sent is done by the next claim; no person is asked. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { openLab, type Lab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, type Deed } from '../../support/model-flows.ts';

const lane = { ingress: { lane: { key: 'data.patient' } } };
const one = flowOf([node('in', 'test.in'), node('a', 'test.write', { name: 'a' })], [edge('in.out', 'a')], lane);
const branch = (port: string) => ({ port, label: { 'zh-CN': port, en: port } });
const two = flowOf(
  [
    node('in', 'test.in'),
    node('fan', 'control.parallel', { branches: [branch('a'), branch('b')] }),
    node('a', 'test.write', { name: 'a' }),
    node('b', 'test.write', { name: 'b' }),
  ],
  [edge('in.out', 'fan'), edge('fan.a', 'a'), edge('fan.b', 'b')],
);

/** The first attempt of each name waits so long before its first byte. */
async function openWorld(t: TestContext, document: FlowDocument, waits: Readonly<Record<string, number>> = {}, refuses = '') {
  const sent: string[] = [];
  const begun: string[] = [];
  const write: Deed = async (ctx, message, name) => {
    const isFirst = !begun.includes(name);
    begun.push(name);
    if (name === refuses && isFirst) throw new AppError('TEST_REFUSED', 'input', 'refused');
    const ms = waits[name] ?? 0;
    if (isFirst && ms > 0) await new Promise<void>((resolve) => ctx.clock.after(ms, resolve));
    ctx.beforeFirstByte();
    sent.push(name);
    return message.data;
  };
  const lab = await openLab(document, [testAction('test.write', 'write', write)]);
  t.after(() => lab.close());
  return { lab, sent, begun };
}

/** The store is away for so long, from the moment on that a node has begun. */
async function cut(lab: Lab, begun: readonly string[], ms: number): Promise<void> {
  await lab.until(() => begun.length === 1);
  lab.isDown = true;
  await lab.pass(ms);
  lab.isDown = false;
}

test('a lease that is lost before the first byte costs a turn: the write is done once, by the next claim', async (t) => {
  const { lab, sent, begun } = await openWorld(t, one, { a: 12_000 });
  const engine = await lab.start({ isShared: true });
  const id = await engine.take({ patient: 'p' });
  await cut(lab, begun, 11_500);
  const done = await lab.untilStatus(id, 'completed');
  assert.deepEqual([sent, begun.length, done.epoch], [['a'], 2, 2]);
});

test('what another process held as unknown goes on by itself when the first one says that nothing was sent', async (t) => {
  const { lab, sent, begun } = await openWorld(t, one, { a: 90_000 });
  const slow = await lab.start({ isShared: true });
  const id = await slow.take({ patient: 'p' });
  const behind = await slow.take({ patient: 'p' });
  await lab.until(() => begun.length === 1);
  await lab.start({ isShared: true });
  lab.isDown = true;
  await lab.pass(30_000);
  lab.isDown = false;
  assert.equal((await lab.untilStatus(id, 'held')).held!.outcomeKnown, false);
  assert.deepEqual(sent, []);
  await lab.untilStatus(id, 'completed');
  await lab.untilStatus(behind, 'completed');
  assert.deepEqual(sent, ['a', 'a'], 'one for each message');
  const { lateOutcomes } = (await slow.catalog.get(id, { payload: false }))!;
  assert.deepEqual(
    lateOutcomes.map(({ node: of, status }) => [of, status]),
    [['n_a', 'not-done']],
  );
});

test('a resend that was prepared for what goes on by itself is removed, and holds nothing up behind it', async (t) => {
  const { lab, sent, begun } = await openWorld(t, one, { a: 90_000 });
  const slow = await lab.start({ isShared: true });
  const id = await slow.take({ patient: 'p' });
  const behind = await slow.take({ patient: 'p' });
  await lab.until(() => begun.length === 1);
  await lab.start({ isShared: true });
  lab.isDown = true;
  await lab.pass(30_000);
  lab.isDown = false;
  const old = await lab.untilStatus(id, 'held');
  // The process that resent it was killed between its two steps.
  const { lease: _lease, ...rest } = old;
  const held = { node: '', reason: 'RESEND_PREPARED', outcomeKnown: true, at: lab.clock.now() };
  const own = { _id: 'exe_prepared', dedupe: `r:${id}|x`, replayOf: id, replacesEpoch: old.epoch, epoch: 0, legs: {}, held };
  await lab.executions.insert({ ...rest, ...own, lane: { ...old.lane!, seq: `${old.lane!.seq}~` } });
  await lab.untilStatus(id, 'completed');
  await lab.untilStatus(behind, 'completed');
  assert.equal(await lab.executions.get('exe_prepared'), undefined);
  assert.deepEqual(sent, ['a', 'a']);
});

test('a hold that a person has decided upon meanwhile is left as it is', async (t) => {
  const { lab, sent, begun } = await openWorld(t, one, { a: 90_000 });
  const slow = await lab.start({ isShared: true });
  const id = await slow.take({ patient: 'p' });
  await lab.until(() => begun.length === 1);
  await lab.start({ isShared: true });
  lab.isDown = true;
  await lab.pass(30_000);
  lab.isDown = false;
  await lab.untilStatus(id, 'held');
  await slow.catalog.retry(id, 'person');
  await lab.untilStatus(id, 'completed');
  await lab.pass(120_000);
  assert.deepEqual(sent, ['a']);
  assert.equal((await lab.executions.get(id))!.epoch, 3);
});

test('a claim that the store kept, and whose answer was lost, is given back: its write is done once', async (t) => {
  const { lab, sent } = await openWorld(t, one);
  const engine = await lab.start();
  const id = await engine.take({ patient: 'p' });
  lab.losesAnswers = true;
  await lab.until(async () => (await lab.executions.get(id))!.epoch === 1);
  await lab.pass(3_000);
  lab.losesAnswers = false;
  assert.deepEqual(sent, []);
  await lab.untilStatus(id, 'completed');
  assert.deepEqual(sent, ['a']);
});

test('a branch that was announced and not begun is not unknown when another branch is held and the execution is cancelled', async (t) => {
  const { lab, sent } = await openWorld(t, two, {}, 'a');
  const engine = await lab.start();
  const id = await engine.take({});
  const held = await lab.untilStatus(id, 'held');
  assert.deepEqual([held.held!.node, held.held!.outcomeKnown, sent], ['n_a', true, []]);
  assert.deepEqual((await engine.catalog.get(id, { payload: false }))!.intents, []);
  await engine.catalog.cancel(id, 'person', 'wrong');
  const cancelled = await lab.untilStatus(id, 'cancelled');
  assert.equal(cancelled.isUnknown, undefined);
});

for (const answer of ['lost lease', 'sent'] as const) {
  test(`a caller whose write is announced is told ${answer === 'sent' ? 'the reply' : 'to come again'} when ${answer}`, async (t) => {
    const sync: FlowDocument = flowOf(
      [node('in', 'test.in'), node('a', 'test.write', { name: 'a' }), node('reply', 'control.reply', { body: { path: 'data' } })],
      [edge('in.out', 'a'), edge('a', 'reply')],
      { mode: 'sync' },
    );
    const { lab, sent, begun } = await openWorld(t, sync, { a: answer === 'sent' ? 1_000 : 12_000 });
    const engine = await lab.start({ isShared: true });
    const called = engine.call({ patient: 'p' }, { key: 'key-1' });
    if (answer === 'lost lease') await cut(lab, begun, 11_500);
    let result: Awaited<typeof called> | undefined;
    void called.then((settled) => (result = settled));
    await lab.until(() => result);
    const { outcome, executionId } = result!;
    assert.equal(outcome, answer === 'sent' ? 'replied' : 'failed');
    if (answer === 'sent') return;
    assert.equal((await lab.untilStatus(executionId, 'failed')).error?.kind, 'transient');
    await lab.pass(15_000);
    let again: Awaited<typeof called> | undefined;
    void engine.call({ patient: 'p' }, { key: 'key-1' }).then((settled) => (again = settled));
    await lab.until(() => again);
    assert.deepEqual([again!.outcome, sent], ['replied', ['a']], 'its key is free');
  });
}
