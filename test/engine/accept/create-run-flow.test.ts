// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { FlowResult } from '../../../engine/contract/node/run-flow.ts';
import { openLab, type Lab, type LabEngine, type LabStore } from '../../support/engine-lab.ts';
import { edge, flowOf, node, silent, testAction, transient, twoBranches, type Deed } from '../../support/model-flows.ts';

/** read -> write -> reply; what the two do is the test's. */
const booking = flowOf(
  [node('in', 'test.in'), node('read', 'test.read'), node('book', 'test.write'), node('reply', 'control.reply', { status: 201 })],
  [edge('in.out', 'read'), edge('read', 'book'), edge('book', 'reply')],
  { mode: 'sync', deadlineMs: 8_000 },
);

interface Hospital {
  readonly keys: string[];
  /** What the next bookings do after they were counted; by default they answer. */
  readonly next: Deed[];
  readonly reads: Deed[];
}

async function openBooking(
  t: TestContext,
  store: LabStore,
  effect: 'write' | 'idempotent-write' = 'write',
  flow = booking,
): Promise<{ lab: Lab; engine: LabEngine; hospital: Hospital }> {
  const hospital: Hospital = { keys: [], next: [], reads: [] };
  const write: Deed = (ctx, message, name) => {
    const deed = hospital.next.shift();
    if (deed && deed.name === 'before') return deed(ctx, message, name);
    ctx.beforeFirstByte();
    hospital.keys.push(ctx.idempotencyKey);
    return deed ? deed(ctx, message, name) : { no: hospital.keys.length };
  };
  const read: Deed = (ctx, message, name) => hospital.reads.shift()?.(ctx, message, name) ?? message.data;
  const lab = await openLab(flow, [testAction('test.read', 'read', read), testAction('test.write', effect, write)], store);
  t.after(() => lab.close());
  return { lab, engine: await lab.start(), hospital };
}

const body = { patient: 'P1' };

/** Fails before anything is sent. */
function failing(error: AppError): Deed {
  return function before() {
    throw error;
  };
}

