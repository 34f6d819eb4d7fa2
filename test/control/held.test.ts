// @never-rerun: a single failure is a failure.
/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createBulks } from '../../control/held/create-bulks.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { type Client, plainSeal } from './start-control.ts';
import { adapterTo, graph, startHospital, startWithEngine, type Hospital } from './start-engine.ts';

const ONCE = { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: ['transient' as const] } };

/** Sends each message on to the hospital; held when the hospital is down. */
const feed = (flowId: string) =>
  graph(
    flowId,
    {
      n_in: { type: 'interface.call@1' },
      n_send: { type: 'http.call@1', adapter: 'adp_his', config: { method: 'POST', path: '/messages' }, handling: ONCE },
    },
    ['n_in > n_send'],
    { mode: 'durable', deadlineMs: 60_000 },
  );

async function setUp(t: TestContext) {
  const hospital = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  const limits = { breakerFailures: 10_000, maxConcurrency: 64, timeoutMs: 5_000 };
  assert.equal((await running.admin.call('PUT', '/adapters/adp_his', adapterTo(hospital, { limits }))).status, 200);
  await running.publish(feed('flw_feed'));
  const counted = async (status: string, count: number) => {
    await running.until(async () => (await running.engine.executions.counts())[status as 'held'] === count);
  };
  /** So many messages to a hospital that is down; answers their ids. */
  const hold = async (count: number, flowId = 'flw_feed') => {
    hospital.answer = () => ({ status: 429 });
    const before = (await running.engine.executions.counts()).held;
    const ids: string[] = [];
    for (let number = 0; number < count; number += 1) ids.push(await running.send(flowId, { number }));
    await counted('held', before + count);
    hospital.answer = () => ({ status: 200 });
    return ids;
  };
  return { hospital, running, hold, counted, operator: await running.person('wu', ['operator']) };
}

/** Asks for a bulk and reads its lines; leaves as soon as `until` says so. */
async function follow(client: Client, path: string, body: unknown, until: (progress: Record<string, number>) => boolean = () => false) {
  const leaving = new AbortController();
  const response = await client.raw('POST', path, {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    signal: leaving.signal,
  });
  let rest = '';
  let last: Record<string, Record<string, number>> = {};
  try {
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + part).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        last = JSON.parse(line);
        if (last['progress'] && until(last['progress'])) leaving.abort();
      }
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
  }
  return last;
}

/** How often the hospital took each message, by its key. */
function taken({ received }: Hospital, from: number): Map<string, number> {
  const keys = new Map<string, number>();
  for (const { headers } of received.slice(from)) {
    const key = String(headers['idempotency-key']);
    keys.set(key, (keys.get(key) ?? 0) + 1);
  }
  return keys;
}

test('1,000 held messages retried in bulk, left halfway and gone on with: the hospital takes each exactly once', async (t) => {
  const { hospital, running, hold, counted, operator } = await setUp(t);
  await hold(1_000);
  const keysBefore = new Set(taken(hospital, 0).keys());
  assert.equal(keysBefore.size, 1_000);
  const from = hospital.received.length;

  const { body: preview } = await operator.call('POST', '/held/retry', { flowId: 'flw_feed', dryRun: true });
  assert.deepEqual([preview.total, preview.unknownSkipped, preview.more], [1_000, 0, false]);
  const bulkId = 'blk_the-must-show';
  const left = await follow(operator, '/held/retry', { flowId: 'flw_feed', bulkId, perSecond: 500 }, ({ handled }) => handled! >= 400);
  assert.ok(left['progress']!['handled']! >= 400);
  const stopped = await running.until(async () => {
    const { body } = await operator.call('GET', `/bulks/${bulkId}`);
    return body.status === 'stopped' && body;
  });
  assert.ok(stopped.handled >= 400 && stopped.handled < 1_000, `stopped after ${stopped.handled}`);
  await counted('held', 1_000 - stopped.done);

  const end = (await follow(operator, '/held/retry', { bulkId, perSecond: 1000 }))['result']!;
  assert.deepEqual([end['status'], end['total'], end['handled'], end['done'], end['goneOn']], ['done', 1_000, 1_000, 1_000, 0]);
  await counted('completed', 1_000);
  const keys = taken(hospital, from);
  assert.deepEqual([keys.size, Math.max(...keys.values())], [1_000, 1], 'each exactly once');
  assert.ok(
    [...keys.keys()].every((key) => keysBefore.has(key)),
    'under the keys of the first attempt',
  );
  const again = (await operator.call('POST', '/held/retry', { bulkId })).body;
  assert.deepEqual([again.status, again.done], ['done', 1_000], 'asking again does nothing again');
  assert.equal((await operator.call('GET', '/bulks')).body.items[0].bulkId, bulkId);
});

