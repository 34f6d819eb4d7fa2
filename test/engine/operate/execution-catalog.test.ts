import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { itemsSpec } from '../../../engine/collections/collection-documents.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { legsSpec, lateOutcomesSpec, resumesSpec } from '../../../engine/execution/execution-document.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { sweepBlobs } from '../../../engine/worker/sweep-blobs.ts';
import { openLab, type Lab, type LabStore } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, transient, type Deed } from '../../support/model-flows.ts';

const SECRET = 'PLANTED-7261';
const DAY_MS = 86_400_000;

/** read -> pure -> loop of writes -> write; every one of them hands the payload on. */
const feed = (recording: Partial<NonNullable<FlowDocument['recording']>> = {}, mode: 'durable' | 'sync' = 'durable') =>
  flowOf(
    [
      node('in', 'test.in'),
      node('read', 'test.read'),
      node('shape', 'test.pure'),
      node('each', 'control.for-each', { items: { path: 'data.items' }, concurrency: 1 }),
      node('item', 'test.write'),
      node('last', 'test.write'),
      node('reply', 'control.reply'),
    ],
    [
      edge('in.out', 'read'),
      edge('read', 'shape'),
      edge('shape', 'each'),
      edge('each.each', 'item'),
      edge('each.done', 'last'),
      edge('last', 'reply'),
    ],
    { mode, ingress: { keys: { patient: 'data.patient' } }, recording: { level: 'full', retainDays: 30, ...recording } },
  );

async function openFeed(t: TestContext, document: FlowDocument, { store = 'memory' as LabStore, next = [] as Deed[] } = {}) {
  const write: Deed = (ctx, message, name) => {
    const deed = next.shift();
    if (deed) return deed(ctx, message, name);
    ctx.beforeFirstByte();
    return message.data;
  };
  let reads = 0;
  const nodes = [
    testAction('test.read', 'read', (_ctx, message) => ({ ...(message.data as object), reads: (reads += 1) })),
    testAction('test.pure', 'pure', (_ctx, message) => ({ ...(message.data as object), shaped: true })),
    testAction('test.write', 'write', write),
  ];
  const lab = await openLab(document, nodes, store);
  t.after(() => lab.close());
  return { lab, engine: await lab.start() };
}

const message = (patient = 'P1') => ({ patient, secret: SECRET, items: [`${SECRET}-1`, `${SECRET}-2`] });

for (const store of ['memory', 'embedded'] as const) {
  test(`lists by flow, status, business key and time, newest first and page by page, on the ${store} store`, async (t) => {
    const { lab, engine } = await openFeed(t, feed(), { store });
    const ids: string[] = [];
    for (let number = 0; number < 5; number += 1) {
      ids.push(await engine.take(message(`P${number % 2}`)));
      await lab.pass(10);
    }
    for (const id of ids) await lab.untilStatus(id, 'completed');
    const first = await engine.catalog.list({ flowIds: ['flw_model'], limit: 3 });
    const second = await engine.catalog.list({ flowIds: ['flw_model'], limit: 3, after: first.next! });
    assert.deepEqual(
      [...first.items, ...second.items].map(({ executionId }) => executionId),
      [...ids].reverse(),
    );
    assert.equal(second.next, undefined);
    const byKey = await engine.catalog.list({ key: { name: 'patient', value: 'P1' }, limit: 10 });
    assert.deepEqual(byKey.items.map(({ executionId }) => executionId).sort(), [ids[1]!, ids[3]!].sort());
    assert.equal((await engine.catalog.list({ status: ['held', 'failed'], limit: 10 })).items.length, 0);
    assert.equal((await engine.catalog.list({ status: ['completed'], limit: 10 })).items.length, 5);
    const several = { status: ['held', 'completed', 'failed'] as const, limit: 3 };
    const some = await engine.catalog.list(several);
    const rest = await engine.catalog.list({ ...several, after: some.next! });
    assert.deepEqual(
      [...some.items, ...rest.items].map(({ executionId }) => executionId),
      [...ids].reverse(),
      'several statuses are one list',
    );
    const { acceptedAt } = (await engine.catalog.get(ids[2]!, { payload: false }))!;
    const later = await engine.catalog.list({ from: acceptedAt, limit: 10 });
    assert.deepEqual(later.items.at(-1)!.executionId, ids[2]);
    assert.equal((await engine.catalog.counts()).completed, 5);
  });
}

