import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Adapter } from '../../../engine/contract/node/adapter.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { FlowDocument, FlowVersion } from '../../../engine/contract/flow/flow-document.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { SealPlace } from '../../../engine/contract/values/seal.ts';
import { createFits } from '../../../engine/examine/create-fits.ts';
import type { FlowCatalogDeps } from '../../../engine/publish/examine-flow.ts';
import { createFlowCatalog } from '../../../engine/publish/flow-catalog.ts';
import { openFlowStores } from '../../../engine/publish/flow-stores.ts';
import { createPublishedFlows, type RunningPublishedFlows } from '../../../engine/publish/published-flows.ts';
import { compileFlow, type CompiledFlow } from '../../../engine/compile/compile-flow.ts';
import { type Bindings } from '../../../engine/bindings/interface.ts';
import { StaleDraft } from '../../../engine/contract/values/stale-draft.ts';
import { type TrialResult } from '../../../engine/run/trial-result.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createChanges } from '../../../engine/changes/create-changes.ts';
import { createMemoryDocuments, type MemoryOperation } from '../../../storage/memory/memory-documents.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';
import { sampleFlow, sampleRegistry } from '../flow/sample-flow.ts';

const nodes = sampleRegistry();
/** Bound to its place, and no part of the text to be seen. */
const seal = {
  seal: (place: SealPlace, plain: Uint8Array | string) => Buffer.from(JSON.stringify([place, String(plain)])).toString('hex'),
  openText(place: SealPlace, sealed: string) {
    const [at, text] = JSON.parse(Buffer.from(sealed, 'hex').toString()) as [SealPlace, string];
    assert.deepEqual(at, place);
    return text;
  },
};
const clock = fakeClock();
const signal = new AbortController().signal;
const flow = (rest: Partial<FlowDocument> = {}) => sampleFlow({ in: 'interface.call', back: 'control.reply' }, ['in > back'], rest);
const feed = (flowId: string) =>
  sampleFlow({ in: { type: 'mllp.listen@1', adapter: 'adp_hl7' }, set: 'transform.set' }, ['in > set'], { mode: 'durable', flowId });
const compile = (version: FlowVersion): CompiledFlow =>
  compileFlow(version, { getNode: nodes.get, build: { compileExpression: () => () => undefined, compileCondition: () => () => true } });
/** Replies with what came in. */
const echo = async (_flow: CompiledFlow, input: { readonly data: unknown }): Promise<TrialResult> => ({
  status: 'completed',
  reply: { status: 200, headers: {}, message: createMessage(input.data) },
  error: undefined,
  steps: [
    {
      node: 'n_in',
      scope: '',
      status: 'completed',
      ports: ['out'],
      startedAt: 0,
      durationMs: 0,
      attempt: 1,
      output: { out: [createMessage(input.data)] },
    },
  ],
  reached: [],
  wrote: [],
});
const adapter = { adapterId: 'adp_hl7', protocol: 'mllp', settings: { port: 2575 } } as unknown as Adapter;
const bindings = {
  adapter: (id: string) => (id === 'adp_hl7' ? adapter : undefined),
  tables: () => ({ has: () => true }),
} as unknown as Bindings;

