// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { sleep } from '../../../engine/contract/values/clock.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import type { FlowDocument, FlowEdge, FlowNode, RetryRule } from '../../../engine/contract/flow/flow-document.ts';
import { resumesSpec } from '../../../engine/execution/execution-document.ts';
import { tokenOf } from '../../../engine/execution/wait-tokens.ts';
import { openLab, type Lab, type LabStore } from '../../support/engine-lab.ts';
import { openSeal } from '../../support/model-engine.ts';
import { edge, flowOf, node, testAction, transient, type Deed } from '../../support/model-flows.ts';

interface Sent {
  readonly key: string;
  readonly name: string;
  readonly data: unknown;
  readonly at: number;
}

interface Outside {
  readonly sent: Sent[];
  /** By the name of the node, one for each next call; without one it answers with what it got. */
  readonly next: Record<string, Deed[]>;
}

async function openWorld(t: TestContext, document: FlowDocument, store: LabStore = 'memory') {
  const outside: Outside = { sent: [], next: {} };
  const write: Deed = (ctx, message, name) => {
    const deed = outside.next[name]?.shift();
    if (deed?.name === 'before') return deed(ctx, message, name);
    ctx.beforeFirstByte();
    outside.sent.push({ key: ctx.idempotencyKey, name, data: message.data, at: lab.clock.now() });
    return deed ? deed(ctx, message, name) : message.data;
  };
  const read: Deed = (ctx, message, name) => outside.next[name]?.shift()?.(ctx, message, name) ?? message.data;
  const nodes = [
    testAction('test.read', 'read', read),
    testAction('test.write', 'write', write),
    testAction('test.put', 'idempotent-write', write),
  ];
  const lab: Lab = await openLab(document, nodes, store);
  t.after(() => lab.close());
  return { lab, engine: await lab.start(), outside };
}

/** Fails before anything is sent. */
function failing(error: AppError): Deed {
  return function before() {
    throw error;
  };
}

const down = () => failing(transient());
const retryAfter = (retryAfterMs: number) => failing(new AppError('TEST_BUSY', 'transient', 'Busy.', { retryAfterMs }));
const silent: Deed = (ctx) =>
  new Promise((_resolve, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error)));
const never: Deed = () => new Promise(() => undefined);

const RETRY = { max: 2, baseMs: 1_000, factor: 2, capMs: 60_000, on: ['transient' as const] };
const lane = { ingress: { lane: { key: 'data.lane' } } };
const oneWrite = (retry: RetryRule = RETRY) =>
  flowOf([node('in', 'test.in'), node('send', 'test.write', { name: 'send' }, { handling: { retry } })], [edge('in.out', 'send')], lane);

test('a retry honours Retry-After, keeps its key and its lane, and gives its slot free meanwhile', async (t) => {
  const { lab, engine, outside } = await openWorld(t, oneWrite());
  outside.next['send'] = [retryAfter(30_000)];
  const startedAt = lab.clock.now();
  const first = await engine.take({ lane: 'a', number: 1 });
  await lab.untilStatus(first, 'waiting');
  assert.equal(engine.worker.status().running, 0);
  const second = await engine.take({ lane: 'a', number: 2 });
  const other = await engine.take({ lane: 'b', number: 3 });
  await lab.untilStatus(other, 'completed');
  await lab.untilStatus(second, 'completed');
  assert.deepEqual(
    outside.sent.map(({ data }) => (data as { number: number }).number),
    [3, 1, 2],
  );
  assert.ok(outside.sent[1]!.at - startedAt >= 30_000);
});

test('exhausted retries hold the execution and its lane; a person’s retry goes on in place with the same key', async (t) => {
  const { lab, engine, outside } = await openWorld(t, oneWrite());
  outside.next['send'] = [down(), down(), down()];
  const first = await engine.take({ lane: 'a', number: 1 });
  const second = await engine.take({ lane: 'a', number: 2 });
  const held = await lab.untilStatus(first, 'held');
  assert.equal(held.held!.outcomeKnown, true);
  await lab.pass(120_000);
  assert.equal((await lab.executions.get(second))!.status, 'queued');
  const details = (await engine.catalog.get(first, { payload: false }))!;
  assert.equal(details.isLaneKept, true);
  assert.deepEqual(details.intents, [], 'the write was surely not done');
  await engine.catalog.retry(first, 'somebody');
  await lab.untilStatus(second, 'completed');
  assert.deepEqual(
    outside.sent.map(({ data }) => (data as { number: number }).number),
    [1, 2],
  );
});

