// @never-rerun: a single failure is a failure.
/** A store that fails while writes are under way: what is known of them is stored once it is back, and nothing is sent twice. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { openLab, type Lab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, type Deed } from '../../support/model-flows.ts';

const lane = { ingress: { lane: { key: 'data.patient' } } };
const one = flowOf([node('in', 'test.in'), node('a', 'test.write', { name: 'a' })], [edge('in.out', 'a')], lane);
const two = flowOf(
  [node('in', 'test.in'), node('a', 'test.write', { name: 'a' }), node('b', 'test.write', { name: 'b' })],
  [edge('in.out', 'a'), edge('a', 'b')],
  lane,
);
const loop = flowOf(
  [
    node('in', 'test.in'),
    node('each', 'control.for-each', { items: { path: 'data.items' }, concurrency: 1 }),
    node('a', 'test.write', { name: 'a' }),
    node('b', 'test.write', { name: 'b' }),
  ],
  [edge('in.out', 'each'), edge('each.each', 'a'), edge('each.done', 'b')],
);

interface World {
  readonly lab: Lab;
  /** Writes that left, with their patient; each is answered after a second. */
  readonly sent: string[];
}

async function openWorld(t: TestContext, document: FlowDocument, answersAfterMs = 1_000): Promise<World> {
  const sent: string[] = [];
  const write: Deed = async (ctx, message, name) => {
    ctx.beforeFirstByte();
    const { number = '' } = message.data as { number?: number };
    sent.push(`${name}${number}`);
    await new Promise<void>((resolve) => ctx.clock.after(answersAfterMs, resolve));
    return message.data;
  };
  const lab = await openLab(document, [testAction('test.write', 'write', write)]);
  t.after(() => lab.close());
  return { lab, sent };
}

/** The store fails from the first write's first byte on. */
async function failFor(ms: number, { lab, sent }: World): Promise<void> {
  await lab.until(() => sent.length === 1);
  lab.isDown = true;
  await lab.pass(ms);
  lab.isDown = false;
}

for (const ms of [1_600, 3_600_000]) {
  test(`keeps the outcome of a write while the store fails for ${ms} ms, and its lane in order`, async (t) => {
    const world = await openWorld(t, one);
    const { lab, sent } = world;
    const engine = await lab.start();
    const first = await engine.take({ patient: 'p', number: 1 });
    const second = await engine.take({ patient: 'p', number: 2 });
    await failFor(ms, world);
    await lab.untilStatus(first, 'completed');
    await lab.untilStatus(second, 'completed');
    assert.deepEqual(sent, ['a1', 'a2']);
    assert.deepEqual((await engine.catalog.get(first, { payload: false }))!.lateOutcomes, []);
  });
}

test('keeps the outcome of a first write when the intent of the second cannot be stored for a while', async (t) => {
  const world = await openWorld(t, two);
  const engine = await world.lab.start();
  const id = await engine.take({ patient: 'p', number: 1 });
  await failFor(30_000, world);
  await world.lab.untilStatus(id, 'completed');
  assert.deepEqual(world.sent, ['a1', 'b1']);
});

test('keeps the outcome of an item whose loop is under way while the store fails', async (t) => {
  const world = await openWorld(t, loop);
  const engine = await world.lab.start();
  const id = await engine.take({ items: [{ number: 1 }, { number: 2 }] });
  await failFor(30_000, world);
  await world.lab.untilStatus(id, 'completed');
  assert.deepEqual(world.sent, ['a1', 'a2', 'b']);
});

test('takes an end for stored that the store kept and whose answer was lost', async (t) => {
  const { lab, sent } = await openWorld(t, loop);
  const engine = await lab.start();
  const id = await engine.take({ items: [{ number: 1 }, { number: 2 }] });
  await lab.until(() => sent.length === 1);
  lab.losesAnswers = true;
  await lab.pass(1_500);
  lab.losesAnswers = false;
  await lab.until(() => sent.length === 3);
  lab.losesAnswers = true;
  await lab.pass(1_500);
  lab.losesAnswers = false;
  await lab.untilStatus(id, 'completed');
  await lab.pass(10_000);
  assert.deepEqual(sent, ['a1', 'a2', 'b']);
  assert.deepEqual((await engine.catalog.get(id, { payload: false }))!.lateOutcomes, []);
});

test('shows what a worker knew that was given up meanwhile, though the store fails as it tells', async (t) => {
  const { lab, sent } = await openWorld(t, two, 60_000);
  const slow = await lab.start({ isShared: true });
  const id = await slow.take({ patient: 'p', number: 1 });
  await lab.until(() => sent.length === 1);
  await lab.start({ isShared: true });
  lab.isDown = true;
  await lab.pass(30_000);
  lab.isDown = false;
  const held = await lab.untilStatus(id, 'held');
  assert.equal(held.held!.outcomeKnown, false);
  lab.isDown = true;
  await lab.pass(60_000);
  lab.isDown = false;
  const late = await lab.until(async () => (await slow.catalog.get(id, { payload: false }))!.lateOutcomes[0]);
  assert.equal(late.node, 'n_a');
  assert.deepEqual(sent, ['a1'], 'the second is not sent by who was given up');
});

test('a process that is stopped asks a failing store no longer; the next holds what it does not know', async (t) => {
  const { lab, sent } = await openWorld(t, one);
  const engine = await lab.start();
  const id = await engine.take({ patient: 'p', number: 1 });
  await lab.until(() => sent.length === 1);
  lab.isDown = true;
  await lab.pass(5_000);
  const stopping = engine.worker.stop(10_000).then(() => engine.owners.stop(false));
  await lab.pass(20_000);
  await stopping;
  lab.isDown = false;
  await lab.start();
  assert.equal((await lab.untilStatus(id, 'held')).held!.outcomeKnown, false);
  assert.deepEqual(sent, ['a1']);
});
