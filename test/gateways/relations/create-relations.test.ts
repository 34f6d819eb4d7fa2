import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import type { Exchange } from '../../../gateways/contract.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { createRelations, type AskProvider } from '../../../gateways/relations/create-relations.ts';
import { buildInterface } from '../support/city-plan.ts';

function startRelations(ask: AskProvider, provider: Partial<InterfaceDocument> = {}) {
  const clock = fakeClock(0);
  const relations = createRelations({ clock, log: silentLogger, metrics: silentMetrics, ask });
  const document = buildInterface({ interfaceId: 'ifc_kin', front: 'bus', ...provider });
  const exchange = { traceId: 't', plan: { interface: (id: string) => (id === 'ifc_kin' ? document : undefined) } } as Exchange;
  return { clock, relations, related: (subject: string, id = 'ifc_kin') => relations.related(exchange, id, 'family', subject) };
}

test('returns the ids of the reply, and asks again after 30 seconds only', async () => {
  const asked: unknown[] = [];
  const { clock, related } = startRelations(async (_provider, question) => (asked.push(question), { ids: ['a', 7] }));
  assert.deepEqual(await related('u1'), new Set(['a', '7']));
  await clock.advance(29_999);
  await related('u1');
  assert.deepEqual(asked, [{ relation: 'family', subject: 'u1' }]);
  await clock.advance(1);
  await related('u1');
  await related('u2');
  assert.equal(asked.length, 3);
});

test('asks once for requests that arrive together', async () => {
  let asked = 0;
  let reply = (_value: unknown) => {};
  const { related } = startRelations(() => new Promise((resolve) => ((reply = resolve), asked++)));
  const both = Promise.all([related('u1'), related('u1')]);
  reply({ ids: ['a'] });
  assert.deepEqual(await both, [new Set(['a']), new Set(['a'])]);
  assert.equal(asked, 1);
});

test('relates nobody if the provider fails, is late, is offline or unknown, or replies something else', async () => {
  const replies: readonly unknown[] = [
    undefined,
    [],
    { ids: 'a' },
    { ids: ['a', null] },
    { ids: [1.5] },
    { ids: ['x'.repeat(129)] },
    { ids: Array.from({ length: 10_001 }, String) },
  ];
  for (const reply of replies) assert.equal(await startRelations(async () => reply).related('u1'), undefined);
  assert.equal(await startRelations(() => Promise.reject(new Error('down'))).related('u1'), undefined);
  assert.equal(await startRelations(async () => ({ ids: [] }), { state: 'offline' }).related('u1'), undefined);
  assert.equal(await startRelations(async () => ({ ids: [] })).related('u1', 'ifc_other'), undefined);
  let signal: AbortSignal | undefined;
  const late = startRelations((_provider, _question, about) => ((signal = about.signal), new Promise(() => {})));
  const result = late.related('u1');
  await late.clock.advance(2_000);
  assert.equal(await result, undefined);
  assert.equal(signal?.aborted, true);
});

test('a failure is remembered for a second', async () => {
  let asked = 0;
  const { clock, related } = startRelations(async () => (asked++, undefined));
  await related('u1');
  await related('u1');
  assert.equal(asked, 1);
  await clock.advance(1_000);
  await related('u1');
  assert.equal(asked, 2);
});

test('memory is bounded: old results give way', async () => {
  let asked = 0;
  const ids = Array.from({ length: 10_000 }, (_, i) => String(i));
  const { related } = startRelations(async () => (asked++, { ids }));
  for (let i = 0; i < 60; i++) await related(`u${i}`);
  await related('u59');
  assert.equal(asked, 60);
  await related('u0');
  assert.equal(asked, 61);
});

test('names a provider that fails, since when and why, until it replies, or nobody has asked it for five minutes', async () => {
  let reply: unknown = undefined;
  const { clock, related, relations } = startRelations(async () => reply);
  await related('u1');
  await clock.advance(60_000);
  await related('u2');
  assert.deepEqual(relations.failing(), [{ provider: 'ifc_kin', reason: 'malformed', since: 0 }]);
  reply = { ids: [] };
  await related('u3');
  assert.deepEqual(relations.failing(), []);
  await related('u4', 'ifc_gone');
  assert.deepEqual(relations.failing(), [{ provider: 'ifc_gone', reason: 'offline', since: 60_000 }]);
  await clock.advance(300_001);
  assert.deepEqual(relations.failing(), []);
});
