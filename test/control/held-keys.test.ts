// @never-rerun: a single failure is a failure.
/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { adapterTo, graph, startHospital, startWithEngine } from './start-engine.ts';

const ONCE = { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: ['transient' as const] } };

async function setUp(t: TestContext) {
  const hospital = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  const limits = { breakerFailures: 10_000, maxConcurrency: 64, timeoutMs: 5_000 };
  assert.equal((await running.admin.call('PUT', '/adapters/adp_his', adapterTo(hospital, { limits }))).status, 200);
  const nodes = {
    n_in: { type: 'interface.call@1' },
    n_send: { type: 'http.call@1', adapter: 'adp_his', config: { method: 'POST', path: '/messages' }, handling: ONCE },
  };
  const ingress = { keys: { patient: 'data.patient', visit: 'data.visit' } };
  await running.publish(graph('flw_feed', nodes, ['n_in > n_send'], { mode: 'durable', deadlineMs: 60_000, ingress }));
  hospital.answer = () => ({ status: 429 });
  const ids: string[] = [];
  for (const [patient, visit] of [
    ['P1', 'V1'],
    ['P1', 'V2'],
    ['P2', 'V3'],
  ])
    ids.push(await running.send('flw_feed', { patient, visit }));
  const counted = (status: 'held' | 'completed', count: number) =>
    running.until(async () => (await running.engine.executions.counts())[status] === count);
  await counted('held', 3);
  return { hospital, running, counted, ids, operator: await running.person('wu', ['operator']) };
}

test('business keys are listed for who may see data of messages, of the executions of their domains alone', async (t) => {
  const { running, ids, operator } = await setUp(t);
  const { body } = await operator.call('POST', '/executions/keys', { ids: [...ids, 'exe_none'] });
  assert.deepEqual(body.keys, {
    [ids[0]!]: { patient: 'P1', visit: 'V1' },
    [ids[1]!]: { patient: 'P1', visit: 'V2' },
    [ids[2]!]: { patient: 'P2', visit: 'V3' },
  });
  const viewer = await running.person('li', ['viewer']);
  assert.equal((await viewer.call('POST', '/executions/keys', { ids })).status, 403);
  const { body: list } = await viewer.call('GET', '/held');
  // In quotes: an id may hold two such letters by chance.
  assert.doesNotMatch(JSON.stringify(list), /"(P1|V1)"/);

  await operator.call('POST', '/executions/keys', { ids });
  const auditor = await running.person('zhao', ['audit-admin']);
  const { body: acts } = await auditor.call('GET', '/audit/acts?action=executions.keys');
  assert.deepEqual(
    acts.items.map(({ actor, outcome }: { actor: string; outcome: string }) => [actor, outcome]),
    [
      ['li', 'PERMISSION_DENIED'],
      ['wu', 'done'],
    ],
    'who reads keys of patients leaves one line an hour',
  );
  assert.doesNotMatch(JSON.stringify(acts), /P1|V1/);
});

test('held messages of a patient are found and retried by the business key, of which a bulk keeps the name alone', async (t) => {
  const { hospital, running, ids, counted, operator } = await setUp(t);
  const search = { status: 'held', code: 'HTTP_BUSY', keyName: 'patient', keyValue: 'P1' };
  const [first] = (await operator.call('GET', '/held')).body.items;
  const { body: found } = await operator.call('POST', '/executions/search', { ...search, code: first.held.reason });
  assert.deepEqual(new Set(found.items.map(({ executionId }: { executionId: string }) => executionId)), new Set(ids.slice(0, 2)));
  assert.equal((await operator.call('POST', '/executions/search', { ...search, code: 'CODE_UNKNOWN' })).body.items.length, 0);

  hospital.answer = () => ({ status: 200 });
  const key = { name: 'patient', value: 'P1' };
  assert.equal((await operator.call('POST', '/held/retry', { key, dryRun: true })).body.total, 2);
  const { body: bulk } = await operator.call('POST', '/held/retry', { key, perSecond: 1000 });
  await counted('completed', 2);
  assert.deepEqual([bulk.done, bulk.selection.key], [2, 'patient']);
  const stored = await running.documents.open({
    name: 'bulks',
    schema: {},
    indexes: [{ name: 'by_time', fields: ['startedAt'] }],
    expiresAt: 'expiresAt',
  });
  assert.doesNotMatch(JSON.stringify(await stored.get(bulk.bulkId)), /\bP1\b/);
  const auditor = await running.person('auditor', ['audit-admin']);
  const { body: trail } = await auditor.call('GET', '/audit?action=executions.retry-many');
  assert.doesNotMatch(JSON.stringify(trail), /\bP1\b/);
});

test('the first time of a hold stays while retries are held again', async (t) => {
  const { running, counted, operator } = await setUp(t);
  const listed = async () => (await operator.call('GET', '/held')).body.items as { heldSince: number; held: { at: number } }[];
  const before = new Set((await listed()).map(({ heldSince }) => heldSince));
  const { body: bulk } = await operator.call('POST', '/held/retry', { all: true, perSecond: 1000 });
  await running.until(async () => (await operator.call('GET', `/bulks/${bulk.bulkId}`)).body.outcome.heldAgain === 3);
  await counted('held', 3);
  const after = await listed();
  assert.deepEqual(new Set(after.map(({ heldSince }) => heldSince)), before);
  assert.ok(after.every(({ heldSince, held }) => held.at > heldSince));
  const { groups } = (await operator.call('GET', '/held/groups')).body;
  assert.equal(groups[0].oldestAt, Math.min(...before));
});
