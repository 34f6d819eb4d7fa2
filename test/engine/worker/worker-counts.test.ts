import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { silentMetrics, type Read } from '../../../engine/contract/values/observe.ts';
import { prepareExecution } from '../../../engine/accept/accept.ts';
import { showWorkerCounts } from '../../../engine/worker/worker-counts.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction } from '../../support/model-flows.ts';

const never = () => new Promise<never>(() => undefined);

async function openWorld(deeds: (() => unknown)[]) {
  const document = flowOf([node('in', 'test.in'), node('get', 'test.get', { name: 'get' })], [edge('in.out', 'get')]);
  return openLab(document, [testAction('test.get', 'idempotent-write', (_ctx, message) => deeds.shift()?.() ?? message.data)]);
}

test('claims, and take-overs from a process that died, are counted by the worker that made them', async (t) => {
  const lab = await openWorld([never]);
  t.after(() => lab.close());
  const first = await lab.start();
  const id = await first.take({});
  await lab.untilStatus(id, 'running');
  first.kill();
  const second = await lab.start();
  await lab.untilStatus(id, 'completed');
  assert.deepEqual([first.counts.claims, first.counts.takeOvers], [1, 0]);
  assert.deepEqual([second.counts.claims, second.counts.takeOvers], [1, 1]);
});

test('a message whose ring was lost is found by the reconciler, and told as such', async (t) => {
  const lab = await openWorld([]);
  t.after(() => lab.close());
  const engine = await lab.start();
  const announced = await engine.take({});
  await lab.untilStatus(announced, 'completed');
  assert.equal(engine.counts.found.queued, 0);
  const request = { message: createMessage({}), seq: '000000009', onOtherContent: 'accept' } as const;
  const document = await prepareExecution(engine.flow, request, engine.acceptDeps);
  await lab.executions.insert(document);
  await lab.untilStatus(document._id, 'completed');
  assert.equal(engine.counts.found.queued, 1);
  const shown = new Map<string, Read>();
  showWorkerCounts(engine.counts, {
    ...silentMetrics,
    total: (name, read, labels) => shown.set(`${name} ${labels?.['what'] ?? ''}`, read),
  });
  assert.equal(await shown.get('reconciler_findings_total queued')!(), 1);
  assert.equal(await shown.get('claims_total ')!(), 2);
});
