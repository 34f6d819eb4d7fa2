import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, type Deed } from '../../support/model-flows.ts';

const DAY_MS = 86_400_000;
const MEGABYTE = 1_048_576;
const BIG = 'x'.repeat(300_000);

/** A flow that may keep one megabyte a day; a message that says so fails. */
async function openWorld(t: TestContext, ingress: object = {}) {
  const send: Deed = (_ctx, message) => {
    if ((message.data as { fails?: true }).fails) throw new AppError('TEST_REFUSED', 'input', 'No.');
    return 'done';
  };
  const document = {
    ...flowOf(
      [node('in', 'test.in'), node('send', 'test.put', { name: 'send' }, { handling: { exhausted: 'dead-letter' } })],
      [edge('in.out', 'send')],
      { ingress },
    ),
    recording: { level: 'full' as const, retainDays: 30, megabytesPerDay: 1 },
  };
  const lab = await openLab(document, [testAction('test.put', 'idempotent-write', send)]);
  t.after(() => lab.close());
  const engine = await lab.start({ isShared: true });
  const run = async (data: unknown, by = engine, dedupeKey?: string) => {
    const id = await by.take(data, dedupeKey);
    return lab.until(async () => {
      const found = await lab.executions.get(id);
      return found?.finishedAt !== undefined && found;
    });
  };
  return { lab, engine, run, fill: async () => void (await Promise.all(Array.from({ length: 4 }, () => run({ big: BIG })))) };
}

test('a flow that used up its day’s room keeps keys alone of what completes, for a day; the next day it has room again', async (t) => {
  const { lab, engine, run, fill } = await openWorld(t);
  const first = await run({ big: BIG });
  assert.ok(first.input !== undefined && first.overQuota === undefined);
  assert.equal(first.expiresAt! - first.finishedAt!, 30 * DAY_MS);
  await fill();
  const reduced = await run({ small: 1 });
  assert.deepEqual([reduced.status, reduced.input, reduced.overQuota, reduced.blobs], ['completed', undefined, true, undefined]);
  assert.equal(reduced.expiresAt! - reduced.finishedAt!, DAY_MS);
  const details = await engine.catalog.get(reduced._id, { payload: true });
  assert.deepEqual([details!.isReduced, details!.hasPayload, details!.steps.length > 0], [true, false, true], 'its steps can be looked at');
  await lab.until(async () => (await engine.quota.exceeded()).length === 1);
  const [exceeded] = await engine.quota.exceeded();
  assert.equal(exceeded!.flowId, first.flowId);
  assert.equal(exceeded!.reduced, 1);
  assert.ok(exceeded!.keptBytes > MEGABYTE);
  lab.shiftWall(DAY_MS);
  assert.ok((await run({ small: 2 })).input !== undefined);
  assert.deepEqual(await engine.quota.exceeded(), []);
});

test('what fails keeps its message all the same, for a week at most: it can still be sent again', async (t) => {
  const { engine, run, fill } = await openWorld(t);
  await fill();
  const failed = await run({ fails: true });
  assert.equal(failed.status, 'failed');
  assert.equal(failed.expiresAt! - failed.finishedAt!, 7 * DAY_MS);
  const details = await engine.catalog.get(failed._id, { payload: true });
  assert.deepEqual(details!.input!.data, { fails: true });
  assert.equal(details!.isReduced, true);
});

test('a message that comes again is known for the whole dedupe window, however little is kept of it', async (t) => {
  const { lab, engine, run, fill } = await openWorld(t, { dedupe: { key: 'data.id', windowSec: 3 * 86_400 } });
  await fill();
  const reduced = await run({ id: 'a' }, engine, 'a');
  assert.equal(reduced.expiresAt! - reduced.finishedAt!, 3 * DAY_MS);
  lab.shiftWall(2 * DAY_MS);
  assert.equal(await engine.take({ id: 'a' }, 'a'), reduced._id);
});

test('processes count together: one that starts later knows after its first message what the others kept', async (t) => {
  const { lab, engine, run, fill } = await openWorld(t);
  await fill();
  engine.kill();
  const later = await lab.start();
  assert.equal((await run({ small: 1 }, later)).overQuota, undefined);
  await lab.until(() => later.quota.keeping(later.flow, 'completed').isReduced);
  assert.equal((await run({ small: 2 }, later)).overQuota, true);
});
