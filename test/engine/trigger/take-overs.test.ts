// @never-rerun: a single failure is a failure.
/** Two workers, one timer, one listener and one mailbox, each held by one process at a time: killed, paused and stopped a hundred times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { defineNode, outPort, type Emit, type NodeDefinition, type Stop, type TriggerContext } from '../../../engine/contract/node/node.ts';
import { Type } from 'typebox';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { compileFlow, type CompiledFlow } from '../../../engine/compile/compile-flow.ts';
import { executionsSpec } from '../../../engine/execution/execution-document.ts';
import { toArrivalResult } from '../../../engine/accept/accept.ts';
import type { Bindings } from '../../../engine/bindings/interface.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { createTriggers, type Triggers } from '../../../engine/trigger/create-triggers.ts';
import { createLeases, type Leases } from '../../../engine/ownership/leases.ts';
import timer from '../../../nodes/timer/schedule.node.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';
import { createMemoryWorkQueue } from '../../../storage/in-process/memory-work-queue.ts';
import { createModelEngine, openSeal } from '../../support/model-engine.ts';
import { controlNodes } from '../../support/model-flows.ts';
import { seededRandom, simulateProcess, type SimulatedProcess } from '../../support/simulated-process.ts';
import { sampleFlow, sampleNodes, sampleRegistry } from '../flow/sample-flow.ts';
import { openBusTopicStore } from '../../../engine/topics/bus-topic-store.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { anyFile, anywhere, noCollections } from '../../../engine/testing/anywhere.ts';

const TAKE_OVERS = 100;
const EVERY_SEC = 5;
const LONGEST_TAKE_OVER_MS = 10_000;

interface Worker {
  readonly process: SimulatedProcess;
  readonly triggers: Triggers;
  readonly leases: Leases;
  /** Set while it listens. */
  emit: Emit | undefined;
}