test('retries end when their time is used up, whoever makes them, and begin anew when a person lets it go on', async (t) => {
  const retry = { max: 100, baseMs: 1_000, factor: 1, capMs: 1_000, totalMs: 30_000, on: ['transient' as const] };
  const { lab, engine, outside } = await openWorld(t, oneWrite(retry));
  let startedAt = 0;
  let triedAt = 0;
  const fail: Deed = function before() {
    triedAt = lab.clock.now();
    startedAt ||= triedAt;
    throw transient();
  };
  outside.next['send'] = Array.from({ length: 200 }, () => fail);
  const id = await engine.take({ lane: 'a' });
  await lab.pass(15_000);
  // Killed in the middle of a try, nobody would know whether that was done.
  while ((await lab.executions.get(id))!.status !== 'waiting') await lab.pass(10);
  engine.kill();
  const next = await lab.start();
  const held = await lab.untilStatus(id, 'held');
  assert.deepEqual([held.held!.reason, held.held!.outcomeKnown], ['TEST_DOWN', true]);
  assert.ok(triedAt - startedAt > 25_000 && triedAt - startedAt <= 30_000, `${triedAt - startedAt} ms`);
  startedAt = 0;
  await next.catalog.retry(id, 'somebody');
  await lab.until(async () => (await lab.executions.get(id))!.retries === 1 && (await lab.executions.get(id))!.status === 'held');
  assert.ok(triedAt - startedAt > 25_000 && triedAt - startedAt <= 30_000, `${triedAt - startedAt} ms`);
});

test('a durable flow goes on after its deadline: a retry that would begin later is made later', async (t) => {
  const retry = { max: 100, baseMs: 20, factor: 1, capMs: 20, on: ['transient' as const] };
  const { lab, engine, outside } = await openWorld(t, {
    ...flowOf(
      [
        node('in', 'test.in'),
        node('read', 'test.read', { name: 'read' }),
        node('send', 'test.put', { name: 'send' }, { handling: { retry } }),
      ],
      [edge('in.out', 'read'), edge('read', 'send')],
    ),
    deadlineMs: 8_000,
  });
  outside.next['read'] = [(_ctx, message) => sleep(lab.clock, 9_000).then(() => message.data)];
  outside.next['send'] = [down(), down(), () => Promise.reject(new AppError('TEST_CUT', 'unknown-outcome', 'Cut.', {}))];
  const id = await engine.take({ number: 1 });
  const ended = await lab.untilStatus(id, 'completed');
  assert.equal(ended.held, undefined);
  assert.deepEqual(new Set(outside.sent.map(({ key }) => key)).size, 1);
});

const twoBranches = (a: FlowNode[], aEdges: FlowEdge[], b: FlowNode[], bEdges: FlowEdge[]) =>
  flowOf(
    [node('in', 'test.in'), node('fan', 'control.parallel', { branches: ['a', 'b'].map(branch) }), ...a, ...b],
    [edge('in.out', 'fan'), ...aEdges, ...bEdges],
  );
const MINUTE_MS = 60_000;

test('a wait, and a time-out of a resume, go on while another branch is held, and end when they were to end', async (t) => {
  const document = twoBranches(
    [node('pause', 'control.wait', { durationMs: 10 * MINUTE_MS }), node('a', 'test.write', { name: 'a' })],
    [edge('fan.a', 'pause'), edge('pause.out', 'a')],
    [
      node('nine', 'control.wait', { durationMs: 9 * MINUTE_MS }),
      node('b', 'test.write', { name: 'b' }),
      node('answer', 'control.wait', { resume: 'data.order', timeoutMs: 20 * MINUTE_MS }),
      node('late', 'test.write', { name: 'late' }),
    ],
    [edge('fan.b', 'nine'), edge('nine.out', 'b'), edge('fan.b', 'answer'), edge('answer.timeout', 'late')],
  );
  const { lab, engine, outside } = await openWorld(t, document);
  outside.next['b'] = [failing(new AppError('TEST_REFUSED', 'input', 'Refused.'))];
  const startedAt = lab.clock.now();
  const id = await engine.take({ order: 'o' });
  await lab.pass(9 * MINUTE_MS + 2_000);
  await lab.untilStatus(id, 'held');
  await engine.catalog.retry(id, 'somebody');
  await lab.pass(12 * MINUTE_MS);
  await lab.untilStatus(id, 'completed');
  const minutes = outside.sent.map(({ name, at }) => [name, Math.floor((at - startedAt) / MINUTE_MS)]);
  assert.deepEqual(minutes, [
    ['b', 9],
    ['a', 10],
    ['late', 20],
  ]);
});