for (const store of ['memory', 'embedded'] as const) {
  describe(`a sync flow with a write, on the ${store} store`, () => {
    for (const effect of ['write', 'idempotent-write'] as const) {
      test(`gives the stored answer to the same key, and refuses another content under it (${effect})`, async (t) => {
        const { engine, hospital } = await openBooking(t, store, effect);
        const first = await engine.call(body, { key: 'k' });
        assert.ok(first.outcome === 'replied' && !first.repeated && first.reply.status === 201);
        const again = await engine.call(body, { key: 'k' });
        assert.ok(again.outcome === 'replied' && again.repeated);
        assert.deepEqual(again.reply.message.data, first.reply.message.data);
        assert.equal((await engine.call({ patient: 'P2' }, { key: 'k' })).outcome, 'key-reused');
        assert.equal(hospital.keys.length, 1);
      });

      test(`answers "running" while it runs (${effect})`, async (t) => {
        const { lab, engine, hospital } = await openBooking(t, store, effect);
        const { promise, resolve } = Promise.withResolvers<unknown>();
        hospital.next.push(() => promise);
        const first = engine.call(body, { key: 'k' });
        await lab.until(() => hospital.keys.length === 1);
        assert.equal((await engine.call(body, { key: 'k' })).outcome, 'running');
        resolve({ no: 1 });
        assert.equal((await first).outcome, 'replied');
      });
    }

    test('an idempotent write killed while it runs is done again with the same key, and its caller gets that answer', async (t) => {
      const recordsNothing: FlowDocument = { ...booking, recording: { level: 'none', retainDays: 1 } };
      const { lab, engine, hospital } = await openBooking(t, store, 'idempotent-write', recordsNothing);
      hospital.next.push(() => new Promise(() => undefined));
      void engine.call(body, { key: 'k' });
      await lab.until(() => hospital.keys.length === 1);
      engine.kill();
      const next = await lab.start();
      const answer = await lab.until(async () => {
        const result = await next.call(body, { key: 'k' });
        return result.outcome !== 'running' && result;
      });
      assert.ok(answer.outcome === 'replied' && answer.repeated);
      assert.deepEqual(answer.reply.message.data, { no: 2 });
      assert.equal(hospital.keys[0], hospital.keys[1]);
    });

    test('an idempotent write without a key is repeated at will', async (t) => {
      const { engine, hospital } = await openBooking(t, store, 'idempotent-write');
      for (let i = 0; i < 2; i++) assert.equal((await engine.call(body)).outcome, 'replied');
      assert.equal(hospital.keys.length, 2);
    });

    test('never gives one citizen the answer of another, nor of one whom another issuer calls by the same name', async (t) => {
      const { engine, hospital } = await openBooking(t, store);
      const citizens = [
        { issuer: 'https://city.example', subject: '42' },
        { issuer: 'https://district.example', subject: '42' },
        { issuer: 'https://city.example', subject: '43' },
      ];
      for (const user of citizens) {
        const result = await engine.call(body, { key: 'k', user });
        assert.ok(result.outcome === 'replied' && !result.repeated);
      }
      assert.equal(new Set(hospital.keys).size, 3);
    });

    test('makes one booking of fifty calls at once', async (t) => {
      const { engine, hospital } = await openBooking(t, store);
      const results = await Promise.all(Array.from({ length: 50 }, () => engine.call(body, { key: 'k' })));
      assert.equal(hospital.keys.length, 1);
      for (const { outcome } of results) assert.ok(outcome === 'replied' || outcome === 'running', outcome);
      assert.ok(results.some(({ outcome }) => outcome === 'replied'));
    });

    test('killed after the write left, is held; its key answers "unknown"; a person’s retry sends the same key and answers the caller', async (t) => {
      const { lab, engine, hospital } = await openBooking(t, store);
      hospital.next.push(() => new Promise(() => undefined));
      void engine.call(body, { key: 'k' });
      await lab.until(() => hospital.keys.length === 1);
      engine.kill();
      const next = await lab.start();
      const unknown = await lab.until(async () => {
        const result = await next.call(body, { key: 'k' });
        return result.outcome !== 'running' && result;
      });
      assert.equal(unknown.outcome, 'unknown');
      const held = (await next.catalog.get(unknown.executionId, { payload: true }))!;
      const { at, ...why } = held.held!;
      assert.deepEqual(why, { node: 'n_book', reason: 'OUTCOME_UNKNOWN', outcomeKnown: false });
      assert.ok(at >= held.acceptedAt);
      assert.deepEqual(
        held.intents.map(({ node, key }) => [node, key]),
        [['n_book', hospital.keys[0]]],
      );
      assert.ok(held.steps.some((step) => step.node === 'n_read' && step.status === 'completed'));
      assert.deepEqual(held.outputs!['n_read']!['ok']![0]!.data, body);
      await next.catalog.retry(unknown.executionId, 'somebody');
      await lab.untilStatus(unknown.executionId, 'completed');
      assert.deepEqual(hospital.keys, [hospital.keys[0], hospital.keys[0]]);
      const answer = await next.call(body, { key: 'k' });
      assert.ok(answer.outcome === 'replied' && answer.repeated);
    });
  });
}