test('two bulks and a person at once: each message goes on once, and the others say it had gone on', async (t) => {
  const { hospital, hold, counted, operator } = await setUp(t);
  const ids = await hold(120);
  const from = hospital.received.length;
  const bulk = () => operator.call('POST', '/held/retry', { flowId: 'flw_feed', perSecond: 1000 });
  const [one, other] = await Promise.all([
    bulk(),
    bulk(),
    ...ids.slice(0, 20).map((id) => operator.call('POST', `/executions/${id}/retry`)),
  ]);
  await counted('completed', 120);
  const keys = taken(hospital, from);
  assert.deepEqual([keys.size, Math.max(...keys.values())], [120, 1]);
  const { body: a } = one!;
  const { body: b } = other!;
  assert.ok(a.done + b.done <= 120 && a.done + b.done >= 100, `${a.done} and ${b.done}`);
  assert.equal(a.done + a.goneOn, a.total);
  assert.equal(b.done + b.goneOn, b.total);
});

test('a bulk chooses what is held when it begins: what is held again meanwhile waits for a person again', async (t) => {
  const { hospital, running, hold, counted, operator } = await setUp(t);
  await hold(10);
  hospital.answer = () => ({ status: 429 });
  const from = hospital.received.length;
  const { body } = await operator.call('POST', '/held/retry', { all: true });
  assert.deepEqual([body.done, body.status], [10, 'done']);
  await running.until(async () => hospital.received.length === from + 10);
  await counted('held', 10);
  assert.equal(hospital.received.length, from + 10, 'once each, though they are held again');
  const outcome = { wentOn: 0, heldAgain: 10, failed: 0, underWay: 0 };
  assert.deepEqual((await operator.call('GET', `/bulks/${body.bulkId}`)).body.outcome, outcome);
  assert.deepEqual((await operator.call('GET', '/bulks')).body.items[0].outcome, outcome, 'the list tells it too');
});

test('what went on is told from what was held again, and what became of a bulk stays when another one takes the rest', async (t) => {
  const { hospital, hold, counted, operator } = await setUp(t);
  const ids = await hold(6);
  hospital.answer = ({ body }) => ({ status: /"number":[01]/.test(body) ? 429 : 200 });
  const { body } = await operator.call('POST', '/held/retry', { all: true, perSecond: 1000 });
  await counted('completed', 4);
  await counted('held', 2);
  const outcomeOf = async (id: string) => (await operator.call('GET', `/bulks/${id}`)).body.outcome;
  assert.deepEqual([body.done, await outcomeOf(body.bulkId)], [6, { wentOn: 4, heldAgain: 2, failed: 0, underWay: 0 }]);
  const { items } = (await operator.call('GET', `/held?ofBulk=${body.bulkId}`)).body;
  assert.deepEqual(new Set(items.map(({ executionId }: { executionId: string }) => executionId)), new Set(ids.slice(0, 2)));

  hospital.answer = () => ({ status: 200 });
  const { body: rest } = await operator.call('POST', '/held/resend', { ofBulk: body.bulkId, reason: 'mended' });
  await counted('completed', 6);
  assert.deepEqual([rest.done, await outcomeOf(rest.bulkId)], [2, { wentOn: 2, heldAgain: 0, failed: 0, underWay: 0 }]);
  assert.deepEqual(await outcomeOf(body.bulkId), { wentOn: 4, heldAgain: 2, failed: 0, underWay: 0 });
});

