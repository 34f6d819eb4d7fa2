// @never-rerun: a single failure is a failure.
/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { executionsSpec } from '../../engine/execution/execution-document.ts';
import { adapterTo, graph, startHospital, startWithEngine } from './start-engine.ts';

const LANE = { lane: { key: 'data.patient' }, keys: { patient: 'data.patient' } };
const ONCE = { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: ['transient' as const] } };
const send = (path: string) => ({ type: 'http.call@1', adapter: 'adp_his', config: { method: 'POST', path }, handling: ONCE });
const map = {
  type: 'transform.map@1',
  config: {
    mapping: {
      rules: [
        { to: 'patient', from: { path: 'data.patient' } },
        { to: 'number', from: { path: 'data.number' } },
        { to: 'ward', from: { table: 'wards', key: { path: 'data.ward' } } },
      ],
    },
  },
};

/** Looks the ward up, then sends the message on; each patient is a lane. The table does not know W9. */
async function setUp(t: TestContext) {
  const hospital = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  const { admin, engine, publish, until } = running;
  const limits = { breakerFailures: 10_000, maxConcurrency: 64, timeoutMs: 5_000 };
  assert.equal((await admin.call('PUT', '/adapters/adp_his', adapterTo(hospital, { limits }))).status, 200);
  let revision = 0;
  const saveTable = async (entries: Record<string, string>) => {
    const table = { tableId: 'wards', revision, name: { 'zh-CN': '病区', en: 'Wards' }, domain: 'sh-city', entries };
    const { status, body } = await admin.call('PUT', '/code-tables/wards', table);
    assert.equal(status, 200, JSON.stringify(body));
    revision = body.revision;
  };
  await saveTable({ W1: '一病区' });
  const nodes = { n_in: { type: 'interface.call@1' }, n_map: map, n_send: send('/messages') };
  await publish(graph('flw_wards', nodes, ['n_in > n_map', 'n_map.ok > n_send'], { mode: 'durable', deadlineMs: 60_000, ingress: LANE }));
  const counted = (status: 'held' | 'completed', count: number) => until(async () => (await engine.executions.counts())[status] === count);
  const operator = await running.person('wu', ['operator']);
  return { hospital, running, counted, saveTable, operator, executions: await running.documents.open(executionsSpec) };
}

const received = (body: string) => JSON.parse(body) as { patient: string; number: number; ward: string };

test('200 messages held by a missing code, and those behind them in their lanes, go on in order once the table knows it', async (t) => {
  const { hospital, running, counted, saveTable, operator } = await setUp(t);
  for (let number = 0; number < 3; number += 1)
    for (let patient = 0; patient < 200; patient += 1) await running.send('flw_wards', { patient: `P${patient}`, number, ward: 'W9' });
  await counted('held', 200);
  await saveTable({ W1: '一病区', W9: '九病区' });

  const { body: then } = await operator.call('POST', '/held/retry', { code: 'CODE_UNKNOWN', perSecond: 1000 });
  const outcomeOf = async (id: string) => (await operator.call('GET', `/bulks/${id}`)).body.outcome;
  await running.until(async () => (await outcomeOf(then.bulkId)).underWay === 0);
  assert.deepEqual([then.done, await outcomeOf(then.bulkId)], [200, { wentOn: 0, heldAgain: 200, failed: 0, underWay: 0 }]);

  const { body: now } = await operator.call('POST', '/held/retry', { code: 'CODE_UNKNOWN', tables: 'now', perSecond: 1000 });
  await counted('completed', 600);
  assert.deepEqual([now.tables, now.done, now.refused], ['now', 200, 0]);
  assert.deepEqual(await outcomeOf(now.bulkId), { wentOn: 200, heldAgain: 0, failed: 0, underWay: 0 });
  const byPatient = Map.groupBy(hospital.received, ({ body }) => received(body).patient);
  assert.equal(byPatient.size, 200);
  for (const messages of byPatient.values()) {
    assert.deepEqual(
      messages.map(({ body }) => received(body).number),
      [0, 1, 2],
    );
    assert.ok(messages.every(({ body }) => received(body).ward === '九病区'));
  }
});

test('what has begun, or lies in another lane, keeps the tables with which it was accepted; so does what is held for a write', async (t) => {
  const { hospital, running, counted, saveTable, operator, executions } = await setUp(t);
  const [first, behind, other] = [
    await running.send('flw_wards', { patient: 'P1', number: 0, ward: 'W9' }),
    await running.send('flw_wards', { patient: 'P1', number: 1, ward: 'W1' }),
    await running.send('flw_wards', { patient: 'P2', number: 0, ward: 'W9' }),
  ];
  hospital.answer = () => 'silence';
  await running.send('flw_wards', { patient: 'P3', number: 0, ward: 'W1' });
  await counted('held', 3);
  hospital.answer = () => ({ status: 200 });
  const before = (await executions.get(first))!.tables;
  await saveTable({ W1: '新一病区', W9: '九病区' });

  const { status } = await operator.call('POST', `/executions/${first}/retry`, { tables: 'now' });
  assert.equal(status, 200);
  await counted('completed', 2);
  const tablesOf = async (id: string) => (await executions.get(id))!.tables;
  assert.notEqual(await tablesOf(first), before);
  assert.equal(await tablesOf(behind), await tablesOf(first));
  assert.equal(await tablesOf(other), before);
  const wards = hospital.received.filter(({ body }) => received(body).patient === 'P1').map(({ body }) => received(body).ward);
  assert.deepEqual(wards, ['九病区', '新一病区']);

  const [unknown] = (await operator.call('GET', '/held?outcome=unknown')).body.items;
  const refused = await operator.call('POST', `/executions/${unknown.executionId}/retry`, { tables: 'now' });
  assert.deepEqual([refused.status, refused.body.code], [422, 'RETRY_TABLES_KEPT']);
  const { body: bulk } = await operator.call('POST', '/held/retry', { all: true, outcome: 'any', tables: 'now' });
  assert.deepEqual([bulk.done, bulk.refused], [1, 1]);
  await counted('held', 1);
});

test('two bulks over the same messages, one with the tables of now: each goes on once', async (t) => {
  const { hospital, running, saveTable, operator, counted } = await setUp(t);
  for (let patient = 0; patient < 60; patient += 1) await running.send('flw_wards', { patient: `P${patient}`, number: 0, ward: 'W9' });
  await counted('held', 60);
  await saveTable({ W9: '九病区' });
  const bulk = (tables: string) => operator.call('POST', '/held/retry', { all: true, tables, perSecond: 1000 });
  const [then, now] = (await Promise.all([bulk('then'), bulk('now')])).map(({ body }) => body);
  // What the one with the tables of then took may be held again by now.
  await running.until(async () => {
    const { queued, running: under, held, completed } = await running.engine.executions.counts();
    return queued + under === 0 && held + completed === 60;
  });
  assert.equal(then.done + then.goneOn, then.total);
  assert.equal(now.done + now.goneOn, now.total);
  await operator.call('POST', '/held/retry', { all: true, tables: 'now', perSecond: 1000 });
  await counted('completed', 60);
  assert.equal(new Set(hospital.received.map(({ body }) => received(body).patient)).size, 60);
  assert.equal(hospital.received.length, 60);
});