const running: RunningPublishedFlows[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

function installation(onOperation?: (operation: MemoryOperation) => Promise<void> | void) {
  const memory = createMemoryDocuments({ clock, ...(onOperation === undefined ? {} : { onOperation }) });
  const documents = { ...memory, counters: memory.counters, isExclusive: false };
  const shared = createMemorySharedState({ clock });
  return async (more: Partial<FlowCatalogDeps> = {}) => {
    const stores = await openFlowStores(documents, seal);
    const changes = await createChanges({ documents, shared, clock, log: silentLogger });
    const published = await createPublishedFlows({ stores, changes, nodes, compile: more.compile ?? compile, clock, logger: silentLogger });
    running.push(published);
    return {
      published,
      stores,
      catalog: createFlowCatalog({
        stores,
        published,
        nodes,
        bindings,
        environment: 'DEV',
        compile,
        compileInTurns: (version) => Promise.resolve((more.compile ?? compile)(version)),
        fits: createFits(),
        runTrial: echo,
        clock,
        logger: silentLogger,
        ...more,
      }),
    };
  };
}

test('a draft is saved under the next revision, and what it replaces can be read again', async () => {
  const { catalog } = await installation()();
  const first = await catalog.saveDraft(flow(), 'ann');
  assert.equal(first.revision, 1);
  await catalog.saveDraft({ ...first, deadlineMs: 7 }, 'bob');
  const revisions = await catalog.revisions('flw_sample');
  assert.deepEqual(
    revisions.map(({ id, savedBy, isCurrent }) => [id, savedBy, isCurrent]),
    [
      ['2', 'bob', true],
      ['1', 'ann', undefined],
    ],
  );
  assert.deepEqual(await catalog.revision('flw_sample', '1'), first);
  assert.equal((await catalog.revision('flw_sample', '2'))?.deadlineMs, 7);
  assert.equal((await catalog.list())[0]?.updatedBy, 'bob');
});

test('nothing of a flow and its saved tests lies in the store as it was typed', async () => {
  const { catalog, stores } = await installation()();
  const tests = [{ name: 't', input: { data: { patient: '张三丰' } }, mocks: {}, expect: [] }];
  const first = await catalog.saveDraft(flow({ tests }), 'ann');
  await catalog.saveDraft({ ...first, tests: [] }, 'ann');
  await catalog.saveDraft({ ...first, revision: 2 }, 'ann');
  await catalog.publish('flw_sample', 'ann', signal);
  const limit = 10;
  const kept = [stores.drafts.find({}, { limit }), stores.revisions.find({}, { limit }), stores.versions.find({}, { limit })];
  assert.doesNotMatch(JSON.stringify(await Promise.all<unknown>(kept)), /张三丰|patient/);
  assert.deepEqual((await catalog.version('flw_sample', 1))?.document.tests, tests);
});

test('a stale save is refused with both versions, and changes nothing', async () => {
  const { catalog } = await installation()();
  const first = await catalog.saveDraft(flow(), 'ann');
  await catalog.saveDraft({ ...first, deadlineMs: 7 }, 'bob');
  await assert.rejects(catalog.saveDraft({ ...first, deadlineMs: 8 }, 'ann'), (error) => {
    assert.ok(error instanceof AppError && error.cause instanceof StaleDraft);
    assert.deepEqual([error.code, error.kind], ['FLOW_STALE', 'input']);
    assert.deepEqual([(error.cause.yours as FlowDocument).deadlineMs, (error.cause.theirs as FlowDocument).deadlineMs], [8, 7]);
    assert.deepEqual(error.issues, [], 'documents are no words');
    return true;
  });
  assert.equal((await catalog.draft('flw_sample'))?.deadlineMs, 7);
});

test('whatever kills a save on its way, the draft before it is kept or still the draft', async () => {
  for (let at = 0; at < 12; at++) {
    let operations = -1;
    const open = installation(() => {
      if (operations >= 0 && operations++ === at) throw new Error('killed');
    });
    const { catalog } = await open();
    const first = await catalog.saveDraft(flow(), 'ann');
    operations = 0;
    const saved = await catalog.saveDraft({ ...first, deadlineMs: 7 }, 'bob').catch(() => undefined);
    operations = -1;
    const again = (await open()).catalog;
    const found = await Promise.all((await again.revisions('flw_sample')).map(({ id }) => again.revision('flw_sample', id)));
    assert.deepEqual(
      found.map((document) => document?.deadlineMs),
      saved === undefined && (await again.draft('flw_sample'))?.revision === 1 ? [5000] : [7, 5000],
      `killed at operation ${at}`,
    );
  }
});

test('of ten people who save at once one wins, and every draft that was ever stored can be read', async () => {
  const { catalog } = await installation()();
  let draft = await catalog.saveDraft(flow(), 'ann');
  const stored = [draft];
  for (let round = 0; round < 5; round++) {
    const saves = Array.from({ length: 10 }, (_, index) =>
      catalog.saveDraft({ ...draft, deadlineMs: round * 10 + index + 1 }, `p${index}`),
    );
    const won = (await Promise.allSettled(saves)).filter((result) => result.status === 'fulfilled');
    assert.equal(won.length, 1);
    draft = won[0]!.value;
    stored.push(draft);
  }
  const revisions = await catalog.revisions('flw_sample');
  assert.deepEqual(await Promise.all(revisions.map(({ id }) => catalog.revision('flw_sample', id))), stored.toReversed());
});

test('a flow that is removed and saved again goes on counting, so that its old revisions stay what they were', async () => {
  const { catalog } = await installation()();
  const first = await catalog.saveDraft(flow(), 'ann');
  assert.equal(await catalog.remove('flw_sample', 'ann'), true);
  const again = await catalog.saveDraft(flow({ deadlineMs: 9 }), 'bob');
  assert.equal(again.revision, 2);
  assert.deepEqual(await catalog.revision('flw_sample', '1'), first);
});

test('a document that is given up in a conflict is kept beside the draft, and the refusal says who saved and when', async () => {
  const { catalog } = await installation()();
  const first = await catalog.saveDraft(flow(), 'ann');
  await catalog.saveDraft({ ...first, deadlineMs: 7 }, 'bob');
  const mine = { ...first, deadlineMs: 8 };
  const refusal: unknown = await catalog.saveDraft(mine, 'ann').catch((error: unknown) => error);
  assert.ok(refusal instanceof AppError);
  assert.deepEqual([refusal.values['savedBy'], refusal.values['savedAt']], ['bob', clock.now()]);
  await catalog.setAside(mine, 'ann');
  const aside = (await catalog.revisions('flw_sample')).find(({ isSetAside }) => isSetAside);
  assert.equal(aside?.savedBy, 'ann');
  assert.deepEqual(await catalog.revision('flw_sample', aside.id), mine);
  assert.equal((await catalog.draft('flw_sample'))?.deadlineMs, 7);
});

test('a document is set aside only beside a draft, and under no number that was never saved', async () => {
  const { catalog } = await installation()();
  await assert.rejects(catalog.setAside(flow(), 'ann'), (error) => error instanceof AppError && error.code === 'FLOW_UNKNOWN');
  const first = await catalog.saveDraft(flow(), 'ann');
  await catalog.setAside({ ...first, revision: 999_999_999 }, 'bob');
  assert.deepEqual(
    (await catalog.revisions('flw_sample')).map(({ id }) => id.split('~')[0]),
    ['1', '1'],
  );
  await catalog.remove('flw_sample', 'ann');
  assert.equal((await catalog.saveDraft(flow(), 'ann')).revision, 2);
});

test('publishing serves the new version at once, stage by stage, and the same content is not published twice', async () => {
  const { catalog, published } = await installation()();
  await catalog.saveDraft(flow(), 'ann');
  const stages: string[] = [];
  const report = await catalog.publish('flw_sample', 'ann', signal, { onStage: (stage) => stages.push(stage) });
  assert.deepEqual([report.version, report.changed], [1, true]);
  assert.deepEqual(stages, ['validate', 'test', 'prepare', 'commit', 'apply']);
  assert.equal(published.current('flw_sample')?.version, 1);
  assert.deepEqual(
    published.list().map((one) => one.flowId),
    ['flw_sample'],
  );
  const again = await catalog.publish('flw_sample', 'ann', signal);
  assert.deepEqual([again.version, again.changed], [1, false]);
  assert.deepEqual(
    (await catalog.list()).map((one) => [one.publishedVersion, one.isChanged]),
    [[1, false]],
  );
});

test('a version keeps the note it was published with, sealed, and says whether it serves', async () => {
  const { catalog } = await installation()();
  const draft = await catalog.saveDraft(flow(), 'ann');
  const first = await catalog.publish('flw_sample', 'ann', signal, { note: '第一次上线' });
  await catalog.saveDraft({ ...draft, deadlineMs: 9 }, 'ann');
  const second = await catalog.publish('flw_sample', 'bob', signal);
  assert.notEqual(second.contentHash, first.contentHash);
  const shown = async () => (await catalog.versions('flw_sample')).map((one) => [one.version, one.isCurrent, one.note]);
  assert.deepEqual(await shown(), [
    [2, true, undefined],
    [1, false, '第一次上线'],
  ]);
  await catalog.rollback('flw_sample', 1, 'bob', signal);
  assert.deepEqual(await shown(), [
    [2, false, undefined],
    [1, true, '第一次上线'],
  ]);
});

test('another process serves it after the hint, or without one at the next reading, and after a restart', async () => {
  const start = installation();
  const [one, other] = [await start(), await start()];
  const draft = await one.catalog.saveDraft(flow(), 'ann');
  const told: (number | undefined)[] = [];
  other.published.onChange((_id, now) => void told.push(now?.version));
  await one.catalog.publish('flw_sample', 'ann', signal);
  await clock.advance(1);
  assert.deepEqual([other.published.current('flw_sample')?.version, told], [1, [1]]);
  await one.catalog.saveDraft({ ...draft, deadlineMs: 9 }, 'ann');
  await one.catalog.publish('flw_sample', 'ann', signal);
  await clock.advance(15_000);
  assert.equal(other.published.current('flw_sample')?.version, 2);
  assert.equal((await start()).published.current('flw_sample')?.version, 2);
  assert.equal(other.published.cached('flw_sample', 1)?.version, 1, 'executions under way keep their version');
});

test('a failing publication leaves the old version serving: wrong flow, failing test, listener that cannot listen', async () => {
  const failing: { reason: Error | undefined } = { reason: undefined };
  const { catalog, published } = await installation()({
    prepareTrigger: async () => {
      if (failing.reason !== undefined) throw failing.reason;
    },
  });
  let draft = await catalog.saveDraft(flow(), 'ann');
  await catalog.publish('flw_sample', 'ann', signal);
  draft = await catalog.saveDraft({ ...draft, edges: [] }, 'ann');
  await assert.rejects(catalog.publish('flw_sample', 'ann', signal), { code: 'FLOW_INVALID' });
  const wrong = {
    name: 'says 2',
    input: { data: { a: 1 } },
    mocks: {},
    expect: [
      { path: '/data/a', equals: 2 },
      { path: '/status', equals: 200 },
      { node: 'n_in', path: '/out/a', exists: true },
    ],
  };
  draft = await catalog.saveDraft({ ...draft, edges: flow().edges, tests: [wrong] }, 'ann');
  await assert.rejects(catalog.publish('flw_sample', 'ann', signal), (error) => {
    assert.ok(error instanceof AppError);
    assert.deepEqual(
      [error.code, error.issues.map((issue) => issue.message)],
      ['FLOW_TESTS_FAILED', ['says 2: /data/a should be 2, but is 1.']],
    );
    return true;
  });
  await catalog.saveDraft({ ...draft, tests: [], deadlineMs: 3 }, 'ann');
  failing.reason = new AppError('LISTEN_PORT_TAKEN', 'input', 'The port is taken.');
  await assert.rejects(catalog.publish('flw_sample', 'ann', signal), { code: 'LISTEN_PORT_TAKEN' });
  assert.equal(published.current('flw_sample')?.version, 1);
  assert.deepEqual(
    (await catalog.versions('flw_sample')).map((one) => one.version),
    [1],
  );
});

test('of two publications at once exactly one wins, and the other says so', async () => {
  const start = installation();
  const [one, other] = [await start(), await start()];
  await one.catalog.saveDraft(flow(), 'ann');
  const results = await Promise.allSettled([
    one.catalog.publish('flw_sample', 'ann', signal),
    other.catalog.publish('flw_sample', 'bob', signal),
  ]);
  assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'rejected']);
  const lost = results.find((result) => result.status === 'rejected');
  assert.equal((lost?.reason as AppError).code, 'FLOW_PUBLISH_RACE');
  assert.equal((await one.catalog.versions('flw_sample')).length, 1);
});