test('a bulk is stopped by anybody who may retry, and another process goes on with it', async (t) => {
  const { hospital, running, hold, counted, operator } = await setUp(t);
  await hold(60);
  const from = hospital.received.length;
  const bulkId = 'blk_stopped-by-hand';
  const asked = follow(operator, '/held/retry', { all: true, bulkId, perSecond: 20 });
  await running.until(async () => (await operator.call('GET', `/bulks/${bulkId}`)).status === 200);
  const second = await operator.call('POST', '/held/retry', { bulkId });
  assert.deepEqual([second.status, second.body.code], [409, 'BULK_RUNNING']);
  assert.equal((await operator.call('POST', `/bulks/${bulkId}/cancel`)).body.status, 'stopped');
  const stopped = (await asked)['result']!;
  assert.deepEqual([stopped['status'], stopped['stoppedBy']], ['stopped', 'wu']);
  assert.equal((await operator.call('POST', `/bulks/${bulkId}/cancel`)).body.code, 'BULK_NOT_RUNNING');
  assert.equal((await operator.call('POST', '/held/cancel', { bulkId, reason: 'x' })).body.code, 'BULK_OTHER_KIND');

  // A process that died while it ran one leaves it as running.
  const { documents, engine } = running;
  const stored = await documents.open({
    name: 'bulks',
    schema: {},
    indexes: [{ name: 'by_time', fields: ['startedAt'] }],
    expiresAt: 'expiresAt',
  });
  await stored.patchIf(bulkId, {}, { set: { status: 'running', run: 'run_dead', handled: 0, done: 0, goneOn: 0 } });
  const bulks = await createBulks({ documents, seal: plainSeal, clock: systemClock, executions: engine.executions });
  const judge = () => Promise.resolve('admitted' as const);
  const watcher = { actor: 'li', signal: new AbortController().signal, judge, progress: () => {} };
  const end = await bulks.run({ kind: 'retry', bulkId, selection: {}, perSecond: 1000 }, watcher);
  assert.deepEqual([end.status, end.done, end.goneOn], ['done', 60, 0], 'what it had done before it died counts as its own');
  await counted('completed', 60);
  const keys = taken(hospital, from);
  assert.deepEqual([keys.size, Math.max(...keys.values())], [60, 1]);
});

test('a stopped bulk is closed: the rest stays held, and nothing goes on with it', async (t) => {
  const { hospital, running, hold, counted, operator } = await setUp(t);
  await hold(12);
  const from = hospital.received.length;
  const bulkId = 'blk_closed-by-hand';
  const left = await follow(operator, '/held/retry', { all: true, bulkId, perSecond: 5 }, ({ handled }) => handled! >= 1);
  assert.ok(left['progress']);
  const stopped = await running.until(async () => {
    const { body } = await operator.call('GET', `/bulks/${bulkId}`);
    return body.status === 'stopped' && body;
  });
  const closed = (await operator.call('POST', `/bulks/${bulkId}/close`)).body;
  assert.deepEqual([closed.status, closed.closedBy, closed.handled], ['closed', 'wu', stopped.handled]);
  const again = (await operator.call('POST', '/held/retry', { bulkId })).body;
  assert.deepEqual([again.status, again.handled], ['closed', stopped.handled]);
  assert.equal((await operator.call('POST', `/bulks/${bulkId}/close`)).body.code, 'BULK_NOT_STOPPED');
  await counted('completed', stopped.done);
  await counted('held', 12 - stopped.done);
  assert.equal(hospital.received.length, from + stopped.done);
});

test('groups what is held by flow, node and error, and retries unknown outcomes only when told to', async (t) => {
  const { hospital, running, hold, counted, operator } = await setUp(t);
  await running.publish(feed('flw_other'));
  await hold(3);
  const [example] = await hold(1, 'flw_other');
  hospital.answer = () => 'silence';
  await running.send('flw_feed', { number: 99 });
  await counted('held', 5);
  const { body } = await operator.call('GET', '/held/groups');
  assert.deepEqual([body.count, body.more, body.groups.length], [5, false, 3]);
  const [largest] = body.groups;
  assert.deepEqual(
    [largest.flowId, largest.node, largest.count, largest.outcomeKnown, largest.examples.length],
    ['flw_feed', 'n_send', 3, true, 3],
  );
  assert.ok(largest.oldestAt <= largest.newestAt && /^[A-Z_0-9]+$/.test(largest.code));
  const unknown = body.groups.find((group: { outcomeKnown: boolean }) => !group.outcomeKnown);
  assert.deepEqual([unknown.code, unknown.count], ['HTTP_NO_ANSWER', 1]);
  assert.deepEqual(body.groups.find((group: { flowId: string }) => group.flowId === 'flw_other').examples, [example]);
  assert.deepEqual([largest.version, largest.nodeLabel, largest.adapter.adapterId], [1, 'n_send', 'adp_his']);
  assert.ok(largest.flowName['zh-CN'] !== '' && largest.adapter.name['zh-CN'] !== '', 'named as people know them');

  const listed = async (query: string) => (await operator.call('GET', `/held?${query}`)).body.items.length;
  const found = ['flowId=flw_feed', 'node=n_send', `code=${largest.code}`, 'outcome=unknown', `flowId=flw_other&outcome=unknown`].map(
    listed,
  );
  assert.deepEqual(await Promise.all(found), [4, 5, 4, 1, 0]);

  hospital.answer = () => ({ status: 200 });
  const { body: known } = await operator.call('POST', '/held/retry', { flowId: 'flw_feed', perSecond: 1000 });
  assert.deepEqual([known.done, known.unknownSkipped], [3, 1]);
  await counted('completed', 3);
  const { flowId, node, code } = unknown;
  const { body: told } = await operator.call('POST', '/held/retry', { flowId, node, code, outcome: 'unknown' });
  assert.deepEqual([told.done, told.unknownSkipped], [1, 0]);
  const { body: byId } = await operator.call('POST', '/held/retry', { ids: [example, 'exe_none'] });
  assert.deepEqual([byId.done, byId.goneOn, byId.missing], [1, 0, 1]);
  await counted('completed', 5);
});

