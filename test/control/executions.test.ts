/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { adapterTo, graph, startHospital, startWithEngine } from './start-engine.ts';

/** Sends each message on to the hospital; held when the hospital refuses. */
const feed = (flowId: string, adapter = 'adp_his') =>
  graph(
    flowId,
    {
      n_in: { type: 'interface.call@1' },
      n_send: { type: 'http.call@1', adapter, config: { method: 'POST', path: '/messages' }, handling: ONCE },
    },
    ['n_in > n_send'],
    { mode: 'durable', deadlineMs: 60_000, ingress: { keys: { patient: 'data.patient' } } },
  );
const ONCE = { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: ['transient' as const] } };

async function setUp(t: TestContext) {
  const hospital = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  for (const adapterId of ['adp_his', 'adp_lis']) {
    const saved = await running.admin.call(
      'PUT',
      `/adapters/${adapterId}`,
      adapterTo(hospital, { adapterId, limits: { breakerFailures: 10_000 } }),
    );
    assert.equal(saved.status, 200);
  }
  const ended = (id: string, status: string) =>
    running.until(async () => {
      const { body } = await running.admin.call('GET', `/executions/${id}`);
      return body.status === status && body;
    });
  return { hospital, running, ended };
}

const ids = ({ items }: { items: { executionId: string }[] }) => items.map(({ executionId }) => executionId);

test('finds executions by adapter, by several statuses and by the beginning of an id or trace, newest first', async (t) => {
  const { hospital, running, ended } = await setUp(t);
  await running.publish(feed('flw_his'));
  await running.publish(feed('flw_lis', 'adp_lis'));
  const list = async (query: string) => (await running.admin.call('GET', `/executions?${query}`)).body;
  const first = await running.send('flw_his', { patient: 'P1' });
  await ended(first, 'completed');
  const lis = await running.send('flw_lis', { patient: 'P2' });
  const done = await ended(lis, 'completed');
  assert.equal(done.durationMs, done.finishedAt - done.acceptedAt);
  hospital.answer = () => ({ status: 503 });
  const held = await running.send('flw_his', { patient: 'P1' });
  await ended(held, 'held');

  assert.deepEqual(ids(await list('')), [held, lis, first]);
  assert.deepEqual(ids(await list('adapterId=adp_his')), [held, first]);
  assert.deepEqual(ids(await list('adapterId=adp_his&status=held')), [held]);
  assert.deepEqual(ids(await list('adapterId=adp_his&flowId=flw_lis')), []);
  assert.deepEqual(ids(await list('adapterId=adp_none')), []);
  assert.deepEqual(ids(await list('status=held&status=completed')), [held, lis, first]);
  assert.deepEqual(ids(await list('status=failed&status=cancelled')), []);
  assert.deepEqual(ids(await list('keyName=patient&keyValue=P1')), [held, first]);
  assert.deepEqual(ids(await list(`text=${lis}`)), [lis]);
  assert.deepEqual(ids(await list(`text=${lis}&status=held`)), []);
  assert.deepEqual(ids(await list(`text=${lis.slice(0, 8)}`)).toSorted(), [held, lis, first].toSorted());
  const traced = await list('text=trace-flw_h');
  assert.deepEqual([ids(traced), traced.items[0].traceId, traced.searchedFrom], [[held, first], 'trace-flw_his', undefined]);

  const page = await list('status=held&status=completed&limit=2');
  await running.send('flw_his', { patient: 'P3' });
  assert.deepEqual(
    ids(await list(`status=held&status=completed&limit=2&after=${page.next}`)),
    [first],
    'what comes in meanwhile moves no page',
  );
  // The adapter of an older version still leads to the flow: its executions are pinned to it.
  const draft = (await running.admin.call('GET', '/flows/flw_his')).body;
  await running.publish({ ...feed('flw_his', 'adp_lis'), revision: draft.revision });
  assert.ok(ids(await list('adapterId=adp_his')).includes(first));
  assert.equal((await running.admin.call('GET', '/executions?status=none')).status, 400);
});
