import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ArrivalResult } from '../../../engine/contract/node/node.ts';
import { AppError, toErrorRecord } from '../../../engine/contract/values/errors.ts';
import { openBusTopicStore, type BusTopicStore } from '../../../engine/topics/bus-topic-store.ts';
import { createBusEvents } from '../../../engine/topics/create-bus-events.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { listenTrigger, memoryPosition, type ListenTriggerOptions } from '../../../engine/testing/listen-trigger.ts';
import busReceive from '../../../nodes/bus/receive.node.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'hands in each event of the topic once and in order, from now on',
  slow: 'the next event waits until the one before is stored',
  refusal: 'a refused event ends the trigger, and comes again at the next start',
  duplicate: 'continues where it was, and gives an event that it reads again the same key',
  cancel: 'hands in nothing once it is stopped',
});

interface Topic {
  readonly clock: FakeClock;
  readonly store: BusTopicStore;
  happen(...types: string[]): Promise<void>;
}

async function openTopic(): Promise<Topic> {
  const clock = fakeClock();
  const store = await openBusTopicStore(createMemoryDocuments({ clock }), clock);
  let count = 0;
  return {
    clock,
    store,
    async happen(...types) {
      const settings = await store.settings('lifecycle');
      for (const type of types)
        await store.append('lifecycle', { id: `e${++count}`, type, at: clock.now(), data: {}, domains: ['hospital-a'] }, settings);
    },
  };
}

async function listen(t: TestContext, { clock, store }: Topic, options: ListenTriggerOptions = {}) {
  const busEvents = createBusEvents(store, 'hospital-a');
  const trigger = await listenTrigger(busReceive, { clock, busEvents, ...options, config: { topic: 'lifecycle', ...options.config } });
  t.after(() => trigger.stop());
  const keys = () => trigger.arrivals.map(({ dedupeKey }) => dedupeKey);
  return { ...trigger, keys };
}

test('hands in each event of the topic once and in order, from now on', async (t) => {
  const topic = await openTopic();
  await topic.happen('interface.registered');
  const trigger = await listen(t, topic);
  await topic.happen('interface.online', 'interface.offline');
  await topic.clock.advance(10_000);
  assert.deepEqual(trigger.keys(), ['e2', 'e3']);
  const { data, headers } = trigger.arrivals[0]!.message;
  assert.equal((data as { type: string }).type, 'kangqiao.lifecycle.interface.online.v1');
  assert.deepEqual(headers, { 'ce-type': 'kangqiao.lifecycle.interface.online.v1', 'ce-id': 'e2' });
});

test('only the types that it names start the flow', async (t) => {
  const topic = await openTopic();
  const types = ['kangqiao.lifecycle.flow.published.v1', 'kangqiao.lifecycle.interface.*'];
  const trigger = await listen(t, topic, { config: { types } });
  await topic.happen('flow.published', 'flow.removed', 'interface.online', 'service.online');
  await topic.clock.advance(3_000);
  assert.deepEqual(trigger.keys(), ['e1', 'e3']);
});

test('more events than one look reads come without waiting for the next look', async (t) => {
  const topic = await openTopic();
  const trigger = await listen(t, topic);
  await topic.happen(...Array.from({ length: 450 }, () => 'flow.published'));
  await topic.clock.advance(2_000);
  assert.equal(trigger.arrivals.length, 450);
});

test('the next event waits until the one before is stored', async (t) => {
  const topic = await openTopic();
  const stored = Promise.withResolvers<void>();
  const onArrival = async (): Promise<ArrivalResult> => {
    await stored.promise;
    return { status: 'accepted', executionId: 'exe_1' };
  };
  const trigger = await listen(t, topic, { onArrival });
  await topic.happen('flow.published', 'flow.removed');
  await topic.clock.advance(10_000);
  assert.deepEqual(trigger.keys(), ['e1']);
  stored.resolve();
  await topic.clock.advance(0);
  assert.deepEqual(trigger.keys(), ['e1', 'e2']);
});

test('a refused event ends the trigger, and comes again at the next start', async (t) => {
  const topic = await openTopic();
  const position = memoryPosition();
  const error = toErrorRecord(new AppError('STORE_DOWN', 'transient', 'Down.'));
  const trigger = await listen(t, topic, { position, onArrival: () => ({ status: 'refused', error }) });
  await topic.happen('flow.published', 'flow.removed');
  await topic.clock.advance(2_000);
  assert.equal(toErrorRecord(await trigger.ended).code, 'STORE_DOWN');
  const again = await listen(t, topic, { position });
  await topic.clock.advance(2_000);
  assert.deepEqual(again.keys(), ['e1', 'e2']);
});

test('continues where it was, and gives an event that it reads again the same key', async (t) => {
  const topic = await openTopic();
  const position = memoryPosition();
  const first = await listen(t, topic, { position });
  await topic.happen('flow.published');
  await topic.clock.advance(2_000);
  await first.stop();
  await topic.happen('flow.removed');
  const next = await listen(t, topic, { position });
  await topic.clock.advance(2_000);
  assert.deepEqual(next.keys(), ['e2']);
  // A crash before the position was kept.
  await position.keep('bus-events/lifecycle', '0');
  const third = await listen(t, topic, { position });
  await topic.clock.advance(2_000);
  assert.deepEqual(third.keys(), ['e1', 'e2']);
});

test('hands in nothing once it is stopped', async (t) => {
  const topic = await openTopic();
  const trigger = await listen(t, topic);
  await trigger.stop();
  await topic.happen('flow.published');
  await topic.clock.advance(10_000);
  assert.deepEqual(trigger.keys(), []);
});
