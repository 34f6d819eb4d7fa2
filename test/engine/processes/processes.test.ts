import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangeListener } from '../../../engine/changes/create-changes.ts';
import { createCallStats } from '../../../engine/contract/calls/call-stats.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { Documents } from '../../../engine/contract/ports/documents.ts';
import { createProcesses, type ProcessesDeps } from '../../../engine/processes/create-processes.ts';
import type { FlowDetailCounts } from '../../../engine/observe/live-counters.ts';
import type { TriggerState } from '../../../engine/trigger/trigger-run.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

const MINUTE_MS = 60_000;

/** A store that processes share, and the clocks of their machines. */
function openWorld() {
  const clock = fakeClock();
  const down = { is: false };
  const memory = createMemoryDocuments({ clock });
  const documents: Documents = {
    ...memory,
    isExclusive: false,
    async open(spec) {
      const stored = await memory.open(spec);
      const refuse = () => Promise.reject(new AppError('STORE_DOWN', 'transient', 'down'));
      return { ...stored, find: (...given) => (down.is ? refuse() : stored.find(...given)) };
    },
  };
  return { clock, documents, down };
}

function counts(changes: Partial<FlowDetailCounts> = {}): FlowDetailCounts {
  const nodes = [{ node: 'n_in', done: 3, failed: 1, perMinute: 2 }];
  const edges = [{ edge: 'e_1', passed: 2, perMinute: 1 }];
  return { flowId: 'flw_a', version: 1, since: 5, perMinute: 4, errors: 1, inFlight: 1, nodes, edges, ...changes };
}

async function startOne(documents: Documents, clock: FakeClock, processId: string, changes: Partial<ProcessesDeps> = {}, own = counts()) {
  const processes = await createProcesses({
    documents,
    clock,
    log: silentLogger,
    processId,
    about: { role: 'worker', version: '1', host: processId, pid: 1, startedAt: clock.now() },
    serves: [],
    live: { list: () => [own], get: (flowId) => (flowId === own.flowId ? own : undefined), counted: () => [own] },
    adapterCalls: () => [],
    forgetAdapter: () => {},
    changes: { announce: async () => {}, follow: () => () => {} },
    flowCalls: () => [],
    parts: () => ({}),
    load: () => ({ running: 2, inHand: 0 }),
    listeners: () => [],
    ...changes,
  });
  await processes.start();
  return processes;
}

const statesOf = async ({ list }: { list: Awaited<ReturnType<typeof createProcesses>>['list'] }) =>
  (await list()).map(({ processId, state }) => `${processId} ${state}`);

test('counts are summed over all processes that live, nodes and edges too; those of another version are not', async () => {
  const { clock, documents } = openWorld();
  const a = await startOne(documents, clock, 'a');
  await startOne(documents, clock, 'b', {}, counts({ since: 2 }));
  await startOne(documents, clock, 'old', {}, counts({ version: 9, inFlight: 5 }));
  const detail = await a.live.get('flw_a');
  assert.deepEqual(detail, {
    ...counts({ since: 2, perMinute: 8, errors: 2, inFlight: 7 }),
    nodes: [{ node: 'n_in', done: 6, failed: 2, perMinute: 4 }],
    edges: [{ edge: 'e_1', passed: 4, perMinute: 2 }],
  });
  assert.deepEqual(
    (await a.live.list()).map(({ perMinute }) => perMinute),
    [8],
  );
  assert.equal(await a.live.get('flw_none'), undefined);
});

test('a process without a sign of life is silent, counts no more, and leaves the list after an hour', async () => {
  const { clock, documents } = openWorld();
  const a = await startOne(documents, clock, 'a');
  const dead = await startOne({ ...documents }, fakeClock(), 'dead');
  assert.equal((await a.live.list())[0]!.perMinute, 8);
  await clock.advance(20_000);
  assert.deepEqual(await statesOf(a), ['dead silent', 'a alive']);
  assert.equal((await a.live.list())[0]!.perMinute, 4);
  await clock.advance(61 * MINUTE_MS);
  assert.deepEqual(await statesOf(a), ['a alive']);
  await dead.stop();
});

