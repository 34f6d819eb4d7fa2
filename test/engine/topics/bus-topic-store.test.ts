import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBusTopicStore, type BusTopicStore, type NewEvent } from '../../../engine/topics/bus-topic-store.ts';
import { createBusEvents } from '../../../engine/topics/create-bus-events.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

const DAY_MS = 86_400_000;

async function open() {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  return { clock, documents, store: await openBusTopicStore(documents, clock) };
}

const event = (id: string, changes: Partial<NewEvent> = {}): NewEvent => ({
  id,
  type: 'interface.online',
  subject: 'ifc_a',
  at: 1_000,
  data: {},
  domains: ['hospital-a'],
  ...changes,
});

async function append(store: BusTopicStore, ...events: NewEvent[]): Promise<void> {
  const settings = await store.settings('lifecycle');
  for (const one of events) await store.append('lifecycle', one, settings);
}

test('two processes that record at once leave no gap, and record each event once', async () => {
  const { clock, documents, store } = await open();
  const other = await openBusTopicStore(documents, clock);
  const events = Array.from({ length: 50 }, (_, number) => event(`e${number}`));
  await Promise.all([append(store, ...events), append(other, ...events)]);
  const found = await store.after('lifecycle', 0, 200);
  assert.deepEqual(
    found.map(({ number }) => number),
    events.map((_, index) => index + 1),
  );
  assert.equal(new Set(found.map(({ eventId }) => eventId)).size, 50);
});

test('an event is a CloudEvent with its number in the topic', async () => {
  const { store } = await open();
  await append(store, event('audit-7', { data: { state: 'online' } }));
  const [found] = await store.after('lifecycle', 0, 10);
  assert.deepEqual(found?.event, {
    specversion: '1.0',
    id: 'audit-7',
    source: '/kangqiao',
    type: 'kangqiao.lifecycle.interface.online.v1',
    subject: 'ifc_a',
    time: '1970-01-01T00:00:01.000Z',
    datacontenttype: 'application/json',
    sequence: '0000000000000001',
    data: { state: 'online' },
  });
});

test('numbers go on after all events have expired', async () => {
  const { clock, documents, store } = await open();
  await append(store, event('e1'), event('e2'));
  await clock.advance(8 * DAY_MS);
  assert.deepEqual(await store.after('lifecycle', 0, 10), []);
  const restarted = await openBusTopicStore(documents, clock);
  assert.equal(await restarted.newest('lifecycle'), 2);
  await append(restarted, event('e3'));
  assert.equal((await restarted.after('lifecycle', 2, 10))[0]?.number, 3);
  assert.equal(await restarted.oldest('lifecycle'), 3);
});

test('a flow gets events of its own domain; a domain that the topic is open to gets all', async () => {
  const { store } = await open();
  await append(store, event('a'), event('b', { domains: ['hospital-b'] }), event('both', { domains: ['hospital-a', 'hospital-b'] }));
  await append(store, event('whole', { domains: [] }));
  const idsFor = async (domain: string) => (await createBusEvents(store, domain).after('lifecycle', 0, 10)).events.map(({ id }) => id);
  assert.deepEqual(await idsFor('hospital-a'), ['a']);
  assert.equal((await createBusEvents(store, 'hospital-c').after('lifecycle', 0, 10)).readTo, 4, 'it does not read them again');
  await store.save({ ...(await store.settings('lifecycle')), openTo: ['operations'] });
  assert.deepEqual(await idsFor('operations'), ['a', 'b', 'both', 'whole']);
});

test('settings that someone else has saved meanwhile are not overwritten', async () => {
  const { store } = await open();
  const opened = await store.settings('invocation');
  assert.equal(opened.on, false);
  assert.equal((await store.save({ ...opened, on: true })).revision, 1);
  await assert.rejects(store.save({ ...opened, retainDays: 30 }), { code: 'STALE_REVISION' });
  assert.deepEqual(await store.settings('invocation'), { ...opened, on: true, revision: 1 });
});