test('over 100 take-overs a timer fires once for each instant that somebody saw, each mail is taken once, a listener is one process, and no number goes back', async () => {
  const world = fakeClock();
  const random = seededRandom(20_261_125);
  const store = createMemoryDocuments({ clock: world });
  const timerFlow = sampleFlow({ in: { type: 'timer.schedule@1', config: { everySec: EVERY_SEC } }, set: 'transform.set' }, ['in > set'], {
    mode: 'durable',
    flowId: 'flw_timer',
  });
  const lineFlow = sampleFlow({ in: 'line.listen', set: 'transform.set' }, ['in > set'], {
    mode: 'durable',
    flowId: 'flw_line',
    ingress: { lane: { key: 'one' }, ack: 'after-persist' },
  } as Partial<FlowDocument>);
  const mailFlow = sampleFlow({ in: 'mail.poll', set: 'transform.set' }, ['in > set'], { mode: 'durable', flowId: 'flw_mail' });
  const executions = await store.open(executionsSpec);
  const mailbox = new Set<string>();
  let mails = 0;
  let number = 0;

  async function start(): Promise<Worker> {
    const process = simulateProcess(world, store, random, 200);
    const processId = `own_${(number += 1)}`;
    const worker: { -readonly [K in keyof Worker]: Worker[K] } = { process, emit: undefined } as Worker;
    const nodes = sampleRegistry([...sampleNodes, timer as NodeDefinition, line(worker), poll(mailbox)]);
    const compile = (document: FlowDocument): CompiledFlow =>
      compileFlow(
        { flowId: document.flowId, version: 1, contentHash: '', document },
        { getNode: nodes.get, build: { compileExpression: () => () => 'one', compileCondition: () => () => true } },
      );
    const flows = [compile(timerFlow), compile(lineFlow), compile(mailFlow)];
    const engine = await createModelEngine({
      clock: process.clock,
      documents: process.documents,
      workQueue: createMemoryWorkQueue({ clock: process.clock }),
      shared: createMemorySharedState({ clock: process.clock }),
      nodes: [...controlNodes, ...sampleNodes, line(worker)],
      document: lineFlow,
      owner: processId,
    });
    worker.leases = await createLeases({ documents: process.documents, clock: process.clock, log: silentLogger, processId });
    worker.triggers = await createTriggers({
      published: { list: () => flows, onChange: () => () => undefined },
      bindings: { adapter: () => undefined, secret: async () => '' } as unknown as Bindings,
      outbound: anywhere,
      files: anyFile,
      collectionsOf: () => noCollections,
      blobs: memoryBlobs(),
      busTopics: await openBusTopicStore(process.documents, process.clock),
      documents: process.documents,
      leases: worker.leases,
      accept: async (flow, arrival, { seq }) => toArrivalResult(await engine.accept(flow, { ...arrival, seq, onOtherContent: 'accept' })),
      tls: async () => undefined,
      seal: openSeal,
      clock: process.clock,
      logger: silentLogger,
      metrics: silentMetrics,
    });
    await worker.leases.start();
    void worker.triggers.start();
    return worker;
  }

  /** Sends on whatever line listens; answers whether it was acknowledged. */
  async function send(workers: readonly Worker[], data: string): Promise<boolean> {
    const results = await Promise.race([
      Promise.all(workers.flatMap(({ emit }) => emit?.({ message: createMessage(data) }) ?? [])),
      world.advance(1_000).then(() => []),
    ]);
    return results.some((result) => result.status === 'accepted');
  }

  /** Of all executions of the flow. */
  async function keysOf(flowId: string): Promise<readonly string[]> {
    const keys: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await executions.find({ flowId }, { limit: 1000, ...(after === undefined ? {} : { after }) });
      keys.push(...page.map(({ dedupe }) => dedupe.split('dedupe=')[1]!));
      if (page.length < 1000) return keys;
      after = page.at(-1)!._id;
    }
  }

  const settled = settledIn(world);
  let workers: Worker[] = [await settled(start()), await settled(start())];
  const acknowledged: string[] = [];
  let longestMs = 0;
  for (let takeOver = 0; takeOver < TAKE_OVERS; takeOver += 1) {
    for (let mail = 0; mail < 4; mail += 1) {
      mailbox.add(`mail-${(mails += 1)}`);
      await world.advance(2_500 + random.below(2_500));
    }
    mailbox.add(`mail-${(mails += 1)}`);
    for (const data of [`${takeOver}a`, `${takeOver}b`]) if (await send(workers, data)) acknowledged.push(data);
    const listening = workers.filter(({ emit, process }) => emit && !process.isDead);
    assert.equal(listening.length, 1, `one listens before take-over ${takeOver}`);
    const [victim] = listening;
    const other = workers.find((worker) => worker !== victim)!;
    const manner = random.below(3);
    const beganAt = world.monotonic();
    if (manner === 0) victim!.process.kill();
    else if (manner === 1) victim!.process.pauseUntil(world.monotonic() + 20_000 + random.below(10_000));
    else void victim!.triggers.stop();
    while (!other.emit) {
      assert.ok(
        world.monotonic() - beganAt <= LONGEST_TAKE_OVER_MS,
        `take-over ${takeOver} (${['kill', 'pause', 'stop'][manner]}) took too long`,
      );
      await world.advance(100);
    }
    longestMs = Math.max(longestMs, world.monotonic() - beganAt);
    if (manner === 1) await world.advance(30_000);
    else {
      victim!.process.kill();
      workers = [other, await settled(start())];
    }
  }
  await world.advance(30_000);

  const all = await executions.find({ flowId: 'flw_line' }, { sort: ['lane.seq'], limit: 1000 });
  assert.ok(acknowledged.length >= TAKE_OVERS, `${acknowledged.length} acknowledged`);
  assert.equal(new Set(all.map(({ lane }) => lane!.seq)).size, all.length, 'no place in the lane was given twice');
  const acceptedInTurn = [...all].sort((a, b) => a.acceptedAt - b.acceptedAt);
  assert.deepEqual(
    acceptedInTurn.map(({ lane }) => lane!.seq),
    all.map(({ lane }) => lane!.seq),
    'the order of the lane is that of arrival',
  );

  const taken = await keysOf('flw_mail');
  assert.deepEqual([mailbox.size, taken.length, new Set(taken).size], [0, mails, mails], 'each mail was taken, and taken once');

  const fired = (await keysOf('flw_timer')).map((key) => Date.parse(key));
  assert.equal(new Set(fired).size, fired.length, 'no instant fired twice');
  assert.ok(fired.every((instant) => instant % (EVERY_SEC * 1000) === 0));
  fired.sort((a, b) => a - b);
  const gaps = fired.slice(1).map((instant, index) => instant - fired[index]!);
  assert.ok(Math.max(...gaps) <= LONGEST_TAKE_OVER_MS + 2 * EVERY_SEC * 1000, `a gap of ${Math.max(...gaps)} ms`);
  assert.ok(longestMs <= LONGEST_TAKE_OVER_MS, `${longestMs} ms`);
});

/** Lets time pass until it has resolved. */
function settledIn(world: FakeClock) {
  return async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    const end = () => (isDone = true);
    work.then(end, end);
    for (let step = 0; !isDone && step < 1_000; step += 1) await world.advance(20);
    return work;
  };
}

function line(worker: { emit: Emit | undefined }): NodeDefinition {
  return trigger('line.listen', async (_context, emit) => {
    worker.emit = emit;
    return {
      stop: async () => {
        worker.emit = undefined;
      },
    };
  });
}

/** Looks every second, takes what lies there, and removes a mail only once it is known to be stored. */
function poll(mailbox: Set<string>): NodeDefinition {
  return trigger('mail.poll', async ({ clock }, emit) => {
    let isStopped = false;
    const look = async () => {
      for (const mail of [...mailbox]) {
        if (isStopped) return;
        const { status } = await emit({ message: createMessage(mail), dedupeKey: mail });
        if (status !== 'refused') mailbox.delete(mail);
      }
    };
    const again = (): (() => void) => clock.after(1_000, () => void look().then(() => (isStopped ? undefined : (cancel = again()))));
    let cancel = again();
    return {
      stop: async () => {
        isStopped = true;
        cancel();
      },
    };
  });
}

function trigger(type: string, listen: (context: TriggerContext<unknown>, emit: Emit) => Promise<Stop>): NodeDefinition {
  const text = { 'zh-CN': '例', en: 'Sample' };
  return defineNode({
    ...{ type, major: 1, kind: 'trigger', category: 'trigger', icon: 'box', text: { label: text, help: text } },
    ports: { in: [], out: [outPort] },
    config: Type.Object({}),
    listen,
  }) as NodeDefinition;
}
