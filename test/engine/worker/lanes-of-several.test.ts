// @never-rerun: a single failure is a failure.
/** Two workers on one store, each with its own doorbell: each learns what the other runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction } from '../../support/model-flows.ts';

const document = flowOf([node('in', 'test.in'), node('get', 'test.get')], [edge('in.out', 'get')], {
  ingress: { lane: { key: 'data.patient' } },
});

test('what waits behind an execution that another worker runs goes on soon after its end, though nobody rings then', async (t) => {
  let release: () => void = () => undefined;
  const first = new Promise<void>((resolve) => (release = resolve));
  const deeds = [() => first];
  const lab = await openLab(document, [testAction('test.get', 'idempotent-write', (_ctx, message) => deeds.shift()?.() ?? message.data)]);
  t.after(() => lab.close());
  const [one, other] = [await lab.start({ isShared: true }), await lab.start({ isShared: true })];
  const running = await one.take({ patient: 'a' });
  await lab.untilStatus(running, 'running');
  const behind = await other.take({ patient: 'a', number: 2 });
  await lab.pass(1_000);
  assert.equal((await lab.executions.get(behind))?.status, 'queued');
  release();
  await lab.untilStatus(running, 'completed');
  const since = lab.clock.monotonic();
  await lab.untilStatus(behind, 'completed');
  assert.ok(lab.clock.monotonic() - since <= 300, `${lab.clock.monotonic() - since} ms later`);
});