test('shows every step once, with outputs that are stored or computed again', async (t) => {
  const { lab, engine } = await openFeed(t, feed());
  const id = await engine.take(message());
  await lab.untilStatus(id, 'completed');
  const details = (await engine.catalog.get(id, { payload: true }))!;
  assert.deepEqual(details.steps.map(({ node, scope }) => `${scope}/${node}`).sort(), [
    '/n_each',
    '/n_last',
    '/n_read',
    '/n_reply',
    '/n_shape',
    'n_each[0]/n_item',
    'n_each[1]/n_item',
  ]);
  const outputs = details.outputs!;
  assert.deepEqual(outputs['n_read']!['ok']![0]!.data, { ...message(), reads: 1 });
  assert.deepEqual(outputs['n_shape']!['ok']![0]!.data, { ...message(), reads: 1, shaped: true }, 'the read is not done again');
  assert.deepEqual(outputs['n_each[1]/n_item']!['ok']![0]!.data, `${SECRET}-2`);
  assert.deepEqual(outputs['n_last']!['ok']![0]!.data, message().items);
  assert.deepEqual(details.input!.data, message());
  assert.deepEqual(details.intents, []);
  assert.equal((await engine.catalog.get(id, { payload: false }))!.input, undefined);
  assert.equal(await engine.catalog.get('exe_none', { payload: true }), undefined);
});

test('a retried execution shows each step once', async (t) => {
  const busy: Deed = () => {
    throw transient();
  };
  const { lab, engine } = await openFeed(t, feed(), { next: [busy, busy, busy, busy] });
  const id = await engine.take(message());
  await lab.untilStatus(id, 'completed');
  const { steps } = (await engine.catalog.get(id, { payload: false }))!;
  assert.equal(new Set(steps.map(({ node, scope }) => `${scope}/${node}`)).size, steps.length);
});

for (const level of ['keys', 'none'] as const) {
  for (const mode of ['durable', 'sync'] as const) {
    test(`at recording level "${level}" a ${mode} flow leaves no payload when it has ended`, async (t) => {
      const { lab, engine } = await openFeed(t, feed({ level }, mode));
      let id: string;
      if (mode === 'durable') id = await engine.take(message());
      else {
        const result = await engine.call(message());
        assert.equal(result.outcome, 'replied');
        id = result.executionId;
      }
      const stored = await lab.untilStatus(id, 'completed');
      const { reply: _answerForTheSameKey, ...rest } = stored;
      assert.doesNotMatch(opened(mode === 'sync' ? rest : stored), /PLANTED/);
      assert.equal(stored.input, undefined);
      const details = (await engine.catalog.get(id, { payload: true }))!;
      const names = new Set(details.steps.map(({ node }) => node));
      if (level === 'none') assert.equal(names.size, 0);
      else assert.deepEqual([...names].sort(), ['n_each', 'n_item', 'n_last', 'n_read', 'n_reply', 'n_shape']);
      lab.shiftWall(DAY_MS + 1);
      await lab.pass(11_000);
      const legs = await (await lab.documents.open(legsSpec)).find({}, { limit: 100 });
      assert.doesNotMatch(legs.map(opened).join(), /PLANTED/);
    });
  }
}

test('a sync flow that only reads records no payload at level "keys"', async (t) => {
  const document = flowOf(
    [node('in', 'test.in'), node('read', 'test.read'), node('reply', 'control.reply')],
    [edge('in.out', 'read'), edge('read', 'reply')],
    {
      mode: 'sync',
      recording: { level: 'keys', retainDays: 30 },
    },
  );
  const { lab, engine } = await openFeed(t, document);
  const { executionId } = await engine.call(message(), { key: 'k' });
  const stored = await lab.until(() => lab.executions.get(executionId));
  assert.equal(stored.status, 'completed');
  assert.doesNotMatch(opened(stored), /PLANTED/);
});

test('payloads above 64 KB lie in blobs, which stay while something refers to them and go when nothing does', async (t) => {
  const big = 'x'.repeat(70_000);
  for (const mode of ['durable', 'sync'] as const) {
    const { lab, engine } = await openFeed(t, feed({ retainDays: 3 }, mode));
    const data = { ...message(), big, items: [big, big] };
    const id = mode === 'durable' ? await engine.take(data) : (await engine.call(data)).executionId;
    const stored = await lab.untilStatus(id, 'completed');
    assert.ok('blob' in stored.input!);
    assert.ok(Buffer.byteLength(opened(stored)) < 65_536);
    const orphan = await lab.blobs.put(bytes('nobody'), { limitBytes: 100 });
    lab.shiftWall(DAY_MS + 1);
    const stores = {
      blobs: lab.blobs,
      executions: lab.executions,
      legs: await lab.documents.open(legsSpec),
      resumes: await lab.documents.open(resumesSpec),
      lateOutcomes: await lab.documents.open(lateOutcomesSpec),
      collectionItems: await lab.documents.open(itemsSpec),
      clock: lab.clock,
      log: silentLogger,
    };
    assert.equal(await sweepBlobs(stores), 1, 'the orphan alone');
    await assert.rejects(gather(lab.blobs.get(orphan.blobId)), { code: 'BLOB_MISSING' });
    const details = (await engine.catalog.get(id, { payload: true }))!;
    assert.deepEqual(details.input!.data, data);
    assert.deepEqual(details.reply!.message.data, [big, big]);
    assert.deepEqual(details.outputs!['n_each[1]/n_item']!['ok']![0]!.data, big);
    lab.shiftWall(3 * DAY_MS);
    await lab.pass(11_000);
    assert.equal(await lab.executions.get(id), undefined);
    await sweepBlobs(stores);
    assert.deepEqual(await gather(lab.blobs.list(0)), []);
  }
});

