import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { AdapterLimits, type Adapter } from '../../../engine/contract/node/adapter.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { defineNode, inPort, okPort, typeName } from '../../../engine/contract/node/node.ts';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import { createAdapterGates } from '../../../engine/run/adapter-gates.ts';
import { compileFlow } from '../../../engine/compile/compile-flow.ts';
import type { RunDeps } from '../../../engine/run/run-deps.ts';
import { runTrial } from '../../../engine/run/run-trial.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { testBuildContext } from '../../../engine/testing/test-build-context.ts';
import call from '../../../nodes/interface/call.node.ts';
import { sampleFlow } from '../flow/sample-flow.ts';

const text = { 'zh-CN': '测试', en: 'Test' };
const limits = Value.Default(AdapterLimits, { breakerFailures: 3 }) as AdapterLimits;
const hospital: Adapter = { adapterId: 'adp_a', protocol: 'http', settings: {}, charset: undefined, limits };

/** What the fifth call of a hospital is refused with, when each ends with this error. */
async function codeOfFifth(error: AppError): Promise<string | undefined> {
  const failing = defineNode({
    ...{ type: 'test.failing', major: 1, kind: 'action', category: 'call', icon: 'x', text: { label: text, help: text } },
    ...{ config: Type.Object({}), ports: { in: [inPort], out: [okPort] }, effect: 'read', adapter: 'http' },
    prepare: () => () => Promise.reject(error),
  });
  const nodes = new Map([call, failing].map((node) => [typeName(node), node]));
  const document = sampleFlow(
    {
      in: 'interface.call',
      ask: { type: 'test.failing@1', adapter: 'adp_a', handling: { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: [] } } },
    },
    ['in > ask'],
    {
      mode: 'durable',
    },
  );
  const version = { flowId: 'flw_a', version: 1, contentHash: '', document };
  const flow = compileFlow(version, { getNode: (type) => nodes.get(type), build: testBuildContext() });
  const clock = fakeClock();
  const deps = {
    clock,
    log: silentLogger,
    metrics: silentMetrics,
    bindings: { tables: () => ({ id: 'none' }), adapter: () => hospital },
    gates: createAdapterGates(clock),
  } as unknown as RunDeps;
  const ask = () => runTrial(flow, createMessage(1), {}, deps, new AbortController().signal, { reach: 'adapters' });
  for (let asked = 1; asked < 5; asked++) await ask();
  return (await ask()).error?.code;
}

test('a hospital that fails is given a pause', async () => {
  assert.equal(await codeOfFifth(new AppError('HTTP_STATUS', 'transient', 'It answered 500.')), 'ADAPTER_OPEN');
});

test('a hospital whose answers this process has no thread to read is given none: it is not the one that fails', async () => {
  const busy = new AppError('PARSE_BUSY', 'transient', 'Too many wait.');
  assert.equal(await codeOfFifth(busy), 'PARSE_BUSY');
  const unread = new AppError('HTTP_ANSWER_UNREADABLE', 'unknown-outcome', 'It cannot be read.', { cause: busy });
  assert.equal(await codeOfFifth(unread), 'HTTP_ANSWER_UNREADABLE');
});
