/** A join that continues with the first branch: which one decides, what happens to the others, and the effect of a kill. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import type { FlowResult } from '../../../engine/contract/node/run-flow.ts';
import { openLab, type LabStore } from '../../support/engine-lab.ts';
import { edge, node, silent, testAction, transient, twoBranches, type Deed } from '../../support/model-flows.ts';

type Mode = 'first-success' | 'first-end';

function branches(mode: Mode, a = node('a', 'test.a'), b = node('b', 'test.b')): FlowDocument {
  const document = twoBranches(a, b, 'any', 8_000);
  const nodes = document.nodes.map((one) => (one.id === 'n_join' ? { ...one, type: 'control.join@2', config: { mode } } : one));
  return { ...document, nodes };
}

const refuses =
  (code: string, kind: 'input' | 'transient' = 'input'): Deed =>
  () => {
    throw new AppError(code, kind, `${code} happened.`);
  };

async function open(
  t: TestContext,
  document: FlowDocument,
  a: Deed,
  b: Deed,
  store: LabStore = 'memory',
  effectOfB: 'read' | 'write' = 'read',
) {
  const lab = await openLab(document, [testAction('test.a', 'read', a), testAction('test.b', effectOfB, b)], store);
  t.after(() => lab.close());
  return { lab, engine: await lab.start() };
}

function dataOf(result: FlowResult): unknown {
  assert.ok(result.outcome === 'replied', JSON.stringify(result));
  return result.reply.message.data;
}

describe('the first that succeeds', () => {
  test('is not beaten by a branch that failed before, with or without an edge from its error port', async (t) => {
    const plain = branches('first-success');
    const withEdge = { ...plain, edges: [...plain.edges, edge('a.error', 'join')] };
    for (const document of [plain, withEdge]) {
      const { engine } = await open(t, document, refuses('A_FAILED'), () => Promise.resolve(2));
      assert.deepEqual(dataOf(await engine.call({})), { n_b: 2 });
    }
  });

  test('answers at once, ends the slow branch, and begins nothing more of it', async (t) => {
    let ended: unknown;
    const slow: Deed = (ctx, message, name) => {
      ctx.signal.addEventListener('abort', () => {
        ended = ctx.signal.reason;
      });
      return silent(ctx, message, name);
    };
    const document = branches('first-success');
    const longer = {
      ...document,
      nodes: [...document.nodes, node('more', 'test.b')],
      edges: [
        ...document.edges.filter(({ to, from }) => !(from.node === 'n_a' && to.node === 'n_join')),
        edge('a', 'more'),
        edge('more', 'join'),
      ],
    };
    let begun = 0;
    const { lab, engine } = await open(t, longer, slow, () => (begun += 1));
    const before = lab.clock.monotonic();
    assert.deepEqual(dataOf(await engine.call({})), { n_b: 1 });
    assert.ok(lab.clock.monotonic() - before < 1_000);
    assert.equal((ended as AppError).code, 'BRANCH_LOST');
    assert.equal(begun, 1);
  });

  test('where all fail, the join fails with the causes', async (t) => {
    const { engine } = await open(t, branches('first-success'), refuses('A_FAILED'), refuses('B_FAILED'));
    const result = await engine.call({});
    assert.ok(result.outcome === 'failed' && result.error.code === 'JOIN_ALL_FAILED' && result.error.kind === 'input');
    assert.deepEqual(
      result.error.issues?.map(({ code, node: at }) => [code, at]),
      [
        ['A_FAILED', 'n_a'],
        ['B_FAILED', 'n_b'],
      ],
    );
    assert.equal(result.error.fault, undefined);
    const [a, b] = [refuses('DATABASE_LOGIN_REFUSED'), refuses('SECRET_MISSING')];
    const inside = await (await open(t, branches('first-success'), a, b)).engine.call({});
    assert.ok(inside.outcome === 'failed' && inside.error.fault === 'receiver');
    const down = await open(t, branches('first-success'), refuses('A_DOWN', 'transient'), refuses('B_DOWN', 'transient'));
    const unavailable = await down.engine.call({});
    assert.ok(unavailable.outcome === 'failed' && unavailable.error.kind === 'transient');
  });

  test('a pause between attempts of the slow branch holds nobody up', async (t) => {
    const retry = { on: ['transient' as const], max: 9, baseMs: 3_000, factor: 1, capMs: 3_000 };
    let tries = 0;
    const failing: Deed = () => {
      tries += 1;
      throw transient();
    };
    const document = branches('first-success', node('a', 'test.a', {}, { handling: { retry } }));
    const { lab, engine } = await open(t, document, failing, () => Promise.resolve(2));
    assert.deepEqual(dataOf(await engine.call({})), { n_b: 2 });
    await lab.pass(20_000);
    assert.equal(tries, 1);
  });

  for (const store of ['memory', 'embedded'] as const) {
    test(`a late write of the slow branch is kept, and no kill sends it twice, on the ${store} store`, async (t) => {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      let writes = 0;
      const write: Deed = (ctx) => {
        ctx.beforeFirstByte();
        writes += 1;
        return promise;
      };
      const document = { ...branches('first-success'), mode: 'durable' as const };
      const read: Deed = async () => {
        await lab.until(() => writes === 1);
        return 1;
      };
      const { lab, engine } = await open(t, document, read, write, store, 'write');
      const executionId = await engine.take({});
      await lab.until(() => writes === 1);
      resolve({ no: 7 });
      await lab.untilStatus(executionId, 'completed');
      const details = (await engine.catalog.get(executionId, { payload: true }))!;
      assert.deepEqual(details.steps.find((step) => step.node === 'n_b')?.status, 'completed');
      assert.equal(writes, 1);
    });

    test(`killed with a losing write under way: it is held as unknown, and nothing sends it by itself, on the ${store} store`, async (t) => {
      let writes = 0;
      const write: Deed = (ctx) => {
        ctx.beforeFirstByte();
        writes += 1;
        return new Promise(() => undefined);
      };
      const document = { ...branches('first-success'), mode: 'durable' as const };
      const { lab, engine } = await open(t, document, () => lab0.until(() => writes === 1).then(() => 1), write, store, 'write');
      const lab0 = lab;
      const executionId = await engine.take({});
      await lab.until(() => writes === 1);
      await lab.pass(100);
      engine.kill();
      const next = await lab.start();
      const held = await lab.untilStatus(executionId, 'held');
      assert.equal(held.held?.outcomeKnown, false);
      assert.equal(writes, 1, 'nothing sends it by itself');
      await next.catalog.cancel(executionId, 'somebody', 'asked');
      await lab.untilStatus(executionId, 'cancelled');
    });
  }
});

describe('the first that ends', () => {
  test('may have failed, with or without an edge from its error port', async (t) => {
    const plain = branches('first-end');
    const withEdge = { ...plain, edges: [...plain.edges, edge('a.error', 'join')] };
    for (const document of [plain, withEdge]) {
      const { engine } = await open(t, document, refuses('A_FAILED'), silent);
      const data = dataOf(await engine.call({})) as { n_a: { error: { code: string } } };
      assert.equal(data.n_a.error.code, 'A_FAILED');
    }
  });
});

test('major 1 goes on with a failed branch as before', async (t) => {
  const document = twoBranches(node('a', 'test.a'), node('b', 'test.b'), 'any', 8_000);
  const withEdge = { ...document, edges: [...document.edges, edge('a.error', 'join')] };
  const { engine } = await open(t, withEdge, refuses('A_FAILED'), () => Promise.resolve(2));
  assert.deepEqual(Object.keys(dataOf(await engine.call({})) as object), ['n_a']);
});