test('a retry goes on with its count while another branch is held; its write is not shown as announced; the held one counts anew', async (t) => {
  const retry = { max: 2, baseMs: MINUTE_MS, factor: 1, capMs: MINUTE_MS, on: ['transient' as const] };
  const document = twoBranches(
    [node('a', 'test.write', { name: 'a' }, { handling: { retry } })],
    [edge('fan.a', 'a')],
    [node('b', 'test.write', { name: 'b' }, { handling: { retry: RETRY } })],
    [edge('fan.b', 'b')],
  );
  const { lab, engine, outside } = await openWorld(t, document);
  const tries: string[] = [];
  const tried = (name: string): Deed =>
    function before() {
      tries.push(name);
      throw transient();
    };
  outside.next['a'] = Array.from({ length: 3 }, () => tried('a'));
  outside.next['b'] = Array.from({ length: 5 }, () => tried('b'));
  const id = await engine.take({});
  const held = await lab.untilStatus(id, 'held');
  assert.deepEqual([held.held!.node, tries], ['n_b', ['a', 'b', 'b', 'b']]);
  assert.deepEqual((await engine.catalog.get(id, { payload: false }))!.intents, []);
  await engine.catalog.retry(id, 'somebody');
  await lab.until(() => outside.sent.length === 1);
  assert.deepEqual(tries.slice(4), ['b', 'b'], 'twice again before it was done');
  await lab.pass(3 * MINUTE_MS);
  const again = await lab.untilStatus(id, 'held');
  assert.deepEqual([again.held!.node, tries.slice(6)], ['n_a', ['a', 'a']], 'two attempts more, not three');
});

test('an unknown outcome is held at once; a person’s retry sends the same key', async (t) => {
  const { lab, engine, outside } = await openWorld(t, oneWrite());
  outside.next['send'] = [
    () => {
      throw new AppError('TEST_SILENT', 'unknown-outcome', 'No answer.');
    },
  ];
  const id = await engine.take({ lane: 'a' });
  const held = await lab.untilStatus(id, 'held');
  assert.equal(held.held!.outcomeKnown, false);
  await engine.catalog.retry(id, 'somebody');
  await assert.rejects(engine.catalog.retry(id, 'somebody'), { code: 'EXECUTION_NOT_HELD' });
  await lab.untilStatus(id, 'completed');
  assert.equal(new Set(outside.sent.map(({ key }) => key)).size, 1);
  assert.equal(outside.sent.length, 2);
});

test('cancels what is queued in mid-lane, waiting, held and running; the lane goes on in its order', async (t) => {
  const { lab, engine, outside } = await openWorld(t, oneWrite());
  outside.next['send'] = [silent];
  const running = await engine.take({ lane: 'a', number: 1 });
  const queued = await engine.take({ lane: 'a', number: 2 });
  const behind = await engine.take({ lane: 'a', number: 3 });
  await lab.until(() => outside.sent.length === 1);
  await engine.catalog.cancel(queued, 'somebody', 'a test');
  await lab.untilStatus(queued, 'cancelled');
  assert.equal((await lab.executions.get(behind))!.status, 'queued');
  await engine.catalog.cancel(running, 'somebody', 'a test');
  await lab.untilStatus(running, 'cancelled');
  await lab.untilStatus(behind, 'completed');

  outside.next['send'] = [retryAfter(3_600_000)];
  const waiting = await engine.take({ lane: 'b' });
  await lab.untilStatus(waiting, 'waiting');
  await engine.catalog.cancel(waiting, 'somebody', 'a test');
  await lab.untilStatus(waiting, 'cancelled');
  outside.next['send'] = [down(), down(), down()];
  const held = await engine.take({ lane: 'b' });
  const afterHeld = await engine.take({ lane: 'b' });
  await lab.untilStatus(held, 'held');
  await engine.catalog.cancel(held, 'somebody', 'a test');
  await lab.untilStatus(held, 'cancelled');
  await lab.untilStatus(afterHeld, 'completed');
  await assert.rejects(engine.catalog.cancel(held, 'somebody', 'again'), { code: 'EXECUTION_DONE' });
  const { by, reason } = (await lab.executions.get(held))!.cancelRequested!;
  assert.equal(by, 'somebody');
  assert.equal(openSeal.openText({ collection: 'executions', id: held, field: 'cancelRequested' }, reason), 'a test', 'sealed at rest');
});