/** Publishes version 1 and saves the draft of the next; the commit after that meets the fault. */
async function withCommitFault(phase: MemoryOperation['phase'], fault: () => Promise<void> | void) {
  let isArmed = false;
  const start = installation(async (operation) => {
    if (!isArmed || operation.collection !== 'flow_pointers' || operation.kind !== 'replaceIf' || operation.phase !== phase) return;
    isArmed = false;
    await fault();
    throw new AppError('STORE_DOWN', 'transient', 'The store does not respond.');
  });
  const process = await start();
  const draft = await process.catalog.saveDraft(flow(), 'ann');
  await process.catalog.publish('flw_sample', 'ann', signal);
  await process.catalog.saveDraft({ ...draft, deadlineMs: 9 }, 'ann');
  isArmed = true;
  return { start, ...process };
}

test('a publication whose commit took effect and whose answer was lost serves, also after a restart', async () => {
  const { start, catalog, published } = await withCommitFault('after', () => {});
  await assert.rejects(catalog.publish('flw_sample', 'ann', signal), { code: 'STORE_DOWN' });
  await clock.advance(15_000);
  assert.equal(published.current('flw_sample')?.version, 2);
  const restarted = await start();
  assert.deepEqual([restarted.published.current('flw_sample')?.version, restarted.published.failing.size], [2, 0]);
  const again = await catalog.publish('flw_sample', 'ann', signal);
  assert.deepEqual([again.version, again.changed], [2, false]);
});

