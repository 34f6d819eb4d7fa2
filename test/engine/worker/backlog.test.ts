// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { partitionOf } from '../../../engine/execution/execution-document.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, type Deed } from '../../support/model-flows.ts';

const document = flowOf([node('in', 'test.in'), node('send', 'test.send')], [edge('in.out', 'send')], {
  ingress: { lane: { key: 'data.lane' } },
});

test('a long row of messages behind a held one keeps no other patient of the same partition waiting', async (t) => {
  const refuse: Deed = (ctx, message) => {
    if ((message.data as { lane: string }).lane !== 'stuck') return 'sent';
    ctx.beforeFirstByte();
    throw new AppError('TEST_REFUSED', 'input', 'refused');
  };
  const lab = await openLab(document, [testAction('test.send', 'idempotent-write', refuse)]);
  t.after(() => lab.close());
  const engine = await lab.start();
  const head = await engine.take({ lane: 'stuck', number: 0 });
  await lab.untilStatus(head, 'held');
  for (let number = 1; number <= 2_300; number += 1) await engine.take({ lane: 'stuck', number });
  const other = await engine.take({ lane: otherLaneOf('stuck') });
  await lab.untilStatus(other, 'completed');
  const behind = await lab.executions.find({ status: 'queued' }, { limit: 1 });
  assert.equal(behind.length, 1, 'what is behind the held one still waits');
});

test('a store that fails is asked again after a pause, and nothing is forgotten', async (t) => {
  const lab = await openLab(document, [testAction('test.send', 'idempotent-write', () => 'sent')]);
  t.after(() => lab.close());
  const engine = await lab.start({ slots: 4 });
  const ids: string[] = [];
  const first = await engine.take({ lane: 'a' });
  await lab.untilStatus(first, 'completed');
  for (let number = 0; number < 50; number += 1) ids.push(await engine.take({ lane: `l${number}` }));
  lab.isDown = true;
  const before = { ...lab.documents.counters };
  await lab.pass(5_000);
  const asked = lab.documents.counters.writes + lab.documents.counters.reads - before.writes - before.reads;
  assert.ok(asked < 1_000, `${asked} calls in five seconds`);
  lab.isDown = false;
  for (const id of ids) await lab.untilStatus(id, 'completed');
});

/** Another patient whose lane lies in the same partition. */
function otherLaneOf(lane: string): string {
  const laneKey = (name: string) => `flw_model|lane=${name}`;
  for (let number = 0; ; number += 1) if (partitionOf(laneKey(`p${number}`)) === partitionOf(laneKey(lane))) return `p${number}`;
}