test('a cancel that comes before anything was sent takes no error port', async (t) => {
  const document = flowOf(
    [node('in', 'test.in'), node('send', 'test.write', { name: 'send' }), node('tell', 'test.put', { name: 'tell' })],
    [edge('in.out', 'send'), edge('send.error', 'tell')],
  );
  const { lab, engine, outside } = await openWorld(t, document);
  let isBusy = false;
  outside.next['send'] = [
    function before(ctx, message, name) {
      isBusy = true;
      return silent(ctx, message, name);
    },
  ];
  const id = await engine.take({});
  await lab.until(() => isBusy);
  await engine.catalog.cancel(id, 'somebody', 'a test');
  await lab.untilStatus(id, 'cancelled');
  assert.deepEqual(outside.sent, []);
});

test('a node that heeds no time-out sends nothing once it was given up', async (t) => {
  const document = flowOf(
    [node('in', 'test.in'), node('send', 'test.write', { name: 'send' }, { handling: { retry: RETRY, timeoutMs: 1_000 } })],
    [edge('in.out', 'send')],
  );
  const { lab, engine, outside } = await openWorld(t, document);
  let late: unknown;
  outside.next['send'] = [
    async function before(ctx) {
      await new Promise<void>((resolve) => lab.clock.after(1_500, resolve));
      try {
        ctx.beforeFirstByte();
        late = 'sent';
      } catch (error) {
        late = error;
      }
    },
  ];
  await lab.untilStatus(await engine.take({}), 'completed');
  await lab.until(() => late);
  assert.equal((late as AppError).code, 'NODE_TIMEOUT');
  assert.equal(outside.sent.length, 1);
});

test('a worker that is stopped hands on what it had not sent, and holds what it had', async (t) => {
  const { lab, engine, outside } = await openWorld(t, oneWrite());
  outside.next['send'] = [
    function before(ctx, message, name) {
      return silent(ctx, message, name);
    },
    silent,
  ];
  const unsent = await engine.take({ lane: 'a', number: 1 });
  const behind = await engine.take({ lane: 'a', number: 2 });
  const sent = await engine.take({ lane: 'b', number: 3 });
  await lab.until(() => outside.sent.length === 1);
  let isStopped = false;
  void engine.worker.stop(1_000).then(() => (isStopped = true));
  await lab.until(() => isStopped);
  engine.kill();
  assert.equal((await lab.executions.get(unsent))!.status, 'waiting');
  await lab.start();
  await lab.untilStatus(behind, 'completed');
  assert.equal((await lab.executions.get(unsent))!.status, 'completed');
  assert.equal((await lab.executions.get(sent))!.held?.outcomeKnown, false);
  assert.deepEqual(
    outside.sent.map(({ data }) => (data as { number: number }).number),
    [3, 1, 2],
  );
});

const waitFlow = flowOf(
  [
    node('in', 'test.in'),
    node('ask', 'test.put', { name: 'ask' }),
    node('wait', 'control.wait', { resume: 'data.order', timeoutMs: 3_600_000 }),
    node('send', 'test.put', { name: 'send' }),
    node('late', 'test.put', { name: 'late' }),
  ],
  [edge('in.out', 'ask'), edge('ask', 'wait'), edge('wait.out', 'send'), edge('wait.timeout', 'late')],
);