test('a file that a message names stays as long as the execution, and goes with it', async (t) => {
  const { lab, engine } = await openFeed(t, feed({ retainDays: 3 }));
  const put = (text: string) => lab.blobs.put(bytes(text), { limitBytes: 100 });
  const [received, written, orphan] = [await put('received'), await put('written'), await put('orphan')];
  const executionId = await engine.take({ ...message(), file: received, items: [written] });
  await lab.untilStatus(executionId, 'completed');
  lab.shiftWall(DAY_MS + 1);
  await sweep(lab);
  const left = (await gather(lab.blobs.list(0))).sort();
  assert.deepEqual(left, [received.blobId, written.blobId].sort(), `without ${orphan.blobId}`);
  lab.shiftWall(3 * DAY_MS);
  await lab.pass(11_000);
  await sweep(lab);
  assert.deepEqual(await gather(lab.blobs.list(0)), []);
});

test('a file that only the output of a node names stays too, after the message without it', async (t) => {
  const named: Deed = async (ctx) => {
    ctx.beforeFirstByte();
    return { file: await ctx.blobs.put(bytes('made'), { limitBytes: 100 }) };
  };
  const { lab, engine } = await openFeed(t, feed(), { next: [(_ctx, { data }) => data, (_ctx, { data }) => data, named] });
  const executionId = await engine.take(message());
  await lab.untilStatus(executionId, 'completed');
  lab.shiftWall(DAY_MS + 1);
  await sweep(lab);
  assert.equal((await gather(lab.blobs.list(0))).length, 1);
});

test('a file that is received again is the same message, although it is another blob', async (t) => {
  const { lab, engine } = await openFeed(t, feed());
  const receive = async (name: string) => ({ ...message(), file: { name, ...(await lab.blobs.put(bytes('x'), { limitBytes: 100 })) } });
  const first = await engine.take(await receive('a.csv'), 'place-1');
  assert.equal(await engine.take(await receive('a.csv'), 'place-1'), first);
  assert.notEqual(await engine.take(await receive('b.csv'), 'place-1'), first, 'other content under the same key');
});

test('a resume with a large message keeps its blob until somebody waits for it', async (t) => {
  const document = flowOf(
    [node('in', 'test.in'), node('wait', 'control.wait', { resume: 'data.order' }), node('last', 'test.write')],
    [edge('in.out', 'wait'), edge('wait.out', 'last')],
  );
  const { lab, engine } = await openFeed(t, document);
  const big = { text: 'x'.repeat(70_000) };
  await engine.catalog.resume(engine.flow.flowId, 'o1', createMessage(big));
  lab.shiftWall(2 * DAY_MS);
  await sweep(lab);
  const id = await engine.take({ order: 'o1' });
  await lab.untilStatus(id, 'completed');
  assert.deepEqual((await engine.catalog.get(id, { payload: true }))!.outputs!['n_last']!['ok']![0]!.data, big);
});

async function sweep(lab: Lab): Promise<void> {
  await sweepBlobs({
    blobs: lab.blobs,
    executions: lab.executions,
    legs: await lab.documents.open(legsSpec),
    resumes: await lab.documents.open(resumesSpec),
    lateOutcomes: await lab.documents.open(lateOutcomesSpec),
    collectionItems: await lab.documents.open(itemsSpec),
    clock: lab.clock,
    log: silentLogger,
  });
}

async function gather<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const part of source) found.push(part);
  return found;
}

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

/** A document with what is sealed in it laid open (the tests' seal is base64), without its keyed tokens (which the tests' seal leaves plain). */
function opened(document: object): string {
  return JSON.stringify(document, (name, value: unknown) => {
    if (name === 'digest' || name === 'origin') return undefined;
    return name === 'sealed' ? Buffer.from(value as string, 'base64').toString('utf8') : value;
  });
}
