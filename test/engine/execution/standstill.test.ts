import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { openLab, type Lab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, transient, twoBranches, type Deed } from '../../support/model-flows.ts';

const MINUTE_MS = 60_000;
const RETRY = { max: 3, baseMs: MINUTE_MS, factor: 1, capMs: MINUTE_MS, on: ['transient' as const] };

const feed = (handling: object) =>
  flowOf(
    [node('in', 'test.in'), node('shape', 'test.pure'), node('send', 'test.write', {}, { handling })],
    [edge('in.out', 'shape'), edge('shape', 'send')],
  );

async function openFeed(t: TestContext, handling: object, send: Deed, pure: Deed = () => undefined) {
  const lab = await openLab(feed(handling), [testAction('test.pure', 'pure', pure), testAction('test.write', 'write', send)]);
  t.after(() => lab.close());
  return { lab, engine: await lab.start() };
}

const refuse: Deed = () => {
  throw new AppError('TEST_REFUSED', 'input', 'No.', { values: { node: 'n_send' } });
};

test('a failed execution names the node at which it failed, though that node is no settled step', async (t) => {
  const { lab, engine } = await openFeed(t, { exhausted: 'skip' }, refuse);
  const id = await engine.take({});
  const { finishedAt } = await lab.untilStatus(id, 'failed');
  const [failed, ...others] = (await engine.catalog.get(id, { payload: false }))!.standstills;
  assert.deepEqual(others, []);
  assert.deepEqual(
    [failed?.node, failed?.state, failed?.error?.code, failed?.attempt, failed?.since],
    ['n_send', 'failed', 'TEST_REFUSED', 1, finishedAt],
  );
});

test('a held execution says since when: of this hold, and of the first', async (t) => {
  const { lab, engine } = await openFeed(t, { exhausted: 'hold' }, refuse);
  const id = await engine.take({});
  const first = (await lab.untilStatus(id, 'held')).held!.at;
  await lab.pass(MINUTE_MS);
  await engine.catalog.retry(id, 'wu');
  const again = (await lab.untilStatus(id, 'held')).held!.at;
  const [held] = (await engine.catalog.get(id, { payload: false }))!.standstills;
  assert.ok(again > first);
  assert.deepEqual(
    [held?.node, held?.state, held?.error?.code, held?.since, held?.firstHeldAt],
    ['n_send', 'held', 'TEST_REFUSED', again, first],
  );
});

test('a retry that waits says why the last attempt failed, which attempt that was, of how many, and when the next one is', async (t) => {
  const { lab, engine } = await openFeed(t, { retry: RETRY }, () => {
    throw transient();
  });
  const id = await engine.take({});
  const { due } = await lab.untilStatus(id, 'waiting');
  const stored = await lab.executions.get(id);
  assert.doesNotMatch(JSON.stringify(stored?.waits), /TEST_/, 'what the other side said is sealed');
  const { items } = await engine.catalog.list({ limit: 1 });
  assert.deepEqual(items[0]?.retrying, { nextAt: due, code: transient().code });
  const [waiting] = (await engine.catalog.get(id, { payload: false }))!.standstills;
  assert.deepEqual(
    [waiting?.node, waiting?.state, waiting?.attempt, waiting?.mostAttempts, waiting?.nextAt, waiting?.error?.kind],
    ['n_send', 'retrying', 1, 4, due, 'transient'],
  );
});

test('a retry that other branches wake is left as it was, with its reason', async (t) => {
  const [slow, quick] = [
    { ...RETRY, baseMs: 10 * MINUTE_MS, capMs: 10 * MINUTE_MS },
    { ...RETRY, max: 1 },
  ];
  const document = twoBranches(
    node('a', 'test.a', {}, { handling: { retry: slow } }),
    node('b', 'test.b', {}, { handling: { retry: quick } }),
    'all',
    24 * 60 * MINUTE_MS,
  );
  let tries = 0;
  const lab = await openLab({ ...document, mode: 'durable' }, [
    testAction('test.a', 'read', () => {
      throw transient('TEST_SLOW');
    }),
    testAction('test.b', 'read', () => {
      if ((tries += 1) === 1) throw transient();
    }),
  ]);
  t.after(() => lab.close());
  const engine = await lab.start();
  const id = await engine.take({});
  await lab.until(() => tries === 2);
  const waiting = await onlyWait(lab, id);
  assert.equal(waiting.node, 'n_a');
  const [standstill] = (await engine.catalog.get(id, { payload: false }))!.standstills;
  assert.deepEqual([standstill?.node, standstill?.attempt, standstill?.error?.code], ['n_a', 1, 'TEST_SLOW']);
});

function onlyWait(lab: Lab, id: string) {
  return lab.until(async () => {
    const found = await lab.executions.get(id);
    return found?.status === 'waiting' && found.waits?.length === 1 && found.waits[0];
  });
}
