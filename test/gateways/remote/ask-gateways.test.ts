import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import type { GatewayQuestion } from '../../../gateways/documents/gateway-questions.ts';
import { createNodeSeal } from '../../../gateways/plan/create-node-seal.ts';
import { createAskGateways, replyToQuestions } from '../../../gateways/remote/ask-gateways.ts';
import { createReply } from '../../../gateways/remote/reply-about-gateways.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';
import { eventually } from '../../conformance/eventually.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../support/city-plan.ts';
import { callSigned, startGateway } from '../support/start-gateway.ts';
import { testSeal } from '../support/test-seal.ts';

const EVENTS: GatewayQuestion = { kind: 'events' };

type Reply = Parameters<typeof replyToQuestions>[0]['reply'];

function lab(expected: number) {
  const clock = fakeClock();
  const channel = createMemorySharedState({ clock });
  const seal = createNodeSeal(randomBytes(32));
  const ask = createAskGateways({ channel, seal, clock, expected: () => Promise.resolve(expected) });
  const noEvents: Reply = () => Promise.resolve({ kind: 'events', events: [] });
  const join = (processId: string, reply = noEvents) => replyToQuestions({ channel, seal, clock, processId, log: silentLogger, reply });
  return { clock, channel, seal, ask, join };
}

test('every process replies for itself, and the asker waits no longer than it must', async () => {
  const { ask, join } = lab(2);
  await join('p1');
  const leave = await join('p2');
  assert.deepEqual((await ask(EVENTS)).replies.map(({ processId }) => processId).sort(), ['p1', 'p2']);
  leave();
});

test('a process that is silent delays the replies of the others by some seconds, and is missing from them', async () => {
  const { ask, join, clock } = lab(2);
  await join('p1');
  const asked = ask(EVENTS);
  await eventually(async () => {
    await clock.advance(1000);
    return (await Promise.race([asked, Promise.resolve(undefined)])) !== undefined;
  });
  assert.deepEqual(
    (await asked).replies.map(({ processId }) => processId),
    ['p1'],
  );
});

test('questions and replies are sealed, and one that was not sealed by us gets no reply', async () => {
  const { ask, join, channel } = lab(1);
  await join('p1');
  const seen: string[] = [];
  await channel.subscribe('gateway-questions', (payload) => void seen.push(payload));
  await ask({ kind: 'find-calls', query: { ip: '203.0.113.77' }, limit: 1 });
  assert.equal(seen.length, 1);
  assert.ok(!seen[0]!.includes('203.0.113.77') && !Buffer.from(seen[0]!, 'base64').includes('203.0.113.77'));
  let replies = 0;
  await channel.subscribe('gateway-questions/q1', () => void replies++);
  await channel.publish('gateway-questions', JSON.stringify({ id: 'q1', text: 'AAAA' }));
  await channel.publish('gateway-questions', '{');
  assert.equal((await ask(EVENTS)).replies.length, 1, 'it still replies to ours');
  assert.equal(replies, 0);
});

const SEARCH: GatewayQuestion = { kind: 'find-calls', query: { ip: '10.9.9.9' }, limit: 1 };

/** Replies to searches when the test says so, and to other questions at once. */
function slowSearches() {
  const running: { readonly isOver: () => boolean; readonly finish: () => void }[] = [];
  const reply: Reply = (question, isOver) =>
    question.kind === 'events'
      ? Promise.resolve({ kind: 'events', events: [] })
      : new Promise((resolve) => running.push({ isOver, finish: () => resolve({ kind: 'find-calls', calls: [] }) }));
  return { running, reply };
}

