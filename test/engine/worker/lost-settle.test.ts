// @never-rerun: a single failure is a failure.
/** A database server that crashes may lose the last settles, which are not flushed one by one, while the worker that made them lives on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecutionDocument } from '../../../engine/execution/execution-document.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction } from '../../support/model-flows.ts';

const document = flowOf([node('in', 'test.in'), node('put', 'test.put')], [edge('in.out', 'put')], {
  ingress: { lane: { key: 'data.patient' } },
});

test('an execution whose settle the store lost is run again under its key, before what stands behind it in its lane', async (t) => {
  const calls: { readonly key: string; readonly number: number }[] = [];
  let atWork: ExecutionDocument | undefined;
  const put = testAction('test.put', 'idempotent-write', async (ctx, message) => {
    calls.push({ key: ctx.idempotencyKey, number: (message.data as { number: number }).number });
    atWork ??= (await lab.executions.find({ status: 'running' }, { limit: 1 }))[0];
    return message.data;
  });
  const lab = await openLab(document, [put]);
  t.after(() => lab.close());
  const worker = await lab.start({ isShared: true });
  const first = await worker.take({ patient: 'a', number: 1 });
  await lab.untilStatus(first, 'completed');
  assert.equal((await lab.executions.replaceIf(atWork!, {})).outcome, 'patched');
  const second = await worker.take({ patient: 'a', number: 2 });
  await lab.untilStatus(second, 'completed');
  assert.equal((await lab.executions.get(first))?.status, 'completed');
  assert.deepEqual(
    calls.map(({ number }) => number),
    [1, 1, 2],
  );
  assert.equal(calls[0]!.key, calls[1]!.key);
});
