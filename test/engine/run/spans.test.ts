import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { silentMetrics } from '../../../engine/contract/values/observe.ts';
import { createOtlpTracer } from '../../../engine/host/otlp-tracer.ts';
import { openLab, type LabEngine } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, transient, type Deed } from '../../support/model-flows.ts';
import { CONSUMER, startOtlpReceiver } from '../../support/otlp-receiver.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

async function openWorld(t: TestContext, deeds: Deed[]) {
  const document = flowOf([node('in', 'test.in'), node('get', 'test.get', { name: 'get' })], [edge('in.out', 'get')]);
  const get: Deed = (ctx, message, name) => deeds.shift()?.(ctx, message, name) ?? message.data;
  const lab = await openLab(document, [testAction('test.get', 'idempotent-write', get)]);
  const collector = await startOtlpReceiver();
  const traced = () => createOtlpTracer({ address: collector.address, ratio: 1, version: '1', metrics: silentMetrics });
  t.after(async () => {
    await lab.close();
    await collector.stop();
  });
  return { lab, collector, traced };
}

test('a message that another process takes over stays in its trace', async (t) => {
  const { lab, collector, traced } = await openWorld(t, [() => new Promise(() => undefined)]);
  const [one, two] = [traced(), traced()];
  const first = await lab.start({ tracer: one });
  const id = await first.take({});
  await lab.untilStatus(id, 'running');
  first.kill();
  await one.close();
  await lab.start({ tracer: two });
  await lab.untilStatus(id, 'completed');
  await two.close();
  const [accepted] = collector.spans;
  assert.deepEqual([accepted!.name, accepted!.attributes['kangqiao.execution']], ['accept flw_model', id]);
  const run = collector.spans.find(({ kind }) => kind === CONSUMER)!;
  assert.deepEqual(
    [run.traceId, run.parentSpanId, run.attributes['kangqiao.claim']],
    [accepted!.traceId, accepted!.spanId, 2],
    'the claim of the process that died never ended',
  );
  const get = collector.spans.find(({ attributes }) => attributes['kangqiao.node'] === 'n_get')!;
  assert.equal(get.parentSpanId, run.spanId);
});

test('an attempt to claim a message that another process got first is no span of its trace', async (t) => {
  const { lab, collector, traced } = await openWorld(t, []);
  const tracer = traced();
  let isOvertaken = false;
  const engine = await lab.start({
    tracer,
    serves() {
      // It is asked between listing the message and claiming it.
      if (!isOvertaken) void lab.executions.patchIf(id, {}, { set: { epoch: 1 } });
      isOvertaken = true;
      return true;
    },
  });
  const id = await engine.take({});
  await lab.untilStatus(id, 'completed');
  await tracer.close();
  assert.equal(engine.counts.refusedClaims, 1);
  const runs = collector.spans.filter(({ kind }) => kind === CONSUMER);
  assert.deepEqual(
    runs.map(({ attributes }) => attributes['kangqiao.claim']),
    [2],
  );
});

test('each attempt is a span, failed ones with their code', async (t) => {
  const fail: Deed = () => {
    throw transient();
  };
  const { lab, collector, traced } = await openWorld(t, [fail]);
  const tracer = traced();
  const engine = await lab.start({ tracer });
  await lab.untilStatus(await engine.take({}), 'completed');
  await tracer.close();
  assert.deepEqual(
    collector.spans
      .filter(({ attributes }) => attributes['kangqiao.node'] === 'n_get')
      .map(({ attributes, isFailed }) => [attributes['kangqiao.attempt'], isFailed]),
    [
      [1, true],
      [2, false],
    ],
  );
});

test('a call that is not sampled makes no trace of its own further in, and stores no context', async (t) => {
  const { lab, collector, traced } = await openWorld(t, []);
  const tracer = traced();
  const engine = await lab.start({ tracer });
  const id = await acceptFor(engine, { traceId: TRACE });
  assert.equal((await lab.untilStatus(id, 'completed')).traceparent, undefined);
  await tracer.close();
  assert.deepEqual(collector.spans, []);
});

async function acceptFor(engine: LabEngine, { traceId }: { readonly traceId: string }): Promise<string> {
  const result = await engine.accept(engine.flow, { message: createMessage({}), seq: '1', traceId, onOtherContent: 'accept' });
  assert.equal(result.status, 'accepted');
  return 'executionId' in result ? result.executionId : '';
}