test('a process that ended as asked is told so for ten minutes', async () => {
  const { clock, documents } = openWorld();
  const a = await startOne(documents, clock, 'a');
  const b = await startOne(documents, clock, 'b');
  await b.stop();
  await clock.advance(3_000);
  assert.deepEqual(await statesOf(a), ['a alive', 'b stopped']);
  await clock.advance(11 * MINUTE_MS);
  assert.deepEqual(await statesOf(a), ['a alive']);
});

test('a clock that is an hour behind makes nobody silent for longer than a beat', async () => {
  const { clock, documents } = openWorld();
  const behind: FakeClock = { ...clock, now: () => clock.now() - 50 * MINUTE_MS };
  const a = await startOne(documents, clock, 'a');
  await startOne(documents, behind, 'b');
  await statesOf(a);
  await clock.advance(6_000);
  assert.deepEqual(await statesOf(a), ['a alive', 'b alive']);
});

test('who looks again after a long pause does not take a dead process for a living one', async () => {
  const { clock, documents } = openWorld();
  const a = await startOne(documents, clock, 'a');
  const itsTime = fakeClock();
  await startOne(documents, itsTime, 'b');
  assert.deepEqual(await statesOf(a), ['a alive', 'b alive']);
  for (const one of [clock, itsTime]) await one.advance(5 * MINUTE_MS);
  await clock.advance(5 * MINUTE_MS);
  assert.deepEqual(await statesOf(a), ['b silent', 'a alive']);
});

test('while the store does not answer, others become silent and one’s own counts stay', async () => {
  const { clock, documents, down } = openWorld();
  const a = await startOne(documents, clock, 'a');
  await startOne(documents, clock, 'b');
  assert.deepEqual(await statesOf(a), ['a alive', 'b alive']);
  down.is = true;
  await clock.advance(20_000);
  assert.deepEqual(await statesOf(a), ['b silent', 'a alive']);
  assert.equal((await a.live.list())[0]!.perMinute, 4);
});

test('a flow’s listener is told of the process that listens; the messages are those of all', async () => {
  const { clock, documents } = openWorld();
  const refused = (code: string) => ({ code, kind: 'input' as const, message: code });
  const status = (state: TriggerState, arrivals: number) => () => [
    {
      ...{ flowId: 'flw_a', version: 1, nodeId: 'n_in', type: 'mllp.listen@1', since: 1, state, arrivals },
      refusals: { count: arrivals, lastAt: arrivals, last: refused(state) },
    },
  ];
  const a = await startOne(documents, clock, 'a', { listeners: status('standby', 2) });
  await startOne(documents, clock, 'b', { listeners: status('listening', 3) });
  const [listener] = await a.listeners();
  assert.deepEqual([listener?.state, listener?.process.host, listener?.arrivals], ['listening', 'b', 5]);
  assert.deepEqual(listener?.refusals, { count: 5, lastAt: 3, last: refused('listening') });
});

test('the one process of an exclusive store is told from memory, without a write', async () => {
  const { clock } = openWorld();
  const documents = createMemoryDocuments({ clock });
  const own = await startOne(documents, clock, 'own', { parts: () => ({ console: 'http://127.0.0.1:1' }), serves: ['lab'] });
  await clock.advance(MINUTE_MS);
  const [only] = await own.list();
  assert.deepEqual([only?.isSelf, only?.console, only?.serves, only?.load.running], [true, 'http://127.0.0.1:1', ['lab'], 2]);
  assert.equal(documents.counters.writes, 0);
});