test('a version whose commit failed is never listed and never rolled back to, and its number is not used again', async () => {
  const meanwhile: number[] = [];
  const { catalog, start } = await withCommitFault('before', async () => {
    meanwhile.push(...(await catalog.versions('flw_sample')).map((one) => one.version));
  });
  const versions = async (of = catalog) => (await of.versions('flw_sample')).map((one) => one.version);
  await assert.rejects(catalog.publish('flw_sample', 'ann', signal), { code: 'STORE_DOWN' });
  assert.deepEqual([meanwhile, await versions()], [[1], [1]]);
  await assert.rejects(catalog.rollback('flw_sample', 2, 'ann', signal), { code: 'FLOW_UNKNOWN' });
  assert.equal((await catalog.publish('flw_sample', 'ann', signal)).version, 3);
  await assert.rejects(catalog.rollback('flw_sample', 2, 'ann', signal), { code: 'FLOW_UNKNOWN' });
  await catalog.rollback('flw_sample', 1, 'ann', signal);
  assert.deepEqual(
    [await versions(), await versions((await start()).catalog)],
    [
      [3, 1],
      [3, 1],
    ],
  );
});

test('a draft that is removed while its publication runs is not published', async () => {
  const { catalog, published, stores } = await installation()({
    prepareTrigger: async () => {
      assert.equal(await catalog.remove('flw_sample', 'bob'), true);
    },
  });
  await catalog.saveDraft(flow(), 'ann');
  await assert.rejects(catalog.publish('flw_sample', 'ann', signal), { code: 'FLOW_UNKNOWN' });
  assert.equal(published.current('flw_sample'), undefined);
  assert.equal(await stores.pointers.get('flw_sample'), undefined);
});