describe('a sync flow with a write', () => {
  test('is refused before its write while the store is down, and the key stays free', async (t) => {
    const { lab, engine, hospital } = await openBooking(t, 'memory');
    hospital.reads.push((_ctx, message) => {
      lab.isDown = true;
      return message.data;
    });
    const refused = await engine.call(body, { key: 'k' });
    assert.ok(refused.outcome === 'failed' && refused.error.code === 'STORE_DOWN' && refused.error.kind === 'transient');
    assert.equal(hospital.keys.length, 0);
    lab.isDown = false;
    assert.equal((await engine.call(body, { key: 'k' })).outcome, 'replied');
  });

  test('releases its key after a transient failure of the write that sent nothing', async (t) => {
    const { engine, hospital } = await openBooking(t, 'memory');
    hospital.next.push(failing(transient()));
    const failed = await engine.call(body, { key: 'k' });
    assert.ok(failed.outcome === 'failed' && failed.error.kind === 'transient');
    assert.equal((await engine.call(body, { key: 'k' })).outcome, 'replied');
    assert.equal(hospital.keys.length, 1);
  });

  test('does not bind its key to a failure before the write', async (t) => {
    const { engine, hospital } = await openBooking(t, 'memory');
    for (const kind of ['transient', 'input'] as const) {
      hospital.reads.push(() => {
        throw new AppError('READ_FAILED', kind, 'The read failed.');
      });
      assert.equal((await engine.call(body, { key: 'k' })).outcome, 'failed');
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await engine.call(body, { key: 'k' })).outcome, 'replied');
  });

  for (const effect of ['write', 'idempotent-write'] as const) {
    test(`keeps a refusal by the other side as its answer (${effect})`, async (t) => {
      const { engine, hospital } = await openBooking(t, 'memory', effect);
      hospital.next.push(() => {
        throw new AppError('HOSPITAL_REFUSED', 'input', 'There is no such department.');
      });
      const codes = [await engine.call(body, { key: 'k' }), await engine.call(body, { key: 'k' })].map(
        (result: FlowResult) => result.outcome === 'failed' && result.error.code,
      );
      assert.deepEqual(codes, ['HOSPITAL_REFUSED', 'HOSPITAL_REFUSED']);
      assert.equal(hospital.keys.length, 1);
    });
  }

  test('answers "unknown" at its deadline when the write was sent, and never sends it again by itself', async (t) => {
    const { lab, engine, hospital } = await openBooking(t, 'memory');
    hospital.next.push(silent);
    let result: FlowResult | undefined;
    void engine.call(body, { key: 'k' }).then((end) => (result = end));
    await lab.until(() => result);
    assert.equal(result!.outcome, 'unknown');
    await lab.pass(120_000);
    assert.equal((await engine.call(body, { key: 'k' })).outcome, 'unknown');
    assert.equal(hospital.keys.length, 1);
  });

  test('goes on when its caller leaves after the write was announced, ends when it leaves before', async (t) => {
    const { lab, engine, hospital } = await openBooking(t, 'memory');
    const { promise, resolve } = Promise.withResolvers<unknown>();
    hospital.next.push(() => promise);
    const leaving = new AbortController();
    const first = engine.call(body, { key: 'k', signal: leaving.signal });
    await lab.until(() => hospital.keys.length === 1);
    leaving.abort();
    resolve({ no: 7 });
    await first;
    const again = await engine.call(body, { key: 'k' });
    assert.ok(again.outcome === 'replied' && again.repeated);
    hospital.reads.push(silent);
    const early = new AbortController();
    const second = engine.call(body, { key: 'other', signal: early.signal });
    early.abort();
    const left = await second;
    assert.ok(left.outcome === 'failed' && left.error.code === 'CALLER_LEFT');
    const gone = await engine.call(body, { key: 'third', signal: early.signal });
    assert.ok(gone.outcome === 'failed' && gone.error.code === 'CALLER_LEFT');
    assert.equal(hospital.keys.length, 1);
  });

  test('frees its key after a day', async (t) => {
    const { lab, engine, hospital } = await openBooking(t, 'memory');
    await engine.call(body, { key: 'k' });
    lab.shiftWall(86_400_001);
    const again = await engine.call(body, { key: 'k' });
    assert.ok(again.outcome === 'replied' && !again.repeated);
    assert.equal(hospital.keys.length, 2);
  });

  test('retried by a person and refused by a hospital that is down, waits for a person again', async (t) => {
    const { lab, engine, hospital } = await openBooking(t, 'memory');
    hospital.next.push(silent, failing(transient()));
    let result: FlowResult | undefined;
    void engine.call(body, { key: 'k' }).then((end) => (result = end));
    const { executionId } = await lab.until(() => result);
    await engine.catalog.retry(executionId, 'somebody');
    await lab.until(() => hospital.next.length === 0);
    await lab.untilStatus(executionId, 'held');
    await engine.catalog.retry(executionId, 'somebody');
    await lab.untilStatus(executionId, 'completed');
    const again = await engine.call(body, { key: 'k' });
    assert.ok(again.outcome === 'replied' && again.repeated);
  });
});

const twoWrites = flowOf(
  [node('in', 'test.in'), node('a', 'test.write', { name: 'a' }), node('b', 'test.write', { name: 'b' }), node('reply', 'control.reply')],
  [edge('in.out', 'a'), edge('a', 'b'), edge('b', 'reply')],
  { mode: 'sync', deadlineMs: 8_000 },
);