test('calls are summed over all processes that live, and what another counted last is known some seconds later', async () => {
  const { clock, documents } = openWorld();
  const [own, other] = [createCallStats(clock), createCallStats(clock)];
  const condition = { kind: 'breaker-open' as const, interfaceId: 'x', group: 'v1', since: 1, values: {} };
  const a = await startOne(documents, clock, 'a', { adapterCalls: () => own.counts() });
  await startOne(documents, clock, 'b', {
    adapterCalls: () => other.counts(),
    flowCalls: () => other.counts(),
    parts: () => ({
      interfaces: other.counts(),
      frontCalls: other.counts().map((all) => ({ front: 'open' as const, all, unrouted: 1, unproven: [] })),
      conditions: [condition],
    }),
  });
  own.called('x', 1, 'ok');
  other.called('x', 1, 'failed');
  assert.deepEqual((await a.adapterCalls()).get('x')!.recent, { calls: 1, refused: 0, failed: 0 });
  await clock.advance(8_000);
  assert.deepEqual((await a.adapterCalls()).get('x')!.recent, { calls: 2, refused: 0, failed: 1 });
  assert.deepEqual((await a.interfaceCalls()).get('x')!.recent, { calls: 1, refused: 0, failed: 1 });
  assert.deepEqual((await a.flowCalls()).get('x')!.recent, { calls: 1, refused: 0, failed: 1 });
  const [front] = await a.frontCalls();
  assert.deepEqual([front?.front, front?.all.recent.failed, front?.unrouted], ['open', 1, 1]);
  assert.deepEqual(await a.gatewayConditions(), [condition]);
});

test('a system that is down is down since then, also after the one process was killed and started again', async () => {
  const { clock } = openWorld();
  const documents = createMemoryDocuments({ clock });
  const begin = async (processId: string) => {
    const stats = createCallStats(clock);
    const processes = await startOne(documents, clock, processId, { adapterCalls: () => stats.counts() });
    return { stats, counts: async () => (await processes.adapterCalls()).get('adp_a')! };
  };
  const first = await begin('a');
  first.stats.attempted('adp_a', 1, 'ok');
  const lastOkAt = clock.now();
  await clock.advance(1_000);
  const since = clock.now();
  for (let attempt = 0; attempt < 5; attempt += 1) first.stats.attempted('adp_a', 1, 'failed', 'HTTP_CONNECT');
  await clock.advance(30_000);

  const second = await begin('b');
  const known = await second.counts();
  assert.deepEqual([known.lastOkAt, known.failingSince, known.failures, known.lastError?.code], [lastOkAt, since, 5, 'HTTP_CONNECT']);
  assert.deepEqual(known.recent, { calls: 0, refused: 0, failed: 0 });
  second.stats.attempted('adp_a', 1, 'failed', 'HTTP_CONNECT');
  assert.deepEqual([(await second.counts()).failures, (await second.counts()).failingSince], [6, since]);
  await clock.advance(30_000);
  assert.equal((await second.counts()).failures, 6, 'what it wrote itself is not added once more');

  const third = await begin('c');
  third.stats.attempted('adp_a', 1, 'refused', 'HTTP_UNEXPECTED');
  const answered = await third.counts();
  assert.deepEqual(
    [answered.failures, answered.failingSince, answered.lastOkAt],
    [0, undefined, lastOkAt],
    'it answers, if with a refusal',
  );
  await clock.advance(30_000);
  const fourth = await begin('d');
  assert.deepEqual([(await fourth.counts()).failures, (await fourth.counts()).failingSince], [0, undefined]);
});