test('rolling back publishes the old version again, and the draft stays', async () => {
  const { catalog, published } = await installation()();
  const draft = await catalog.saveDraft(flow(), 'ann');
  await catalog.publish('flw_sample', 'ann', signal);
  await catalog.saveDraft({ ...draft, deadlineMs: 9 }, 'ann');
  await catalog.publish('flw_sample', 'ann', signal);
  const report = await catalog.rollback('flw_sample', 1, 'bob', signal);
  assert.deepEqual([report.version, report.changed, published.current('flw_sample')?.document.deadlineMs], [1, true, 5000]);
  assert.equal((await catalog.draft('flw_sample'))?.deadlineMs, 9);
  assert.equal((await catalog.publish('flw_sample', 'ann', signal)).version, 3);
  await assert.rejects(catalog.rollback('flw_sample', 8, 'bob', signal), { code: 'FLOW_UNKNOWN' });
});

test('a published flow is not removed; unpublished it serves no more, but its versions stay for executions', async () => {
  const { catalog, published } = await installation()();
  await catalog.saveDraft(flow(), 'ann');
  await catalog.publish('flw_sample', 'ann', signal);
  await assert.rejects(catalog.remove('flw_sample', 'ann'), { code: 'FLOW_PUBLISHED' });
  assert.equal(await catalog.unpublish('flw_sample', 'ann'), true);
  assert.equal(published.current('flw_sample'), undefined);
  assert.equal((await published.at('flw_sample', 1)).version, 1);
  assert.equal(await catalog.remove('flw_sample', 'ann'), true);
  await assert.rejects(published.at('flw_sample', 4), { code: 'FLOW_VERSION_UNKNOWN', kind: 'bug' });
});

