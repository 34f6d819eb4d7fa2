import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createMessage } from '../../../engine/contract/message.ts';
import type { FlowDocument } from '../../../engine/contract/flow-document.ts';
import type { AcceptResult } from '../../../engine/run/accept.ts';
import { openLab, type Lab, type LabEngine } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction } from '../../support/model-flows.ts';

async function openFeed(
  t: TestContext,
  ingress: NonNullable<FlowDocument['ingress']>,
): Promise<{ lab: Lab; engine: LabEngine; done: unknown[] }> {
  const done: unknown[] = [];
  const write = testAction('test.write', 'write', (ctx, message) => {
    ctx.beforeFirstByte();
    done.push(message.data);
  });
  const lab = await openLab(flowOf([node('in', 'test.in'), node('send', 'test.write')], [edge('in.out', 'send')], { ingress }), [write]);
  t.after(() => lab.close());
  return { lab, engine: await lab.start(), done };
}

let count = 0;
function feed(engine: LabEngine, data: unknown, onOtherContent: 'accept' | 'refuse' = 'accept'): Promise<AcceptResult> {
  return engine.accept(engine.flow, { message: createMessage(data), seq: String(count++).padStart(9, '0'), onOtherContent });
}

const byId = { dedupe: { key: 'data.id', windowSec: 3_600 } };

test('a message that comes again is a duplicate of the first', async (t) => {
  const { lab, engine, done } = await openFeed(t, byId);
  const first = await feed(engine, { id: 'm1', text: 'a' });
  assert.equal(first.status, 'accepted');
  assert.deepEqual(await feed(engine, { id: 'm1', text: 'a' }), { ...first, status: 'duplicate' });
  await lab.pass(1_000);
  assert.deepEqual(await feed(engine, { id: 'm1', text: 'a' }), { ...first, status: 'duplicate' });
  assert.equal(done.length, 1);
});

test('another content under the same key is new from a feed, and its own second delivery is a duplicate; over HTTP it is refused', async (t) => {
  const { lab, engine, done } = await openFeed(t, byId);
  await feed(engine, { id: 'm1', text: 'a' });
  const other = await feed(engine, { id: 'm1', text: 'b' });
  assert.equal(other.status, 'accepted');
  assert.deepEqual(await feed(engine, { id: 'm1', text: 'b' }), { ...other, status: 'duplicate' });
  assert.equal((await feed(engine, { id: 'm1', text: 'c' }, 'refuse')).status, 'key-reused');
  await lab.pass(1_000);
  assert.equal(done.length, 2);
});

test('a key is free again after its window, but not while its execution is open', async (t) => {
  const { lab, engine } = await openFeed(t, byId);
  const first = await feed(engine, { id: 'm1' });
  lab.shiftWall(3_600_001);
  assert.equal((await feed(engine, { id: 'm1' })).status, 'duplicate');
  assert.ok('executionId' in first);
  await lab.untilStatus(first.executionId, 'completed');
  assert.equal((await feed(engine, { id: 'm1' })).status, 'accepted');
});

test('an empty key deduplicates nothing and loses nothing', async (t) => {
  const { lab, engine, done } = await openFeed(t, { dedupe: { key: 'data.none', windowSec: 60 } });
  assert.equal((await feed(engine, { id: 1 })).status, 'accepted');
  assert.equal((await feed(engine, { id: 1 })).status, 'accepted');
  await lab.pass(1_000);
  assert.equal(done.length, 2);
});

test('an empty lane key means the lane of the whole trigger', async (t) => {
  const { lab, engine } = await openFeed(t, { lane: { key: 'data.lane' } });
  const ids = [await engine.take({ lane: 'a' }), await engine.take({}), await engine.take({ lane: '' }), await engine.take({ lane: 'a' })];
  const lanes = await Promise.all(ids.map(async (id) => (await lab.executions.get(id))!.lane!.key));
  assert.equal(lanes[0], lanes[3]);
  assert.equal(lanes[1], lanes[2]);
  assert.notEqual(lanes[0], lanes[1]);
});

test('fifty deliveries of one message at once are one execution', async (t) => {
  const { lab, engine, done } = await openFeed(t, byId);
  const results = await Promise.all(Array.from({ length: 50 }, () => feed(engine, { id: 'm1' })));
  assert.equal(results.filter(({ status }) => status === 'accepted').length, 1);
  await lab.pass(2_000);
  assert.equal(done.length, 1);
});

test('inserts keep the order of the calls, whichever takes longer to prepare', async (t) => {
  const { lab, engine, done } = await openFeed(t, { lane: { key: 'data.lane' } });
  const sizes = [200_000, 10, 90_000, 10, 10];
  await Promise.all(sizes.map((size, number) => engine.take({ lane: 'a', number, text: 'x'.repeat(size) })));
  await lab.until(() => done.length === sizes.length);
  assert.deepEqual(
    done.map((data) => (data as { number: number }).number),
    [0, 1, 2, 3, 4],
  );
});

test('nothing is accepted while the store is down', async (t) => {
  const { lab, engine } = await openFeed(t, byId);
  lab.isDown = true;
  await assert.rejects(feed(engine, { id: 'm1' }), { code: 'STORE_DOWN', kind: 'transient' });
  lab.isDown = false;
  assert.equal((await feed(engine, { id: 'm1' })).status, 'accepted');
});
