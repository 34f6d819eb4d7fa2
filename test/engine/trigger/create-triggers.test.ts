// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Type } from 'typebox';
import type { Adapter } from '../../../engine/contract/node/adapter.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import {
  defineNode,
  outPort,
  type Arrival,
  type ArrivalResult,
  type Emit,
  type NodeDefinition,
  type TriggerContext,
} from '../../../engine/contract/node/node.ts';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import { compileFlow, type CompiledFlow } from '../../../engine/compile/compile-flow.ts';
import type { Bindings } from '../../../engine/bindings/interface.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createTriggers, type Triggers, type TriggersDeps } from '../../../engine/trigger/create-triggers.ts';
import { createLeases } from '../../../engine/ownership/leases.ts';
import { openSeal } from '../../support/model-engine.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { sampleFlow, sampleNodes, sampleRegistry } from '../flow/sample-flow.ts';
import { openBusTopicStore } from '../../../engine/topics/bus-topic-store.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { anyFile, anywhere, noCollections } from '../../../engine/testing/anywhere.ts';

/** A listener under the test's hand. */
class Line {
  emit: Emit | undefined;
  context: TriggerContext<unknown> | undefined;
  starts = 0;
  stops = 0;
  refusal: Error | undefined;
  /** What its start waits for. */
  starting: Promise<void> | undefined;
  /** What its stopping waits for. */
  stopping: Promise<void> | undefined;
  /** It cannot continue. */
  end: (reason: Error) => void = () => undefined;

  definition(type: string, adapter?: string): NodeDefinition {
    const text = { 'zh-CN': '例', en: 'Sample' };
    return defineNode({
      type,
      major: 1,
      kind: 'trigger',
      category: 'trigger',
      icon: 'box',
      text: { label: text, help: text },
      ports: { in: [], out: [outPort] },
      config: Type.Object({ every: Type.Optional(Type.Integer()) }, { additionalProperties: false }),
      ...(adapter === undefined ? {} : { adapter }),
      listen: async (context, emit) => {
        if (this.refusal !== undefined) throw this.refusal;
        this.starts++;
        this.emit = emit;
        await this.starting;
        this.context = context;
        return {
          stop: async () => {
            this.stops++;
            this.emit = undefined;
            await this.stopping;
          },
          ended: new Promise((resolve) => (this.end = resolve)),
        };
      },
    }) as NodeDefinition;
  }
}