test('two flows cannot listen on one adapter: the other is named', async () => {
  const { catalog } = await installation()();
  await catalog.saveDraft(feed('flw_one'), 'ann');
  await catalog.saveDraft(feed('flw_two'), 'ann');
  await catalog.publish('flw_one', 'ann', signal);
  await assert.rejects(
    catalog.publish('flw_two', 'ann', signal),
    (error) => (error as AppError).code === 'LISTENER_CLASH' && (error as AppError).message.includes('flw_one'),
  );
});

test('a draft whose adapter another flow listens on has that among its problems, at its trigger; the flow that listens has none', async () => {
  const { catalog } = await installation()();
  await catalog.saveDraft(feed('flw_one'), 'ann');
  const clashes = async (document: FlowDocument) => (await catalog.validate(document)).filter(({ code }) => code === 'LISTENER_CLASH');
  assert.deepEqual(await clashes(feed('flw_two')), [], 'nothing listens yet');
  await catalog.publish('flw_one', 'ann', signal);
  const [clash] = await clashes(feed('flw_two'));
  assert.deepEqual(
    [clash?.severity, clash?.path, clash?.node, clash?.values?.['other']],
    ['error', '/nodes/0/adapter', feed('flw_two').nodes[0]?.id, 'flw_one'],
  );
  assert.deepEqual(await clashes(feed('flw_one')), []);
  await catalog.unpublish('flw_one', 'ann');
  assert.deepEqual(await clashes(feed('flw_two')), []);
});

test('a flow whose listener is slow to change holds up no other flow, neither its publication nor the next reading', async () => {
  const { catalog, published } = await installation()();
  const slow = Promise.withResolvers<void>();
  const told: (number | undefined)[] = [];
  published.onChange((flowId, now) => {
    if (flowId === 'flw_slow') told.push(now?.version);
    return flowId === 'flw_slow' ? slow.promise : undefined;
  });
  const draft = await catalog.saveDraft(flow({ flowId: 'flw_slow' }), 'ann');
  const publishing = catalog.publish('flw_slow', 'ann', signal);
  await clock.advance(1);
  await catalog.saveDraft({ ...draft, deadlineMs: 9 }, 'ann');
  const again = catalog.publish('flw_slow', 'ann', signal);
  await clock.advance(15_000);
  await catalog.saveDraft(flow(), 'ann');
  await catalog.publish('flw_sample', 'ann', signal);
  assert.equal(published.current('flw_sample')?.version, 1);
  assert.deepEqual(told, [1], 'of one flow, one swap after the other');
  slow.resolve();
  await Promise.all([publishing, again]);
  assert.deepEqual(told, [1, 2]);
});

test('a version that does not compile here is told, and the one before goes on', async () => {
  const start = installation();
  const one = await start();
  const broken = await start({
    compile: (version) => {
      if (version.version === 2) throw new AppError('FLOW_INVALID', 'input', 'No.');
      return compile(version);
    },
  });
  const draft = await one.catalog.saveDraft(flow(), 'ann');
  await one.catalog.publish('flw_sample', 'ann', signal);
  await clock.advance(1);
  await one.catalog.saveDraft({ ...draft, deadlineMs: 9 }, 'ann');
  await one.catalog.publish('flw_sample', 'ann', signal);
  await clock.advance(1);
  assert.equal(broken.published.current('flw_sample')?.version, 1);
  assert.ok(broken.published.failing.has('flw_sample'));
});

test('validation tells what only compiling finds, and a test run needs no saved draft', async () => {
  const { catalog } = await installation()();
  assert.deepEqual(await catalog.validate(flow()), []);
  assert.ok((await catalog.validate({})).length > 5);
  const report = await catalog.test(flow(), signal, [
    { name: 't', input: { data: '甲乙' }, mocks: {}, expect: [{ path: '/data', matches: '^甲' }] },
  ]);
  assert.equal(report.passed, true);
  await assert.rejects(catalog.test({}, signal), { code: 'FLOW_INVALID' });
});
