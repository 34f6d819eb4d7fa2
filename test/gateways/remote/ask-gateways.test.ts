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

const EVENTS: GatewayQuestion = { kind: 'events' };

function lab(expected: number) {
  const clock = fakeClock();
  const channel = createMemorySharedState({ clock });
  const seal = createNodeSeal(randomBytes(32));
  const ask = createAskGateways({ channel, seal, clock, expected: () => Promise.resolve(expected) });
  const join = (processId: string) =>
    replyToQuestions({ channel, seal, processId, log: silentLogger, reply: () => Promise.resolve({ kind: 'events', events: [] }) });
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

test('calls of a real gateway are found right after they ended, with what decided', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const started = await startGateway(
    await buildPlan([key], [buildInterface({ log: 'in', policies: { 'ip-list': { deny: ['10.0.0.0/8'] } } })]),
  );
  t.after(() => started.stop());
  const answer = await callSigned(started.gateway, await signRequest(key));
  const reply = createReply({
    ...{ folder: started.logFolder, processId: 'p1' },
    seal: { openText: ({ field }, sealed) => Buffer.from(sealed.slice(`sealed:${field}:`.length), 'base64').toString() },
    clock: fakeClock(),
    gateways: () => ({ open: started.gateway }),
  });
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
  const explained = await reply({ kind: 'explain', front: 'open', request });
  assert.ok(explained.kind === 'explain');
  assert.equal(explained.explanation?.refusal?.code, 'GW40302');
  assert.deepEqual(await reply({ kind: 'events' }), { kind: 'events', events: [] });
});