const running: Triggers[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

function installation() {
  const clock = fakeClock();
  const store = { isDown: false };
  const memory = createMemoryDocuments({
    clock,
    onOperation: () => {
      if (store.isDown) throw new AppError('STORE_DOWN', 'transient', 'Down.');
    },
  });
  const documents = { ...memory, counters: memory.counters, isExclusive: false };
  const adapters = new Map([['adp_a', { adapterId: 'adp_a', protocol: 'line', settings: { port: 1 } } as unknown as Adapter]]);
  const bindings = {
    adapter: (id: string) => adapters.get(id),
    secret: async (name: string) => `secret of ${name}`,
  } as unknown as Bindings;
  const accepted: { readonly flow: CompiledFlow; readonly arrival: Arrival; readonly seq: string }[] = [];

  const start = async (lines: Readonly<Record<string, Line>>, more: Partial<TriggersDeps> = {}) => {
    const definitions = Object.entries(lines).map(([type, line]) => line.definition(type, type.startsWith('line.') ? 'line' : undefined));
    const nodes = sampleRegistry([...sampleNodes, ...definitions]);
    const flows = new Map<string, CompiledFlow>();
    let told: ((flowId: string, flow: CompiledFlow | undefined) => void | Promise<void>) | undefined;
    const compile = (document: FlowDocument, version: number) =>
      compileFlow(
        { flowId: document.flowId, version, contentHash: String(version), document },
        { getNode: nodes.get, build: { compileExpression: () => () => undefined, compileCondition: () => () => true } },
      );
    const leases = await createLeases({ documents, clock, log: silentLogger, processId: `process-${running.length}` });
    await leases.start();
    const triggers = await createTriggers({
      metrics: silentMetrics,
      published: { list: () => [...flows.values()], onChange: (listener) => ((told = listener), () => (told = undefined)) },
      bindings,
      outbound: anywhere,
      files: anyFile,
      collectionsOf: () => noCollections,
      blobs: memoryBlobs(),
      busTopics: await openBusTopicStore(documents, clock),
      documents,
      leases,
      accept: async (flow, arrival, { seq }): Promise<ArrivalResult> => {
        accepted.push({ flow, arrival, seq });
        return { status: 'accepted', executionId: `exe_${accepted.length}` };
      },
      tls: async () => undefined,
      seal: openSeal,
      clock,
      logger: silentLogger,
      ...more,
    });
    await triggers.start();
    running.push(triggers);
    return {
      triggers,
      compile,
      async publish(document: FlowDocument, version: number) {
        const flow = compile(document, version);
        flows.set(flow.flowId, flow);
        await told?.(flow.flowId, flow);
      },
      async unpublish(flowId: string) {
        flows.delete(flowId);
        await told?.(flowId, undefined);
      },
    };
  };
  return { clock, store, adapters, accepted, start };
}

const flow = (type: string, rest: Partial<FlowDocument> = {}, config: Record<string, unknown> = {}) =>
  sampleFlow(
    { in: { type: `${type}@1`, config, ...(type.startsWith('line.') ? { adapter: 'adp_a' } : {}) }, set: 'transform.set' },
    ['in > set'],
    { mode: 'durable', ...rest },
  );
const arrival = (data: unknown, dedupeKey?: string): Arrival => ({
  message: createMessage(data),
  ...(dedupeKey === undefined ? {} : { dedupeKey }),
});

test('listens for what is published, and hands messages in with their place in the lane', async () => {
  const { accepted, start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  await one.publish(flow('line.listen'), 1);
  assert.deepEqual(await line.emit?.(arrival('a')), { status: 'accepted', executionId: 'exe_1' });
  await line.emit?.(arrival('b'));
  const [fencing] = accepted[0]!.seq.split('.');
  assert.deepEqual(
    accepted.map((entry) => entry.seq),
    [`${fencing}.000000000001`, `${fencing}.000000000002`],
  );
  assert.equal(await line.context?.secret(), 'secret of adp_a');
  assert.deepEqual(
    one.triggers.status().map((status) => [status.state, status.version, status.arrivals]),
    [['listening', 1, 2]],
  );
  await one.unpublish('flw_sample');
  assert.deepEqual([line.stops, one.triggers.status()], [1, []]);
});

test('a new version with the same listener only moves the pointer; another configuration or address starts it anew', async () => {
  const { accepted, adapters, start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  await one.publish(flow('line.listen'), 1);
  await one.publish(flow('line.listen', { deadlineMs: 9 }), 2);
  await line.emit?.(arrival('a'));
  assert.deepEqual([line.starts, line.stops, accepted[0]?.flow.version], [1, 0, 2]);
  await one.publish(flow('line.listen', {}, { every: 5 }), 3);
  assert.deepEqual([line.starts, line.stops], [2, 1]);
  adapters.set('adp_a', { ...adapters.get('adp_a')!, settings: { port: 2 } });
  await one.triggers.start();
  assert.deepEqual([line.starts, line.stops], [3, 2]);
});

test('one process listens and the other stands by; it takes over with a higher number when the first is gone', async () => {
  const { clock, accepted, start } = installation();
  const [first, second] = [new Line(), new Line()];
  const [one, other] = [await start({ 'line.listen': first }), await start({ 'line.listen': second })];
  await one.publish(flow('line.listen'), 1);
  await other.publish(flow('line.listen'), 1);
  assert.deepEqual([first.starts, second.starts, other.triggers.status()[0]?.state], [1, 0, 'standby']);
  await first.emit?.(arrival('a'));
  await clock.advance(60_000);
  assert.equal(second.starts, 0, 'a renewed lease is kept');
  await one.triggers.stop();
  await clock.advance(5000);
  await second.emit?.(arrival('b'));
  assert.deepEqual([first.stops, second.starts], [1, 1]);
  assert.ok(accepted[0]!.seq < accepted[1]!.seq);
});

test('a listener whose process lost the store stops in time, takes nothing more, and goes on when the store is back', async () => {
  const { clock, store, accepted, start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  await one.publish(flow('line.listen'), 1);
  store.isDown = true;
  const emit = line.emit;
  await clock.advance(3_000);
  assert.equal((await emit?.(arrival('a')))?.status, 'accepted', 'nobody else can have it yet');
  await clock.advance(3_000);
  assert.deepEqual([line.stops, one.triggers.status()[0]?.state], [1, 'standby']);
  assert.equal((await emit?.(arrival('b')))?.status, 'refused');
  assert.equal(accepted.length, 1);
  store.isDown = false;
  await clock.advance(3_000);
  assert.equal(one.triggers.status()[0]?.state, 'listening');
  await line.emit?.(arrival('c'));
  assert.ok(accepted[0]!.seq < accepted[1]!.seq);
});

test('what a trigger puts aside is counted, with the reason of the last', async () => {
  const { clock, start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  await one.publish(flow('line.listen'), 1);
  const reasonOf = (code: string) => ({ code, kind: 'input' as const, message: code });
  assert.equal(one.triggers.status()[0]!.refusals, undefined);
  line.context!.reportRefusal(reasonOf('MAIL_TOO_LARGE'));
  await clock.advance(1000);
  line.context!.reportRefusal(reasonOf('MAIL_UNREADABLE'));
  assert.deepEqual(one.triggers.status()[0]!.refusals, { count: 2, lastAt: clock.now(), last: reasonOf('MAIL_UNREADABLE') });
});

test('a listener that fails is shown and tried again, and stops no other', async () => {
  const { clock, start } = installation();
  const [good, bad] = [new Line(), new Line()];
  bad.refusal = new AppError('LISTEN_PORT_TAKEN', 'input', 'The port is taken.');
  const one = await start({ 'line.listen': good, 'line.bad': bad });
  await one.publish(flow('line.bad', { flowId: 'flw_bad' }), 1);
  await one.publish(flow('line.listen'), 1);
  assert.deepEqual(
    one.triggers.status().map((status) => [status.state, status.error?.code]),
    [
      ['failing', 'LISTEN_PORT_TAKEN'],
      ['listening', undefined],
    ],
  );
  await clock.advance(3500);
  bad.refusal = undefined;
  await clock.advance(4000);
  assert.deepEqual(
    one.triggers.status().map((status) => status.state),
    ['listening', 'listening'],
  );
});

test('a listener that cannot go on is stopped, shown and started anew', async () => {
  const { clock, start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  await one.publish(flow('line.listen'), 1);
  const endFirst = line.end;
  line.refusal = new AppError('LINE_CUT', 'transient', 'The line was cut.');
  endFirst(line.refusal);
  await clock.advance(0);
  assert.deepEqual(
    one.triggers.status().map((status) => [status.state, status.error?.code]),
    [['failing', 'LINE_CUT']],
  );
  assert.equal(line.stops, 1);
  line.refusal = undefined;
  await clock.advance(5000);
  assert.deepEqual([one.triggers.status()[0]!.state, line.starts], ['listening', 2]);
  endFirst(new Error('late'));
  await clock.advance(0);
  assert.equal(one.triggers.status()[0]!.state, 'listening', 'the end of the one before is no end of this one');
});

test('a listener that never stops is left behind after a while: the next version listens, and the process can end', async () => {
  const { clock, start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  await one.publish(flow('line.listen'), 1);
  line.stopping = new Promise(() => undefined);
  const published = one.publish(flow('line.listen', {}, { every: 5 }), 2);
  await clock.advance(0);
  await clock.advance(4000);
  await published;
  assert.deepEqual([line.starts, line.stops, one.triggers.status()[0]?.state], [2, 1, 'listening']);
  const stopped = one.triggers.stop();
  await clock.advance(0);
  await clock.advance(4000);
  await stopped;
});

test('a listener that does not start is shown after a while and tried again; should it start late, it takes nothing and is stopped', async () => {
  const { clock, start, accepted } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  const late = Promise.withResolvers<void>();
  line.starting = late.promise;
  void one.publish(flow('line.listen'), 1);
  await clock.advance(0);
  const emitLate = line.emit!;
  await clock.advance(120_000);
  assert.deepEqual(
    one.triggers.status().map(({ state, error }) => [state, error?.code]),
    [['failing', 'TRIGGER_START_LATE']],
  );
  line.starting = undefined;
  await clock.advance(1000);
  assert.equal(one.triggers.status()[0]!.state, 'listening');
  assert.equal((await emitLate(arrival('a'))).status, 'refused');
  late.resolve();
  await clock.advance(0);
  assert.deepEqual([accepted.length, line.starts, line.stops, one.triggers.status()[0]!.state], [0, 2, 1, 'listening']);
});

test('listeners that never start are not many', async () => {
  const { clock, start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  line.starting = new Promise(() => undefined);
  void one.publish(flow('line.listen'), 1);
  for (let minutes = 0; minutes < 180; minutes += 1) await clock.advance(60_000);
  assert.deepEqual([line.starts, one.triggers.status()[0]!.error?.code], [20, 'TRIGGER_START_LATE']);
});

test('neither another version, nor the end of the flow or process, waits for a listener that is starting', async () => {
  const { clock, start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  const silent = new Promise<void>(() => undefined);
  line.starting = silent;
  void one.publish(flow('line.listen'), 1);
  await clock.advance(0);
  line.starting = undefined;
  await one.publish(flow('line.listen', {}, { every: 5 }), 2);
  assert.deepEqual([line.starts, one.triggers.status()[0]!.state], [2, 'listening']);
  line.starting = silent;
  void one.publish(flow('line.listen', {}, { every: 6 }), 3);
  await clock.advance(0);
  await one.unpublish('flw_sample');
  assert.deepEqual(one.triggers.status(), []);
  void one.publish(flow('line.listen'), 4);
  await clock.advance(0);
  await one.triggers.stop();
});

test('a trial of a listener that does not start ends with the time for publishing', async () => {
  const { start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  line.starting = new Promise(() => undefined);
  const publishing = new AbortController();
  const tried = one.triggers.prepare(one.compile(flow('line.listen'), 1), publishing.signal);
  publishing.abort(new Error('too late'));
  await assert.rejects(tried, { message: 'too late' });
});

test('a listener that was to change when the process stopped does not listen again', async () => {
  const { clock, start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  await one.publish(flow('line.listen'), 1);
  const stopping = Promise.withResolvers<void>();
  line.stopping = stopping.promise;
  void one.publish(flow('line.listen', {}, { every: 5 }), 2);
  await clock.advance(0);
  const stopped = one.triggers.stop();
  stopping.resolve();
  await stopped;
  assert.deepEqual([line.starts, line.stops], [1, 1]);
});

test('a message that cannot be stored is refused, never acknowledged', async () => {
  const { start } = installation();
  const line = new Line();
  const one = await start(
    { 'line.listen': line },
    { accept: async () => Promise.reject(new AppError('STORE_DOWN', 'transient', 'Down.')) },
  );
  await one.publish(flow('line.listen'), 1);
  const result = await line.emit?.(arrival('a'));
  assert.deepEqual([result?.status, result?.status === 'refused' ? result.error.code : ''], ['refused', 'STORE_DOWN']);
});

test('a timer finds again what it last fired for', async () => {
  const { clock, start } = installation();
  const line = new Line();
  const one = await start({ 'clock.tick': line });
  await one.publish(flow('clock.tick'), 1);
  const begin = clock.now();
  assert.equal(await line.context?.lastPlanned(), begin, 'instants count from when somebody first listened');
  await clock.advance(60_000);
  assert.equal(await line.context?.lastPlanned(), begin);
  await line.emit?.(arrival(null, String(begin + 2000)));
  await line.emit?.(arrival(null, String(begin + 1000)));
  assert.equal(await line.context?.lastPlanned(), begin + 2000);
});

test('before a publication the listener is tried: a wrong one is refused, one that runs is left alone', async () => {
  const { start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line });
  const signal = new AbortController().signal;
  await one.triggers.prepare(one.compile(flow('line.listen'), 1), signal);
  assert.deepEqual([line.starts, line.stops], [1, 1]);
  line.refusal = new AppError('LISTEN_PORT_TAKEN', 'input', 'The port is taken.');
  await assert.rejects(one.triggers.prepare(one.compile(flow('line.listen'), 1), signal), { code: 'LISTEN_PORT_TAKEN' });
  line.refusal = undefined;
  await one.publish(flow('line.listen'), 1);
  await one.triggers.prepare(one.compile(flow('line.listen'), 2), signal);
  assert.equal(line.starts, 2);
});

test('a process listens only for flows that it serves, and only once it has begun to work', async () => {
  const { start } = installation();
  const line = new Line();
  const one = await start({ 'line.listen': line }, { serves: ({ document }) => document.tags.includes('here') });
  await one.publish(flow('line.listen'), 1);
  assert.equal(line.starts, 0);
  await one.publish(flow('line.listen', { tags: ['here'] }), 2);
  assert.equal(line.starts, 1);
  await one.publish(flow('line.listen'), 3);
  assert.equal(line.stops, 1);
});