test('a wait is resumed by its token, also when the resume came before it, once', async (t) => {
  const { lab, engine, outside } = await openWorld(t, waitFlow);
  const first = await engine.take({ order: 'o1' });
  await lab.untilStatus(first, 'waiting');
  const startedAt = lab.clock.now();
  const resume = (token: string, data: unknown) => engine.catalog.resume(waitFlow.flowId, token, createMessage(data));
  assert.deepEqual(await resume('o1', { paid: true }), { outcome: 'resumed', executionId: first });
  assert.deepEqual(await resume('o1', { paid: false }), { outcome: 'used' });
  await lab.untilStatus(first, 'completed');
  assert.deepEqual(outside.sent.at(-1)!.data, { paid: true });
  assert.equal((await resume('o2', { early: true })).outcome, 'kept');
  const second = await engine.take({ order: 'o2' });
  await lab.untilStatus(second, 'completed');
  assert.deepEqual(outside.sent.at(-1), { ...outside.sent.at(-1)!, name: 'send', data: { early: true } });
  assert.ok(lab.clock.now() - startedAt < 5_000, 'nobody waited for the reconciler');
});

test('a resume is found although who stored it died, and a wait that nobody resumes times out', async (t) => {
  const { lab, engine, outside } = await openWorld(t, waitFlow);
  const id = await engine.take({ order: 'o1' });
  const forgotten = await engine.take({ order: 'o2' });
  await lab.untilStatus(id, 'waiting');
  // As a process that dies after its insert would leave it.
  const sealed = Buffer.from(JSON.stringify({ d: { paid: 1 }, m: 'application/json' })).toString('base64');
  const resumes = await lab.documents.open(resumesSpec);
  await resumes.patchIf(tokenOf(openSeal, waitFlow.flowId, 'o1'), {}, { set: { input: { sealed } } });
  await lab.untilStatus(id, 'completed');
  await lab.pass(3_600_000);
  await lab.untilStatus(forgotten, 'completed');
  assert.deepEqual(
    outside.sent.map(({ name }) => name),
    ['ask', 'ask', 'send', 'late'],
  );
});

test('a token stands for one wait: a second execution under it is held, and what resumed one is handed to no other', async (t) => {
  const { lab, engine, outside } = await openWorld(t, waitFlow);
  const resume = async (answer: string) => (await engine.catalog.resume(waitFlow.flowId, 'order~1', createMessage({ answer }))).outcome;
  const first = await engine.take({ order: 'order~1', hospital: 'A' });
  await lab.untilStatus(first, 'waiting');
  const second = await engine.take({ order: 'order~1', hospital: 'B' });
  assert.equal((await lab.untilStatus(second, 'held')).held!.reason, 'WAIT_TOKEN_TAKEN');
  const told = (await engine.catalog.get(second, { payload: false }))!.error!;
  assert.deepEqual(told.values, { node: 'n_wait', step: 'n_wait', execution: first });
  // A mark that no id has by chance.
  assert.ok(!JSON.stringify(told).includes('order~1'));

  assert.equal(await resume('of A'), 'resumed');
  await lab.untilStatus(first, 'completed');
  const answers = () => outside.sent.flatMap(({ name, data }) => (name === 'send' ? [(data as { answer: string }).answer] : []));
  assert.deepEqual(answers(), ['of A']);
  assert.equal(await resume('of A, once more'), 'used');

  // The token is free again: an execution that waits now waits for a new message.
  await engine.catalog.retry(second, 'somebody');
  await lab.untilStatus(second, 'waiting');
  await lab.pass(30_000);
  assert.equal((await lab.executions.get(second))!.status, 'waiting');
  assert.equal(await resume('of B'), 'resumed');
  await lab.untilStatus(second, 'completed');
  assert.deepEqual(answers(), ['of A', 'of B']);
});