test('a process searches for four at once, lets twelve wait and tells the others that it is busy', async () => {
  const { ask, join } = lab(1);
  const { running, reply } = slowSearches();
  await join('p1', reply);
  const asked = Array.from({ length: 20 }, () => ask(SEARCH));
  const busy = await Promise.all(asked.slice(16));
  assert.deepEqual([...new Set(busy.map(({ replies }) => replies[0]?.reply.kind))], ['busy']);
  assert.equal(running.length, 4);
  assert.equal((await ask(EVENTS)).replies.length, 1, 'other questions do not wait for searches');
  for (let i = 0; i < 16; i++) {
    await eventually(() => Promise.resolve(running[i] !== undefined));
    running[i]!.finish();
  }
  for (const { replies } of await Promise.all(asked.slice(0, 16))) assert.equal(replies[0]?.reply.kind, 'find-calls');
});

test('a question is dropped when its time is over, and later ones are heard at once', async () => {
  const { ask, join, clock } = lab(1);
  const { running, reply } = slowSearches();
  await join('p1', reply);
  const asked = Array.from({ length: 16 }, () => ask(SEARCH));
  await eventually(() => Promise.resolve(running.length === 4));
  await clock.advance(2001);
  assert.ok(running.every(({ isOver }) => isOver()));
  for (const { finish } of running) finish();
  const late = ask(SEARCH);
  await eventually(() => Promise.resolve(running.length === 5));
  running[4]!.finish();
  assert.equal((await late).replies.length, 1);
  await clock.advance(1000);
  assert.deepEqual((await Promise.all(asked)).map(({ replies }) => replies.length).sort(), [...Array<number>(12).fill(0), 1, 1, 1, 1]);
  assert.equal(running.length, 5, 'nothing is searched for those who left');
});

test('a search ends when nobody waits for it any more', async () => {
  const { ask, join } = lab(1);
  const { running, reply } = slowSearches();
  await join('p1', reply);
  const left = new AbortController();
  const asked = ask(SEARCH, left.signal);
  await eventually(() => Promise.resolve(running.length === 1));
  assert.equal(running[0]!.isOver(), false);
  left.abort();
  assert.deepEqual((await asked).replies, []);
  await eventually(() => Promise.resolve(running[0]!.isOver()));
});

test('calls of a real gateway are found right after they ended, with what decided', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(
    await buildPlan([key], [buildInterface({ log: 'in', policies: { 'ip-list': { deny: ['10.0.0.0/8'] } } })]),
  );
  t.after(() => started.stop());
  const answer = await callSigned(started.gateway, await signRequest(key));
  const replyTo = createReply({
    ...{ folder: started.logFolder, processId: 'p1' },
    seal: testSeal,
    clock: fakeClock(),
    gateways: () => ({ open: started.gateway }),
  });
  const reply = (question: GatewayQuestion) => replyTo(question, () => false);
  const traceId = answer.headers['x-kq-trace']!;
  const found = await reply({ kind: 'find-calls', query: { traceId }, limit: 10 });
  assert.ok(found.kind === 'find-calls' && found.calls.length === 1);
  const { at, appId, status, hasBodies, interfaceId } = found.calls[0]!;
  assert.deepEqual([appId, status, hasBodies], ['app', 200, true]);
  const call = { traceId, at, front: 'open' as const, interfaceId: interfaceId! };
  assert.deepEqual(await reply({ kind: 'open-call', call }), {
    kind: 'open-call',
    opened: { interfaceId, bodies: { in: '{"hospital":"A"}' } },
  });
  assert.deepEqual(await reply({ kind: 'open-call', call, interfaceIds: ['ifc_of_others'] }), { kind: 'open-call', opened: undefined });
  const request = {
    method: 'POST' as const,
    target: buildInterface().path,
    headers: { host: 'localhost' },
    clientIp: '10.1.1.1',
    appId: 'app',
  };
  const explained = await reply({ kind: 'explain', front: 'open', request, hidden: [] });
  assert.ok(explained.kind === 'explain');
  assert.equal(explained.explanation?.refusal?.code, 'GW40302');
  assert.deepEqual(await reply({ kind: 'events' }), { kind: 'events', events: [] });
});
