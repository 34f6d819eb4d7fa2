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
  const search = async (query: object) =>
    (await running.admin.call('POST', '/executions/search', { keyName: 'patient', keyValue: 'P1', ...query })).body;
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
  assert.deepEqual(ids(await search({})), [held, first]);
  assert.deepEqual(ids(await list(`from=${done.acceptedAt}&to=${done.acceptedAt}&flowId=flw_lis`)), [lis]);
  assert.deepEqual(ids(await list(`to=${done.acceptedAt - 1}`)), [first]);
  assert.deepEqual(ids(await search({ from: done.acceptedAt + 1 })), [held]);
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

test('shows what went into each step and out of it to who may see payloads, and no word of it to others', async (t) => {
  const { hospital, running, ended } = await setUp(t);
  const flow = graph(
    'flw_steps',
    {
      n_in: { type: 'interface.call@1' },
      n_set: { type: 'transform.set@1', config: { fields: [{ to: 'data.more', from: { value: true } }] } },
      n_send: { type: 'http.call@1', adapter: 'adp_his', config: { method: 'POST', path: '/messages' }, handling: ONCE },
      n_after: { type: 'transform.set@1', config: { fields: [{ to: 'data.last', from: { value: 1 } }] } },
    },
    ['n_in > n_set', 'n_set.ok > n_send', 'n_send.ok > n_after'],
    { mode: 'durable', deadlineMs: 60_000, ingress: { keys: { patient: 'data.patient' } } },
  );
  await running.publish(flow);
  const [viewer, operator] = [await running.person('li', ['viewer']), await running.person('wu', ['operator'])];
  hospital.answer = () => ({ status: 200, body: { done: '张三' } });
  const id = await running.send('flw_steps', { patient: '张三' });
  await ended(id, 'completed');
  const { body } = await operator.call('GET', `/executions/${id}/payload`);
  const set = { patient: '张三', more: true };
  assert.deepEqual(body.input.data, { patient: '张三' });
  assert.deepEqual([body.inputs.n_set.data, body.outputs.n_set.ok.data], [{ patient: '张三' }, set]);
  assert.deepEqual([body.inputs.n_send.data, body.outputs.n_send.ok.data], [set, { done: '张三' }]);
  assert.deepEqual(body.outputs.n_after.ok.data, { done: '张三', last: 1 });

  hospital.answer = () => ({ status: 429 });
  const long = await running.send('flw_steps', { patient: '李四', text: '长'.repeat(400_000) });
  await ended(long, 'held');
  const held = (await operator.call('GET', `/executions/${long}/payload`)).body;
  assert.deepEqual([held.inputs.n_send.truncated, held.inputs.n_send.form, held.outputs.n_send], [true, 'text', undefined]);
  assert.ok(Buffer.byteLength(held.input.data) <= 1024 * 1024 && held.input.sizeBytes > 1024 * 1024);
  for (const path of [
    `/executions/${id}`,
    `/executions/${long}`,
    '/executions',
    '/held',
    '/held/groups',
    '/flows/flw_steps/samples?node=n_send',
  ])
    assert.doesNotMatch(JSON.stringify((await viewer.call('GET', path)).body), /张三|李四/, path);
  assert.equal((await viewer.call('GET', `/executions/${id}/payload`)).status, 403);

  assert.deepEqual(ids((await viewer.call('GET', '/flows/flw_steps/samples')).body), [long, id]);
  const { items } = (await viewer.call('GET', '/flows/flw_steps/samples?node=n_send&limit=5')).body;
  assert.deepEqual([ids({ items }), items[0].steps, items[0].status], [[id], ['n_send'], 'completed']);
});

test('a wait is resumed by operators of the domain of its execution, also after its flow has moved to another', async (t) => {
  const { running, ended } = await setUp(t);
  const document = graph(
    'flw_order',
    { n_in: { type: 'interface.call@1' }, n_wait: { type: 'control.wait@1', config: { resume: 'data.order' } } },
    ['n_in > n_wait'],
    { mode: 'durable', deadlineMs: 60_000, domain: 'dom-city' },
  );
  await running.publish(document);
  const waiting = await running.send('flw_order', { order: 'o1' });
  await ended(waiting, 'waiting');
  const draft = (await running.admin.call('GET', '/flows/flw_order')).body;
  assert.equal((await running.admin.call('PUT', '/flows/flw_order', { ...draft, domain: 'dom-x' })).status, 200);
  const resume = async (person: typeof running.admin, token: string) =>
    (await person.call('POST', '/executions/resume', { flowId: 'flw_order', token, data: {} })).body;
  const other = await running.person('xi', ['operator'], ['dom-x']);
  assert.equal((await other.call('GET', `/executions/${waiting}`)).body.code, 'NOT_FOUND');
  assert.equal((await resume(other, 'o1')).code, 'NOT_FOUND');
  assert.equal((await resume(other, 'o2')).code, 'NOT_FOUND', 'nor is a message kept for what the city starts');
  const own = await running.person('cai', ['operator'], ['dom-city']);
  assert.deepEqual(await resume(own, 'o1'), { resumed: true, executionId: waiting });
});

test('a resume says which execution it resumed, or that none waits under the token yet; a token counts once', async (t) => {
  const { running, ended } = await setUp(t);
  await running.publish(
    graph(
      'flw_order',
      { n_in: { type: 'interface.call@1' }, n_wait: { type: 'control.wait@1', config: { resume: 'data.order' } } },
      ['n_in > n_wait'],
      { mode: 'durable', deadlineMs: 60_000 },
    ),
  );
  const waiting = await running.send('flw_order', { order: 'o1' });
  await ended(waiting, 'waiting');
  const resume = (flowId: string, more = {}) =>
    running.admin.call('POST', '/executions/resume', { flowId, token: 'o1', data: { paid: true }, ...more });
  const missing = await resume('flw_none');
  assert.deepEqual([missing.status, missing.body.error?.code ?? missing.body.code], [404, 'NOT_FOUND']);
  const mistyped = await resume('flw_order', { token: '01', onlyIfWaiting: true });
  assert.deepEqual([mistyped.status, mistyped.body.code], [422, 'RESUME_NOBODY_WAITS']);
  const early = await resume('flw_order', { token: 'o2' });
  assert.deepEqual([early.status, early.body.resumed, early.body.executionId], [200, false, undefined]);
  assert.ok(early.body.keptUntil > Date.now());
  assert.match(early.body.message['zh-CN'], /尚无执行以此令牌等待/);
  const hit = await resume('flw_order');
  assert.deepEqual([hit.status, hit.body], [200, { resumed: true, executionId: waiting }]);
  await ended(waiting, 'completed');
  const again = await resume('flw_order');
  assert.equal(again.body.error?.code ?? again.body.code, 'RESUME_TOKEN_USED');
});