test('a message for a wait that was cancelled is kept for the execution that comes in its stead', async (t) => {
  const { lab, engine, outside } = await openWorld(t, waitFlow);
  const first = await engine.take({ order: 'o1' });
  await lab.untilStatus(first, 'waiting');
  await engine.catalog.cancel(first, 'somebody', 'wrong order');
  await lab.untilStatus(first, 'cancelled');
  assert.equal((await engine.catalog.resume(waitFlow.flowId, 'o1', createMessage('late'))).outcome, 'kept');
  const second = await engine.take({ order: 'o1' });
  await lab.untilStatus(second, 'completed');
  assert.equal(outside.sent.at(-1)!.data, 'late');
});

test('a message that comes for a wait that has timed out is refused, not taken for one that resumed it', async (t) => {
  const document = flowOf(
    [
      node('in', 'test.in'),
      node('wait', 'control.wait', { resume: 'data.order', timeoutMs: MINUTE_MS }),
      node('pause', 'control.wait', { durationMs: 60 * MINUTE_MS }),
    ],
    [edge('in.out', 'wait'), edge('wait.timeout', 'pause')],
  );
  const { lab, engine } = await openWorld(t, document);
  const id = await engine.take({ order: 'o1' });
  await lab.untilStatus(id, 'waiting');
  await lab.until(async () => (await lab.executions.get(id))!.waits?.[0]?.node === 'n_pause');
  assert.deepEqual(await engine.catalog.resume(document.flowId, 'o1', createMessage('late')), { outcome: 'over' });
});

test('a token belongs to its flow, and two steps of one execution cannot share one', async (t) => {
  const twice = flowOf(
    [
      node('in', 'test.in'),
      node('each', 'control.for-each', { items: { path: 'data.orders' }, concurrency: 2 }),
      node('wait', 'control.wait', { resume: 'data', timeoutMs: 3_600_000 }),
      node('send', 'test.put', { name: 'send' }),
    ],
    [edge('in.out', 'each'), edge('each.each', 'wait'), edge('wait.out', 'send')],
  );
  const { lab, engine } = await openWorld(t, twice);
  const id = await engine.take({ orders: ['o1', 'o2'] });
  await lab.untilStatus(id, 'waiting');
  assert.equal((await engine.catalog.resume('flw_other', 'o1', createMessage('of another flow'))).outcome, 'kept');
  await lab.pass(30_000);
  assert.equal((await lab.executions.get(id))!.status, 'waiting');
  for (const order of ['o1', 'o2']) await engine.catalog.resume(twice.flowId, order, createMessage(order));
  await lab.untilStatus(id, 'completed');
  const same = await engine.take({ orders: ['o3', 'o3'] });
  assert.equal((await lab.untilStatus(same, 'held')).held!.reason, 'WAIT_TOKEN_TAKEN');
});

test('a token is known as used for a month after its execution, then it and its message are gone', async (t) => {
  const { lab, engine } = await openWorld(t, waitFlow);
  const id = await engine.take({ order: 'o1' });
  await lab.untilStatus(id, 'waiting');
  await engine.catalog.resume(waitFlow.flowId, 'o1', createMessage('now'));
  const { finishedAt } = await lab.untilStatus(id, 'completed');
  const resumes = await lab.documents.open(resumesSpec);
  const stored = await resumes.find({}, { limit: 10 });
  assert.deepEqual(
    stored.map(({ _id, expiresAt }) => [_id, expiresAt]),
    [[tokenOf(openSeal, waitFlow.flowId, 'o1'), finishedAt! + 30 * 86_400_000]],
  );
});

test('what a write announces of its message is a keyed digest', async (t) => {
  const { lab, engine } = await openWorld(t, oneWrite());
  const id = await engine.take({ n: 1 });
  const { legs } = await lab.untilStatus(id, 'completed');
  const [intent] = Object.values(legs).flatMap((leg) => leg.intent ?? []);
  assert.equal(intent!.digest, openSeal.token('digest', JSON.stringify([{ n: 1 }, 'application/json'])));
});

const loopFlow = (effect: 'test.write' | 'test.put', config: Record<string, unknown> = {}, retry = RETRY) =>
  flowOf(
    [
      node('in', 'test.in'),
      node('each', 'control.for-each', { items: { path: 'data.items' }, concurrency: 2, ...config }),
      node('item', effect, { name: 'item' }, { handling: { retry } }),
      node('last', 'test.put', { name: 'last' }),
    ],
    [edge('in.out', 'each'), edge('each.each', 'item'), edge('each.done', 'last')],
    lane,
  );

