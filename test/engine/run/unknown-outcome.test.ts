// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, twoBranches, type Deed } from '../../support/model-flows.ts';

const lost: Deed = (ctx) => {
  ctx.beforeFirstByte();
  throw new AppError('TEST_NO_ANSWER', 'unknown-outcome', 'The receiver did not answer.');
};

const [write, read, note] = ['test.write', 'test.read', 'test.note'];
const edges = [edge('in.out', 'write'), edge('write', 'reply'), edge('write.error', 'note'), edge('note', 'other')];
const flow = (handling: object) =>
  flowOf(
    [
      node('in', 'test.in'),
      node('write', write, {}, handling),
      node('reply', 'control.reply', { status: 200 }),
      node('note', note),
      node('other', 'control.reply', { status: 200 }),
    ],
    edges,
  );

test('holds a write whose outcome is unknown, though its error port is connected', async (t) => {
  const lab = await openLab(flow({}), [testAction(write, 'write', lost), testAction(note, 'pure', () => 'noted')]);
  t.after(() => lab.close());
  const held = await lab.untilStatus(await (await lab.start()).take({}), 'held');
  assert.equal(held.held?.outcomeKnown, false);
  assert.equal(held.held.node, 'n_write');
});

test('goes on by the error port where the flow’s author chose it by name', async (t) => {
  const chosen = flow({ handling: { onError: 'port' } });
  const lab = await openLab(chosen, [testAction(write, 'write', lost), testAction(note, 'pure', () => 'noted')]);
  t.after(() => lab.close());
  await lab.untilStatus(await (await lab.start()).take({}), 'completed');
});

test('an idempotent write is done again after an unknown outcome, also where the flow names that outcome alone', async (t) => {
  const handling = { handling: { retry: { max: 2, baseMs: 1, factor: 1, capMs: 1, on: ['unknown-outcome'] } } };
  let attempts = 0;
  const second: Deed = (...given) => {
    attempts += 1;
    return attempts === 1 ? lost(...given) : 'done';
  };
  const lab = await openLab(flow(handling), [testAction(write, 'idempotent-write', second), testAction(note, 'pure', () => 'noted')]);
  t.after(() => lab.close());
  await lab.untilStatus(await (await lab.start()).take({}), 'completed');
  assert.equal(attempts, 2);
});

test('an unknown write outweighs the failure of a branch that came first, and keeps the caller’s key', async (t) => {
  const document = twoBranches(node('a', read), node('b', write), 'all', 8_000);

  let writes = 0;
  let fail: (error: AppError) => void = () => undefined;
  const lab = await openLab(document, [
    testAction(read, 'read', async () => {
      await lab.until(() => writes === 1);
      throw new AppError('TEST_DOWN', 'transient', 'down');
    }),
    testAction(write, 'write', (ctx) => {
      ctx.beforeFirstByte();
      writes += 1;
      return new Promise((_resolve, reject) => (fail = reject));
    }),
  ]);
  t.after(() => lab.close());
  const engine = await lab.start();
  const first = engine.call({}, { key: 'k' });
  await lab.until(() => writes === 1);
  fail(new AppError('TEST_NO_ANSWER', 'unknown-outcome', 'The receiver did not answer.'));
  assert.equal((await first).outcome, 'unknown');
  assert.equal((await engine.call({}, { key: 'k' })).outcome, 'unknown');
  assert.equal(writes, 1);
});

/** A write that is sent and then waits until it is stopped; its error comes some promises later, as that of a real client. */
const waiting =
  (end: () => Promise<unknown>): Deed =>
  async (ctx) => {
    ctx.beforeFirstByte();
    await new Promise<void>((resolve) => ctx.signal.addEventListener('abort', () => resolve(), { once: true }));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    return end();
  };
const heldWith = async (t: TestContext, deed: Deed) => {
  const lab = await openLab(flow({ handling: { timeoutMs: 500 } }), [
    testAction(write, 'write', deed),
    testAction(note, 'pure', () => 'noted'),
  ]);
  t.after(() => lab.close());
  const { held, error } = await lab.untilStatus(await (await lab.start()).take({}), 'held');
  assert.equal(held?.outcomeKnown, false);
  return error;
};

test('a write that times out after it was sent fails with what the node says about the missing answer', async (t) => {
  const silent = () => Promise.reject(new AppError('TEST_NO_ACK', 'unknown-outcome', '10.0.0.1: no ACK in 500 ms.'));
  assert.equal((await heldWith(t, waiting(silent)))?.code, 'TEST_NO_ACK');
});

test('so does a write that is still waiting at the deadline of the flow', async (t) => {
  const silent = () => Promise.reject(new AppError('TEST_NO_ACK', 'unknown-outcome', '10.0.0.1: no ACK.'));
  const inTime = { ...flow({}), mode: 'sync', deadlineMs: 500 } as const;
  const lab = await openLab(inTime, [testAction(write, 'write', waiting(silent)), testAction(note, 'pure', () => 'noted')]);
  t.after(() => lab.close());
  const calling = (await lab.start()).call({});
  let isOver = false;
  void calling.then(() => (isOver = true));
  await lab.until(() => isOver);
  const { outcome, executionId } = await calling;
  assert.equal(outcome, 'unknown');
  assert.equal((await lab.untilStatus(executionId, 'held')).error?.code, 'TEST_NO_ACK');
});

test('a node that says nothing, or that nothing was done, has an unknown outcome too', async (t) => {
  const guess = () => Promise.reject(new AppError('TEST_DOWN', 'transient', 'down'));
  for (const deed of [waiting(guess), waiting(() => new Promise(() => undefined))])
    assert.equal((await heldWith(t, deed))?.code, 'OUTCOME_UNKNOWN');
});
