import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { defineNode, inPort, okPort, typeName } from '../../../engine/contract/node/node.ts';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import { createAdapterGates } from '../../../engine/run/adapter-gates.ts';
import { compileFlow } from '../../../engine/compile/compile-flow.ts';
import type { RunDeps } from '../../../engine/run/run-deps.ts';
import { runTrial } from '../../../engine/run/run-trial.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { edge, flowOf, node, testAction, testTrigger, transient, type Deed } from '../../support/model-flows.ts';
import { testBuildContext } from '../../../engine/testing/test-build-context.ts';
import call from '../../../nodes/interface/call.node.ts';
import { sampleFlow } from '../flow/sample-flow.ts';

const text = { 'zh-CN': '测试', en: 'Test' };
const silent = defineNode({
  type: 'test.silent',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'x',
  text: { label: text, help: text },
  config: Type.Object({}),
  ports: { in: [inPort], out: [okPort] },
  effect: 'read',
  prepare: () => () => new Promise(() => undefined),
});

test('a trial for a person ends after its limit, and names the step that was not done', async () => {
  const clock = fakeClock();
  const nodes = new Map([call, silent].map((node) => [typeName(node), node]));
  const document = sampleFlow({ in: 'interface.call', wait: 'test.silent' }, ['in > wait'], { mode: 'durable', deadlineMs: 86_400_000 });
  const build = testBuildContext();
  const flow = compileFlow({ flowId: 'flw_a', version: 1, contentHash: '', document }, { getNode: (type) => nodes.get(type), build });
  const deps = {
    clock,
    log: silentLogger,
    metrics: silentMetrics,
    bindings: { tables: () => ({ id: 'none' }) },
    gates: createAdapterGates(clock),
  } as unknown as RunDeps;
  const running = runTrial(flow, createMessage(1), {}, deps, new AbortController().signal, { reach: 'adapters', limitMs: 30_000 });
  await clock.advance(29_999);
  await clock.advance(1);
  const result = await running;
  assert.deepEqual([result.status, result.error?.code], ['stopped', 'TRIAL_TOO_LONG']);
  assert.deepEqual(
    result.steps.map(({ node, status, durationMs }) => [node, status, durationMs]),
    [['n_wait', 'stopped', 30_000]],
  );
});

const WRITES: readonly { readonly name: string; readonly deed: Deed; readonly wrote: readonly string[] }[] = [
  {
    name: 'failed before its first byte',
    deed: () => {
      throw transient();
    },
    wrote: [],
  },
  {
    name: 'failed after its first byte',
    deed: (ctx) => {
      ctx.beforeFirstByte();
      throw transient();
    },
    wrote: ['n_book'],
  },
  { name: 'succeeded without sending a byte', deed: () => ({ no: 1 }), wrote: ['n_book'] },
];

for (const onError of ['fail', 'port', 'continue'] as const)
  for (const { name, deed, wrote } of WRITES)
    test(`a write that ${name} (on error: ${onError}) is ${wrote.length === 0 ? 'not ' : ''}said to be written`, async () => {
      const write = testAction('test.write', 'write', deed);
      const nodes = new Map([testTrigger, write].map((type) => [typeName(type), type as never]));
      const document = flowOf([node('in', 'test.in'), node('book', 'test.write', {}, { handling: { onError } })], [edge('in.out', 'book')]);
      const flow = compileFlow(
        { flowId: 'flw_a', version: 1, contentHash: '', document },
        { getNode: (type) => nodes.get(type), build: testBuildContext() },
      );
      const clock = fakeClock();
      const deps = {
        clock,
        log: silentLogger,
        metrics: silentMetrics,
        bindings: { tables: () => ({ id: 'none' }) },
        gates: createAdapterGates(clock),
      } as unknown as RunDeps;
      const options = { reach: 'adapters', limitMs: 30_000 } as const;
      const result = await runTrial(flow, createMessage(1), {}, deps, new AbortController().signal, options);
      assert.deepEqual([result.reached, result.wrote], [['n_book'], wrote]);
    });
