import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  GatewayEvent,
  GatewayQuestion,
  GatewayReply,
  HeardReplies,
  RecentCall,
} from '../../../gateways/documents/gateway-questions.ts';
import { apiInterface, flow, startControl, type Running } from '../start-control.ts';

const SECOND_MS = 1_000;

/** Control, and one gateway with these events, the newest first, and these calls, the oldest first. */
async function start(events: (GatewayEvent & { readonly front: string })[] = [], calls: RecentCall[] = []): Promise<Running> {
  const replyTo = (question: GatewayQuestion): GatewayReply => {
    if (question.kind !== 'recent-calls') return { kind: 'events', events: [...events] };
    const last = question.after['own_gateway/open'];
    const newer = last === undefined ? [] : calls.filter(({ number }) => number > last).slice(0, question.limit);
    return { kind: 'recent-calls', gateways: [{ gateway: 'own_gateway/open', calls: newer, newest: calls.at(-1)?.number ?? 0 }] };
  };
  const running = await startControl({
    askGateways: (question) => Promise.resolve({ replies: [{ processId: 'own_gateway', reply: replyTo(question) }], asked: 1 }),
  });
  await running.clock.advance(2 * SECOND_MS);
  return running;
}

interface TopicEvent {
  readonly type: string;
  readonly subject?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function eventsOf({ admin, clock }: Running, topic: string, asked = admin) {
  await clock.advance(6 * SECOND_MS);
  const answer = await asked.call('GET', `/topics/${topic}/events`);
  assert.equal(answer.status, 200);
  const { items } = answer.body as { items: TopicEvent[] };
  return items.reverse();
}

test('registering, publishing, changing, taking offline and removing an interface are typed events in this order', async (t) => {
  const running = await start();
  t.after(running.stop);
  const { admin } = running;
  await admin.call('PUT', '/flows/flw_booking', flow('flw_booking'));
  const saved = await admin.call('PUT', '/interfaces/ifc_a', apiInterface('ifc_a', '/open/v1/a'));
  await admin.call('PUT', '/interfaces/ifc_a/state', { state: 'offline' });
  const online = await admin.call('PUT', '/interfaces/ifc_a/state', { state: 'online' });
  const { revision } = online.body as { revision: number };
  await admin.call('PUT', '/interfaces/ifc_a', { ...(saved.body as object), revision });
  await admin.call('DELETE', '/interfaces/ifc_a');
  const events = (await eventsOf(running, 'lifecycle')).filter(({ subject }) => subject === 'ifc_a');
  assert.deepEqual(
    events.map(({ type }) => type),
    ['registered', 'offline', 'online', 'changed', 'removed'].map((what) => `kangqiao.lifecycle.interface.${what}.v1`),
  );
  assert.deepEqual(events[1]?.data, { act: 'interfaces.set-state', by: 'admin', state: 'offline', revision: 2 });
});

test('what a gateway saw is recorded once and in order, however often it is asked', async (t) => {
  const events = [
    { number: 2, at: 2_000, kind: 'breaker-half-open', interfaceId: 'ifc_a', subject: 'main', front: 'open', values: { openMs: 5_000 } },
    { number: 1, at: 1_000, kind: 'breaker-opened', interfaceId: 'ifc_a', subject: 'main', front: 'open' },
  ];
  const running = await start(events);
  t.after(running.stop);
  assert.deepEqual(
    (await eventsOf(running, 'monitoring')).map(({ type }) => type),
    ['kangqiao.monitoring.gateway.breaker-opened.v1', 'kangqiao.monitoring.gateway.breaker-half-open.v1'],
  );
  events.unshift({ number: 9, at: 9_000, kind: 'breaker-closed', interfaceId: 'ifc_a', subject: 'main', front: 'open' });
  const later = await eventsOf(running, 'monitoring');
  assert.deepEqual(
    later.slice(2).map(({ type, data }) => [type.split('.')[3], data['missed']]),
    [
      ['events-missed', 6],
      ['breaker-closed', undefined],
    ],
  );
});

test('calls are recorded from the time when the topic is turned on, each once; how many were too many is an event', async (t) => {
  const call = (number: number, outcome: RecentCall['outcome']): RecentCall => ({
    ...{ number, at: number, ms: 12, front: 'open', traceId: `trace-${number}`, outcome },
    ...{ interfaceId: 'ifc_a', appId: 'suishenban', status: 200 },
  });
  const calls = [call(1, 'ok')];
  const running = await start([], calls);
  t.after(running.stop);
  assert.deepEqual(await eventsOf(running, 'invocation'), []);
  await running.admin.call('PUT', '/topics/invocation', { topic: 'invocation', revision: 0, on: true, retainDays: 7, openTo: [] });
  assert.deepEqual(await eventsOf(running, 'invocation'), []);
  calls.push(call(2, 'ok'), call(3, 'refused'));
  await running.clock.advance(3 * SECOND_MS);
  calls.push(call(10, 'failed'));
  const events = await eventsOf(running, 'invocation');
  assert.deepEqual(
    events.map(({ type, data }) => [type.split('.').slice(2, 4).join('.'), data['traceId'] ?? data['missed']]),
    [
      ['call.completed', 'trace-2'],
      ['call.refused', 'trace-3'],
      ['calls.missed', 6],
      ['call.failed', 'trace-10'],
    ],
  );
});

test('people see events of their domains only, and nothing while the topic is off', async (t) => {
  const running = await start();
  t.after(running.stop);
  const { admin } = running;
  const viewer = await running.person('vera', ['viewer'], ['hospital-b']);
  await admin.call('PUT', '/flows/flw_booking', flow('flw_booking'));
  await admin.call('PUT', '/interfaces/ifc_a', apiInterface('ifc_a', '/open/v1/a'));
  assert.equal((await eventsOf(running, 'lifecycle')).length, 1);
  assert.deepEqual(await eventsOf(running, 'lifecycle', viewer), []);
  const listed = await admin.call('GET', '/topics');
  const { items } = listed.body as { items: { topic: string; subscribers: unknown[]; lastAt?: string }[] };
  const { lastAt: _lastAt, subscribers, ...settings } = items.find(({ topic }) => topic === 'lifecycle')!;
  assert.deepEqual(subscribers, []);
  assert.equal((await viewer.call('PUT', '/topics/lifecycle', { ...settings, on: false })).status, 403);
  assert.equal((await admin.call('PUT', '/topics/lifecycle', { ...settings, on: false })).status, 200);
  await admin.call('PUT', '/interfaces/ifc_a/state', { state: 'offline' });
  assert.equal((await eventsOf(running, 'lifecycle')).length, 1, 'not recorded while it is off');
  const stale = await admin.call('PUT', '/topics/lifecycle', { ...settings, retainDays: 30 });
  assert.equal((stale.body as { code: string }).code, 'STALE_REVISION');
});

test('events of what administrators did name the act, and never a secret', async (t) => {
  const running = await start();
  t.after(running.stop);
  const security = await running.person('sun', ['security-admin']);
  await security.call('PUT', '/secrets/his-password', { value: 'PLANTED-1', adapters: [] });
  const events = await eventsOf(running, 'management');
  assert.deepEqual(events.at(-1)?.data, { act: 'secrets.save', by: 'sun' });
  assert.doesNotMatch(JSON.stringify(events), /PLANTED/);
});

test('a stop waits for no gateway that does not reply', { timeout: 30_000 }, async () => {
  let asked = 0;
  const running = await startControl({
    askGateways: (_question, signal) => {
      asked += 1;
      const { promise, resolve } = Promise.withResolvers<HeardReplies>();
      signal?.addEventListener('abort', () => resolve({ replies: [], asked: 1 }));
      return promise;
    },
  });
  await running.clock.advance(2 * SECOND_MS);
  assert.ok(asked > 0);
  await running.stop();
});