test('a worker that was killed takes nothing with it: the others know since when a system is down', async () => {
  const { clock, documents } = openWorld();
  const stats = createCallStats(clock);
  const control = await startOne(documents, clock, 'control');
  const worker = await startOne(documents, clock, 'worker', { adapterCalls: () => stats.counts() });
  const since = clock.now();
  for (let attempt = 0; attempt < 3; attempt += 1) stats.attempted('adp_a', 1, 'failed', 'HTTP_CONNECT');
  await clock.advance(40_000);
  const counts = async () => (await control.adapterCalls()).get('adp_a')!;
  assert.deepEqual([(await counts()).failures, (await counts()).failingSince], [3, since]);
  await worker.stop();
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual(await statesOf(control), ['control alive']);
  assert.deepEqual([(await counts()).failures, (await counts()).failingSince], [3, since]);
  const next = createCallStats(clock);
  await startOne(documents, clock, 'next', { adapterCalls: () => next.counts() });
  next.attempted('adp_a', 1, 'ok');
  await clock.advance(40_000);
  assert.deepEqual([(await counts()).failures, (await counts()).failingSince], [0, undefined]);
});

test('what gets the id of a deleted adapter or interface begins with nothing, in every process, and is down since it is', async () => {
  const { clock, documents } = openWorld();
  const heard: ChangeListener[] = [];
  const changes: ProcessesDeps['changes'] = {
    announce: async (_topic, detail) => void heard.map((listener) => listener(detail)),
    follow: (_topic, listener) => (heard.push(listener), () => {}),
  };
  const begin = async (processId: string) => {
    const [adapters, interfaces] = [createCallStats(clock), createCallStats(clock)];
    const forgetAdapter = (adapterId: string) => adapters.forget((id) => id === adapterId);
    const parts = () => ({ interfaces: interfaces.counts() });
    const processes = await startOne(documents, clock, processId, { changes, adapterCalls: () => adapters.counts(), forgetAdapter, parts });
    const fail = () => {
      for (const stats of [adapters, interfaces]) {
        stats.attempted('x', 1, 'failed', 'HTTP_CONNECT');
        stats.called('x', 1, 'failed');
      }
    };
    return { processes, fail, adapters, interfaces };
  };
  const [a, b] = [await begin('a'), await begin('b')];
  for (const { fail } of [a, b]) fail();
  await clock.advance(40_000);
  assert.equal((await a.processes.adapterCalls()).get('x')!.failures, 2);
  for (const kind of ['adapter', 'interface'] as const) await a.processes.endCalls(kind, 'x');
  // A gateway forgets when its plan names the interface no more.
  for (const { interfaces } of [a, b]) interfaces.forget((id) => id === 'x');
  const endedAt = clock.now();
  await clock.advance(40_000);
  for (const { processes } of [a, b]) {
    for (const calls of [await processes.adapterCalls(), await processes.interfaceCalls()]) {
      const { failures, failingSince, lastError, recent, totals } = calls.get('x')!;
      assert.deepEqual([failures, failingSince, lastError, recent.failed, totals[0]], [0, undefined, undefined, 0, 2]);
    }
  }
  b.fail();
  await clock.advance(40_000);
  const { failures, failingSince } = (await a.processes.adapterCalls()).get('x')!;
  assert.equal(failures, 1);
  assert.ok(failingSince! > endedAt);
});

test('a process that has not heard of it yet brings nothing back', async () => {
  const { clock } = openWorld();
  const documents = createMemoryDocuments({ clock });
  const stats = createCallStats(clock);
  const processes = await startOne(documents, clock, 'a', { parts: () => ({ interfaces: stats.counts() }) });
  stats.attempted('ifc_a', 1, 'failed', 'HTTP_CONNECT');
  await clock.advance(40_000);
  await processes.endCalls('interface', 'ifc_a');
  const known = async () => {
    const { failures, failingSince, lastError } = (await processes.interfaceCalls()).get('ifc_a')!;
    return [failures, failingSince, lastError?.code];
  };
  assert.deepEqual(await known(), [0, undefined, undefined]);
  const endedAt = clock.now();
  await clock.advance(40_000);
  stats.attempted('ifc_a', 1, 'failed', 'HTTP_CONNECT');
  assert.deepEqual((await known()).slice(1), [endedAt, 'HTTP_CONNECT']);
});
