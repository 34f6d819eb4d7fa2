/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ControlServices } from '../../control/all-actions.ts';
import { scopeOf } from '../../control/access/domains.ts';
import { trialActions } from '../../control/flows/trials.ts';
import { adapterTo, graph, startHospital, startWithEngine } from './start-engine.ts';

const branch = (port: string) => ({ port, label: { 'zh-CN': port, en: port } });
const SAME = { fields: [{ to: 'data', from: { path: 'data' } }] };
const BOOKING = graph(
  'flw_book',
  {
    n_in: { type: 'interface.call@1' },
    n_who: { type: 'http.call@1', adapter: 'adp_his', config: { path: '/patients/{data.id}' } },
    n_set: { type: 'transform.set@1', config: SAME },
    n_book: { type: 'http.call@1', adapter: 'adp_his', config: { method: 'POST', path: '/bookings' } },
    n_reply: { type: 'control.reply@1' },
  },
  ['n_in > n_who', 'n_who.ok > n_set', 'n_set.ok > n_book', 'n_book.ok > n_reply'],
);

async function setUp(t: TestContext) {
  const hospital = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  assert.equal((await running.admin.call('PUT', '/adapters/adp_his', adapterTo(hospital))).status, 200);
  const trial = async (request: Record<string, unknown>) => {
    const answer = await running.admin.call('POST', '/flows/trial', { document: BOOKING, input: { data: { id: '7' } }, ...request });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  return { hospital, running, trial };
}

const short = ({ node, status }: { node: string; status: string }) => `${node} ${status}`;

test('a trial reaches nobody: it stops before the hospital and says how to go on', async (t) => {
  const { hospital, trial } = await setUp(t);
  const body = await trial({});
  assert.equal(body.status, 'not-reached');
  assert.deepEqual(body.steps.map(short), ['n_who not-reached']);
  const [step] = body.steps;
  assert.equal(step.error.code, 'TRIAL_NOT_REACHED');
  assert.match(step.error.fix, /[Pp]in an output/);
  assert.deepEqual(step.input.data, { id: '7' });
  assert.deepEqual([hospital.received.length, body.reached, body.wrote], [0, [], []]);
});

test('a trial shows of each step what went in, what came out by port, and how long it took', async (t) => {
  const { trial } = await setUp(t);
  const body = await trial({ outputs: { n_who: { ok: { name: '张三' } } }, mocks: { n_book: { emit: { ok: { slot: 3 } } } } });
  assert.equal(body.status, 'completed');
  assert.deepEqual(body.reply.message.data, { slot: 3 });
  assert.deepEqual(body.steps.map(short), ['n_who completed', 'n_set completed', 'n_book completed', 'n_reply completed']);
  const [who, , book] = body.steps;
  assert.deepEqual([who.input.data, who.output.ok.data, who.attempt, who.scope], [{ id: '7' }, { name: '张三' }, 1, '']);
  assert.deepEqual(book.input.data, { name: '张三' });
  assert.ok(who.startedAt > 0 && who.durationMs >= 0);
});

test('a trial that may reach the adapters does what it does, says who wrote, and takes a right of its own', async (t) => {
  const { hospital, running, trial } = await setUp(t);
  hospital.answer = ({ path }) => ({ status: 200, body: path === '/bookings' ? { slot: 3 } : { name: '张三' } });
  const body = await trial({ reach: 'adapters' });
  assert.equal(body.status, 'completed');
  assert.deepEqual([body.reached, body.wrote], [['n_who', 'n_book'], ['n_book']]);
  assert.deepEqual(
    hospital.received.map(({ path }) => path),
    ['/patients/7', '/bookings'],
  );
  await trial({ reach: 'adapters' });
  const keys = hospital.received.flatMap(({ path, headers }) => (path === '/bookings' ? [headers['idempotency-key']] : []));
  assert.ok(keys[0] !== undefined && keys[0] !== keys[1], 'a second trial is a second booking');

  const auditor = await running.person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=flows.trial')).body;
  const result = items.find((line: { phase: string }) => line.phase === 'result');
  assert.deepEqual(result.after, { reach: 'adapters', status: 'completed', reached: ['n_who', 'n_book'], wrote: ['n_book'] });
  assert.doesNotMatch(JSON.stringify(items), /张三/);
  const operator = await running.person('operator', ['operator']);
  const refused = await operator.call('POST', '/flows/trial', { document: BOOKING, input: { data: {} } });
  assert.equal(refused.status, 403);
});

test('reaching adapters takes adapters.test beside flows.edit', async (t) => {
  const { running, hospital } = await setUp(t);
  const [trial] = trialActions({ catalog: running.engine.catalog } as unknown as ControlServices);
  const actor = { account: 'editor', roles: [], domains: 'all', via: 'session', from: '' } as const;
  // No role of today holds the one without the other; roles may change, the rule must not.
  const asked: string[] = [];
  const require = (permission: string) => {
    asked.push(permission);
    throw new Error('denied');
  };
  const domains = scopeOf('all');
  const ctx = { actor, domains, signal: new AbortController().signal, note: {}, progress: () => {}, require };
  const input = { document: BOOKING, input: { data: {} } };
  assert.equal(trial!.right, 'flows.edit');
  await trial!.run(ctx, input);
  await assert.rejects(trial!.run(ctx, { ...input, reach: 'adapters' }), /denied/);
  assert.deepEqual([asked, hospital.received.length], [['adapters.test'], 0]);
});

test('shows the error of a hospital that refuses, at once and in full', async (t) => {
  const { hospital, trial } = await setUp(t);
  hospital.answer = () => ({ status: 503, body: { why: 'maintenance of 李四' } });
  const body = await trial({ reach: 'adapters', document: { ...BOOKING, mode: 'durable' } });
  assert.equal(hospital.received.length, 1, 'no retries while a person waits');
  assert.ok(['failed', 'held'].includes(body.status), body.status);
  assert.deepEqual(body.steps.map(short), ['n_who failed']);
  assert.equal(body.steps[0].error.code, body.error.code);
  assert.match(body.error.message, /503/);
});

test('runs from a node on: its input is the one given, and what lay before comes from pinned outputs', async (t) => {
  const { hospital, trial } = await setUp(t);
  const document = {
    ...BOOKING,
    nodes: BOOKING.nodes.map((node) =>
      node.id === 'n_book' ? { ...node, config: { method: 'POST', path: '/bookings/{nodes.n_who.name}' } } : node,
    ),
  };
  const body = await trial({
    document,
    reach: 'adapters',
    from: 'n_book',
    input: { data: { slot: 9 } },
    outputs: { n_who: { ok: { name: 'zhang' } } },
  });
  assert.deepEqual(body.steps.map(short), ['n_book completed', 'n_reply completed']);
  assert.deepEqual(
    hospital.received.map(({ path, body: sent }) => [path, sent]),
    [['/bookings/zhang', '{"slot":9}']],
  );
});

test('runs one node alone, even while the rest of the flow is not drawn yet', async (t) => {
  const { trial, running } = await setUp(t);
  const document = { ...BOOKING, nodes: [...BOOKING.nodes, { id: 'n_x', type: 'no.such@1', label: '', config: {} }], edges: [] };
  const whole = await running.admin.call('POST', '/flows/trial', { document, input: { data: {} } });
  assert.equal(whole.body.code, 'FLOW_INVALID');
  const body = await trial({ document, only: 'n_set', input: { data: { a: 1 } } });
  assert.deepEqual([body.status, body.steps.map(short)], ['completed', ['n_set completed']]);
  assert.deepEqual(body.steps[0].output.ok.data, { a: 1 });
  for (const only of ['n_in', 'n_none', 'n_x']) {
    const refused = await running.admin.call('POST', '/flows/trial', { document, only, input: { data: {} } });
    assert.equal(refused.status, 422, only);
    assert.equal(refused.body.code, only === 'n_x' ? 'FLOW_INVALID' : 'TRIAL_NODE_UNSUITABLE');
  }
});

test('shows each round of a loop, and feeds a join from what is pinned', async (t) => {
  const { trial } = await setUp(t);
  const loop = graph(
    'flw_loop',
    {
      n_in: { type: 'interface.call@1' },
      n_each: { type: 'control.for-each@1', config: { items: { path: 'data.list' } } },
      n_item: { type: 'transform.set@1', config: SAME },
      n_reply: { type: 'control.reply@1' },
    },
    ['n_in > n_each', 'n_each.each > n_item', 'n_each.done > n_reply'],
  );
  const rounds = await trial({ document: loop, input: { data: { list: [{ a: 1 }, { a: 2 }] } } });
  assert.deepEqual(
    rounds.steps
      .filter(({ node }: { node: string }) => node === 'n_item')
      .map((step: { scope: string; input: { data: unknown } }) => [step.scope, step.input.data]),
    [
      ['n_each[0]', { a: 1 }],
      ['n_each[1]', { a: 2 }],
    ],
  );
  const join = graph(
    'flw_join',
    {
      n_in: { type: 'interface.call@1' },
      n_fork: { type: 'control.parallel@1', config: { branches: [branch('a'), branch('b')] } },
      n_left: { type: 'transform.set@1', config: SAME },
      n_right: { type: 'transform.set@1', config: SAME },
      n_join: { type: 'control.join@1' },
      n_reply: { type: 'control.reply@1' },
    },
    ['n_in > n_fork', 'n_fork.a > n_left', 'n_fork.b > n_right', 'n_left.ok > n_join', 'n_right.ok > n_join', 'n_join > n_reply'],
  );
  const joined = await trial({ document: join, from: 'n_left', input: { data: 1 }, outputs: { n_right: { ok: 2 } } });
  assert.equal(joined.status, 'completed', JSON.stringify(joined.error));
  assert.deepEqual(joined.reply.message.data, { n_left: 1, n_right: 2 });
});

test('ends a trial when the asking side leaves', async (t) => {
  const { hospital, running } = await setUp(t);
  hospital.answer = () => 'silence';
  const leaving = new AbortController();
  const asked = running.admin
    .raw('POST', '/flows/trial', {
      body: JSON.stringify({ document: BOOKING, input: { data: { id: '7' } }, reach: 'adapters' }),
      headers: { 'content-type': 'application/json' },
      signal: leaving.signal,
    })
    .catch(() => 'left');
  await running.until(async () => hospital.received.length === 1);
  leaving.abort();
  assert.equal(await asked, 'left');
  const auditor = await running.person('auditor', ['audit-admin']);
  const result = await running.until(async () => {
    const { items } = (await auditor.call('GET', '/audit?action=flows.trial')).body;
    return items.find((line: { phase: string }) => line.phase === 'result') as { after: { status: string; reached: string[] } } | undefined;
  });
  assert.deepEqual([result.after.status, result.after.reached], ['stopped', ['n_who']]);
});

test('cuts what is too long for a page, with a mark', async (t) => {
  const { trial } = await setUp(t);
  const body = await trial({ only: 'n_set', input: { data: { text: '长'.repeat(200_000) } } });
  const { input, output } = body.steps[0];
  assert.deepEqual([input.truncated, input.form, output.ok.truncated], [true, 'text', true]);
  assert.ok(input.sizeBytes > 600_000 && Buffer.byteLength(input.data) <= 256 * 1024);
});
