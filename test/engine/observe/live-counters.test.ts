import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { createLiveCounters, type LiveCounters } from '../../../engine/observe/live-counters.ts';
import type { CompiledFlow } from '../../../engine/compile/compile-flow.ts';
import type { PublishedFlows } from '../../../engine/compile/published-flows.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, type Deed } from '../../support/model-flows.ts';

const sync = flowOf(
  [node('in', 'test.in'), node('read', 'test.read'), node('reply', 'control.reply', { status: 200 })],
  [edge('in.out', 'read'), edge('read', 'reply')],
  { mode: 'sync', deadlineMs: 8_000 },
);

async function openCounted(t: TestContext, document: FlowDocument, deed: Deed) {
  const ended: [boolean, number][] = [];
  const changes: ((flowId: string, flow: CompiledFlow | undefined) => void)[] = [];
  let isPublished = true;
  let counters: LiveCounters | undefined;
  const lab = await openLab(document, [testAction('test.read', 'read', deed)]);
  t.after(() => lab.close());
  const live = (published: PublishedFlows) =>
    (counters = createLiveCounters({
      published: {
        current: (flowId) => (isPublished ? published.current(flowId) : undefined),
        list: () => (isPublished ? published.list() : []),
        onChange: (listener) => (changes.push(listener), () => undefined),
      },
      clock: lab.clock,
      traffic: { ended: (isFailed, durationMs) => void ended.push([isFailed, durationMs]) },
    }));
  const engine = await lab.start({ live });
  return {
    lab,
    engine,
    counters: counters!,
    ended,
    unpublish: () => {
      isPublished = false;
      changes.forEach((tell) => tell(document.flowId, undefined));
    },
  };
}

test('counts executions, nodes and edges of a published flow, and what failed', async (t) => {
  let isBroken = false;
  const { engine, counters, ended } = await openCounted(t, sync, () => {
    if (isBroken) throw new AppError('HTTP_STATUS_CLIENT', 'input', 'no');
    return {};
  });
  await engine.call({});
  await engine.call({});
  isBroken = true;
  await engine.call({});
  const counts = counters.get(sync.flowId)!;
  assert.deepEqual([counts.perMinute, counts.errors, counts.inFlight], [3, 1, 0]);
  const nodes = Object.fromEntries(counts.nodes.map(({ node: id, done, failed }) => [id, [done, failed]]));
  assert.deepEqual(nodes, { n_in: [3, 0], n_read: [3, 1], n_reply: [2, 0] });
  assert.deepEqual(
    counts.edges.map(({ passed }) => passed),
    [3, 2],
  );
  assert.deepEqual(
    ended.map(([isFailed]) => isFailed),
    [false, false, true],
  );
  assert.deepEqual(
    counters.list().map(({ flowId }) => flowId),
    [sync.flowId],
  );
});

test('how long an execution waited for its retry is no duration of it', async (t) => {
  let isDown = true;
  const retry = { max: 3, baseMs: 60_000, factor: 1, capMs: 60_000, on: ['transient' as const] };
  const durable = flowOf([node('in', 'test.in'), node('read', 'test.read', {}, { handling: { retry } })], [edge('in.out', 'read')]);
  const { lab, engine, ended } = await openCounted(t, durable, () => {
    if (isDown) throw new AppError('HTTP_CONNECT', 'transient', 'down');
    return {};
  });
  const executionId = await engine.take({});
  await lab.untilStatus(executionId, 'waiting');
  isDown = false;
  await lab.pass(61_000);
  await lab.untilStatus(executionId, 'completed');
  assert.equal(ended.length, 1);
  assert.ok(ended[0]![1] < 1_000, `${ended[0]![1]}`);
});

test('rates are those of the last minute; totals stay', async (t) => {
  const { lab, engine, counters } = await openCounted(t, sync, () => ({}));
  await engine.call({});
  await lab.pass(70_000);
  await engine.call({});
  const counts = counters.get(sync.flowId)!;
  assert.equal(counts.perMinute, 1);
  assert.deepEqual(
    counts.nodes.map(({ done, perMinute }) => [done, perMinute]),
    [
      [2, 1],
      [2, 1],
      [2, 1],
    ],
  );
});

test('tells what runs now, and forgets a flow that is published no more', async (t) => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { lab, engine, counters, unpublish } = await openCounted(t, sync, () => promise);
  const call = engine.call({});
  await lab.until(() => counters.get(sync.flowId)?.inFlight === 1);
  resolve({});
  await call;
  assert.equal(counters.get(sync.flowId)?.inFlight, 0);
  unpublish();
  assert.deepEqual(counters.list(), []);
  assert.equal(counters.get(sync.flowId), undefined);
});

test('counts durable executions once, though they are claimed several times', async (t) => {
  let attempts = 0;
  const durable = flowOf([node('in', 'test.in'), node('read', 'test.read')], [edge('in.out', 'read')]);
  const { lab, engine, counters, ended } = await openCounted(t, durable, () => {
    attempts += 1;
    if (attempts < 4) throw new AppError('HTTP_UNAVAILABLE', 'transient', 'later');
    return {};
  });
  await lab.untilStatus(await engine.take({}), 'completed');
  const counts = counters.get(durable.flowId)!;
  assert.ok(attempts >= 4);
  assert.deepEqual(
    counts.nodes.map(({ done, failed }) => [done, failed]),
    [
      [1, 0],
      [1, 0],
    ],
  );
  assert.equal(counts.inFlight, 0);
  assert.equal(ended.length, 1);
});