const items = (outside: Outside) => outside.sent.filter(({ name }) => name === 'item').map(({ data }) => data);

for (const store of ['memory', 'embedded'] as const) {
  test(`a loop killed in the middle goes on where it was: no item twice, on the ${store} store`, async (t) => {
    const { lab, engine, outside } = await openWorld(t, loopFlow('test.write', { concurrency: 1 }), store);
    outside.next['item'] = [(_ctx, message) => message.data, (_ctx, message) => message.data, down(), down(), down()];
    const id = await engine.take({ items: [1, 2, 3, 4] });
    await lab.untilStatus(id, 'waiting');
    engine.kill();
    outside.next['item'] = [];
    await lab.start();
    await lab.untilStatus(id, 'completed');
    assert.deepEqual(items(outside), [1, 2, 3, 4]);
    assert.deepEqual(outside.sent.at(-1)!.data, [1, 2, 3, 4]);
  });
}

test('killed while an item was on its way, a loop is held; a person’s retry repeats that item alone under its key', async (t) => {
  const { lab, engine, outside } = await openWorld(t, loopFlow('test.write', { concurrency: 1 }));
  outside.next['item'] = [(_ctx, message) => message.data, never];
  const id = await engine.take({ items: [1, 2, 3] });
  await lab.until(() => outside.sent.length === 2);
  engine.kill();
  const next = await lab.start();
  const held = await lab.untilStatus(id, 'held');
  assert.equal(held.held!.outcomeKnown, false);
  await next.catalog.retry(id, 'somebody');
  await lab.untilStatus(id, 'completed');
  assert.deepEqual(items(outside), [1, 2, 2, 3]);
  assert.equal(outside.sent[1]!.key, outside.sent[2]!.key);
  assert.equal(new Set(outside.sent.map(({ key }) => key)).size, 4);
});

test('an item that is retried after a pause is no unknown outcome', async (t) => {
  const { lab, engine, outside } = await openWorld(t, loopFlow('test.write'));
  outside.next['item'] = [(_ctx, message) => message.data, retryAfter(10_000)];
  const id = await engine.take({ items: [1, 2, 3] });
  await lab.untilStatus(id, 'completed');
  assert.deepEqual([...items(outside)].sort(), [1, 2, 3]);
});

test('a loop held for a failed item tries that item again when a person lets it go on', async (t) => {
  const { lab, engine, outside } = await openWorld(t, loopFlow('test.write', { concurrency: 2 }, { ...RETRY, max: 0 }));
  outside.next['item'] = [down()];
  const id = await engine.take({ items: [1, 2, 3] });
  await lab.untilStatus(id, 'held');
  assert.deepEqual(items(outside), [], 'the second item was not begun any more');
  await engine.catalog.retry(id, 'somebody');
  await lab.untilStatus(id, 'completed');
  assert.deepEqual([...items(outside)].sort(), [1, 2, 3]);
});

test('a loop that keeps the errors of its items goes on, and does not try them again after a kill', async (t) => {
  const refuse: Deed = () => {
    throw new AppError('TEST_REFUSED', 'input', 'Refused.');
  };
  const { lab, engine, outside } = await openWorld(t, loopFlow('test.write', { concurrency: 1, onItemError: 'keep' }));
  outside.next['item'] = [refuse];
  outside.next['last'] = [never];
  const id = await engine.take({ items: [1, 2] });
  await lab.until(() => outside.sent.length === 3);
  engine.kill();
  await lab.start();
  await lab.untilStatus(id, 'completed');
  assert.deepEqual(items(outside), [1, 2]);
  const [first, second] = outside.sent.at(-1)!.data as [{ error: { code: string } }, number];
  assert.equal(first.error.code, 'TEST_REFUSED');
  assert.equal(second, 2);
  assert.equal(outside.sent.at(-1)!.key, outside.sent.at(-2)!.key);
});