test('what the other side has done is ended as done in bulk, once each; what was not done there stays held', async (t) => {
  const { hospital, running, hold, counted, operator } = await setUp(t);
  await hold(3);
  hospital.answer = () => 'silence';
  for (let number = 10; number < 30; number += 1) await running.send('flw_feed', { number });
  await counted('held', 23);
  const from = hospital.received.length;
  assert.equal((await operator.call('POST', '/held/conclude', { all: true })).body.code, 'BULK_REASON_MISSING');
  const preview = (await operator.call('POST', '/held/conclude', { all: true, dryRun: true })).body;
  assert.deepEqual(
    [preview.total, preview.unknownSkipped],
    [3, 20],
    'an unknown outcome is taken only when the person says that it was done',
  );
  const bulkId = 'blk_done-over-there';
  const order = { all: true, outcome: 'any', reason: 'booked by phone', bulkId };
  const left = await follow(operator, '/held/conclude', { ...order, perSecond: 10 }, ({ handled }) => handled! >= 5);
  assert.ok(left['progress']);
  await running.until(async () => (await operator.call('GET', `/bulks/${bulkId}`)).body.status === 'stopped');
  const [end] = await Promise.all([
    operator.call('POST', '/held/conclude', { bulkId }),
    operator.call('POST', '/held/conclude', { all: true, outcome: 'any', reason: 'twice', perSecond: 1000 }),
  ]);
  await counted('completed', 20);
  await counted('held', 3);
  assert.deepEqual([end!.body.status, end!.body.total, end!.body.refused, end!.body.outcome], ['done', 23, 3, undefined]);
  assert.equal(hospital.received.length, from, 'nothing is sent again');
  const auditor = await running.person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=executions.conclude-many')).body;
  assert.ok(items.some(({ reason }: { reason?: string }) => reason === 'booked by phone'));
});

test('cancels many with a reason, which is told to no one who only watches', async (t) => {
  const { running, hold, counted, operator } = await setUp(t);
  await hold(5);
  assert.equal((await operator.call('POST', '/held/cancel', { all: true })).body.code, 'BULK_REASON_MISSING');
  assert.equal((await operator.call('POST', '/held/retry', {})).body.code, 'BULK_NOTHING_CHOSEN');
  const { body } = await operator.call('POST', '/held/cancel', { all: true, reason: '张三 was moved' });
  assert.deepEqual([body.status, body.done], ['done', 5]);
  await counted('cancelled', 5);
  const viewer = await running.person('li', ['viewer']);
  assert.doesNotMatch(JSON.stringify((await viewer.call('GET', `/bulks/${body.bulkId}`)).body), /张三/);
  const analyst = await running.person('zhou', ['analyst']);
  assert.equal((await analyst.call('POST', '/held/retry', { all: true })).status, 403);
  const auditor = await running.person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=executions.cancel-many')).body;
  const result = items.find((line: { outcome?: string }) => line.outcome === 'done');
  assert.deepEqual([result.subject, result.after.done, result.reason], [body.bulkId, 5, '张三 was moved']);
});