async function openTwoWrites(t: TestContext): Promise<{ lab: Lab; engine: LabEngine; sent: string[] }> {
  const sent: string[] = [];
  const write: Deed = (ctx, _message, name) => {
    ctx.beforeFirstByte();
    sent.push(name);
    if (sent.length === 1) lab.isDown = true;
    return name;
  };
  const lab = await openLab(twoWrites, [testAction('test.write', 'write', write)]);
  t.after(() => lab.close());
  return { lab, engine: await lab.start(), sent };
}

test('a store that goes away for a moment between two writes delays the second', async (t) => {
  const { lab, engine, sent } = await openTwoWrites(t);
  let result: FlowResult | undefined;
  void engine.call(body, { key: 'k' }).then((end) => (result = end));
  await lab.until(() => sent.length === 1);
  await lab.pass(600);
  lab.isDown = false;
  assert.equal((await lab.until(() => result)).outcome, 'replied');
  assert.deepEqual(sent, ['a', 'b']);
});

test('a store that stays away between two writes leaves "unknown", not "nothing was done", and shows what was done', async (t) => {
  const { lab, engine, sent } = await openTwoWrites(t);
  let result: FlowResult | undefined;
  void engine.call(body, { key: 'k' }).then((end) => (result = end));
  const { outcome, executionId } = await lab.until(() => result);
  assert.equal(outcome, 'unknown');
  lab.isDown = false;
  const settled = await lab.until(async () => {
    const again = await engine.call(body, { key: 'k' });
    return again.outcome !== 'running' && again;
  });
  assert.equal(settled.outcome, 'unknown');
  assert.deepEqual(sent, ['a']);
  const late = (await engine.catalog.get(executionId, { payload: false }))!.lateOutcomes;
  assert.deepEqual(
    late.map(({ node }) => node),
    ['n_a'],
  );
});

test('a store that fails at the end holds up no caller; the answer is stored once it is back', async (t) => {
  const { lab, engine, hospital } = await openBooking(t, 'memory');
  hospital.next.push(() => {
    lab.isDown = true;
    return { no: 7 };
  });
  const first = await engine.call(body, { key: 'k' });
  assert.equal(first.outcome, 'replied');
  await lab.pass(20_000);
  lab.isDown = false;
  assert.equal((await engine.call(body, { key: 'k' })).outcome, 'running', 'its end is not stored yet, and nobody else takes it');
  await lab.untilStatus(first.executionId, 'completed');
  const again = await engine.call(body, { key: 'k' });
  assert.ok(again.outcome === 'replied' && again.repeated);
  assert.equal(hospital.keys.length, 1);
});

test('a write of unknown outcome outweighs the failure of another branch', async (t) => {
  const document = twoBranches(node('a', 'test.write', { name: 'a' }), node('b', 'test.read'), 'all', 5_000);
  let writes = 0;
  const write: Deed = (ctx, message, name) => {
    ctx.beforeFirstByte();
    writes += 1;
    return silent(ctx, message, name);
  };
  const read: Deed = async () => {
    await lab.until(() => writes > 0);
    throw transient();
  };
  const lab = await openLab(document, [testAction('test.write', 'write', write), testAction('test.read', 'read', read)]);
  t.after(() => lab.close());
  const engine = await lab.start();
  let result: FlowResult | undefined;
  void engine.call(body, { key: 'k' }).then((end) => (result = end));
  await lab.until(() => result);
  assert.equal(result!.outcome, 'unknown');
  assert.equal((await engine.call(body, { key: 'k' })).outcome, 'unknown');
  assert.equal(writes, 1);
});

test('a write whose first intent may have been kept by a store that failed is not sent, keeps no key and is never held', async (t) => {
  const { lab, engine, hospital } = await openBooking(t, 'memory');
  lab.losesAnswers = true;
  const refused = await engine.call(body, { key: 'k' });
  assert.ok(refused.outcome === 'failed' && refused.error.code === 'STORE_DOWN');
  lab.losesAnswers = false;
  assert.deepEqual(hospital.keys, []);
  await lab.pass(30_000);
  assert.equal(await lab.executions.count({}), 0, 'it was taken back');
  const again = await engine.call(body, { key: 'k' });
  assert.deepEqual([again.outcome, hospital.keys.length], ['replied', 1]);
});