test('an item that breaks its loop after others, with the store gone, ends no process', async (t) => {
  const { lab, engine, outside } = await openWorld(t, loopFlow('test.write', { concurrency: 2, onItemError: 'keep' }));
  outside.next['item'] = [
    () => {
      lab.isDown = true;
      throw new AppError('TEST_REFUSED', 'input', 'Refused.');
    },
  ];
  const id = await engine.take({ items: [1, 2] });
  await lab.until(() => lab.isDown);
  await lab.pass(2_000);
  lab.isDown = false;
  await lab.untilStatus(id, 'completed');
  assert.deepEqual([...items(outside)].sort(), [1, 2]);
});

const branch = (port: string) => ({ port, label: { 'zh-CN': port, en: port } });

test('a join of any goes on with the branch that came first, and with the same one after a kill', async (t) => {
  const document = flowOf(
    [
      node('in', 'test.in'),
      node('fan', 'control.parallel', { branches: [branch('a'), branch('b')] }),
      node('a', 'test.read', { name: 'a' }),
      node('b', 'test.read', { name: 'b' }),
      node('join', 'control.join', { mode: 'any' }),
      node('one', 'test.write', { name: 'one' }),
      node('two', 'test.put', { name: 'two' }),
    ],
    [
      edge('in.out', 'fan'),
      edge('fan.a', 'a'),
      edge('fan.b', 'b'),
      edge('a', 'join'),
      edge('b', 'join'),
      edge('join.out', 'one'),
      edge('one', 'two'),
    ],
  );
  const { lab, engine, outside } = await openWorld(t, document);
  const slow = Promise.withResolvers<unknown>();
  outside.next['a'] = [() => slow.promise];
  outside.next['b'] = [() => 'b'];
  outside.next['one'] = [
    async () => {
      slow.resolve('a');
      await slow.promise;
      return 'done';
    },
  ];
  outside.next['two'] = [never];
  const id = await engine.take({});
  await lab.until(() => outside.sent.length === 2);
  engine.kill();
  const next = await lab.start();
  // That `one` was done is stored with the next step only, which the kill came before.
  const { held } = await lab.untilStatus(id, 'held');
  assert.deepEqual([held!.node, held!.outcomeKnown], ['n_one', false]);
  await next.catalog.retry(id, 'somebody');
  await lab.untilStatus(id, 'completed');
  assert.deepEqual(
    outside.sent.filter(({ name }) => name === 'one').map(({ data }) => data),
    [{ n_b: 'b' }, { n_b: 'b' }],
  );
});

test('a join of two of three that cannot come fails as not enough', async (t) => {
  const document = flowOf(
    [
      node('in', 'test.in'),
      node('fan', 'control.parallel', { branches: [branch('a'), branch('b'), branch('c')] }),
      ...['a', 'b', 'c'].map((name) => node(name, 'test.put', { name }, { handling: { retry: { ...RETRY, max: 0 }, onError: 'port' } })),
      node('join', 'control.join', { mode: 'n-of', n: 2 }),
    ],
    [edge('in.out', 'fan'), ...['a', 'b', 'c'].flatMap((name) => [edge(`fan.${name}`, name), edge(name, 'join')])],
  );
  const { lab, engine, outside } = await openWorld(t, document);
  const refuse = failing(new AppError('TEST_REFUSED', 'input', 'Refused.'));
  outside.next['a'] = [refuse];
  const enough = await engine.take({});
  await lab.untilStatus(enough, 'completed');
  outside.next['a'] = [refuse];
  outside.next['b'] = [refuse];
  const short = await lab.untilStatus(await engine.take({}), 'held');
  assert.equal(short.held!.reason, 'JOIN_NOT_ENOUGH');
});

test('the error port takes what its node could not do', async (t) => {
  const document = flowOf(
    [
      node('in', 'test.in'),
      node('send', 'test.write', { name: 'send' }, { handling: { retry: { ...RETRY, max: 0 } } }),
      node('tell', 'test.put', { name: 'tell' }),
    ],
    [edge('in.out', 'send'), edge('send.error', 'tell')],
  );
  const { lab, engine, outside } = await openWorld(t, document);
  outside.next['send'] = [down()];
  await lab.untilStatus(await engine.take({ a: 1 }), 'completed');
  const told = outside.sent[0]!.data as { error: { code: string }; node: string; data: unknown };
  assert.deepEqual([told.error.code, told.node, told.data], ['TEST_DOWN', 'n_send', { a: 1 }]);
});
