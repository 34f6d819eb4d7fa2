/** When the caller of a sync flow gets its reply, and what it gets if something fails after or in parallel to the reply. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import type { FlowResult } from '../../../engine/contract/node/run-flow.ts';
import type { Message } from '../../../engine/contract/values/message.ts';
import { openLab, type Lab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, silent, testAction, transient, twoBranches, type Deed } from '../../support/model-flows.ts';

const body = { patient: 'P1' };

/** write -> reply -> what is done behind it. */
const behindReply = flowOf(
  [node('in', 'test.in'), node('book', 'test.write'), node('reply', 'control.reply', { status: 201 }), node('after', 'test.read')],
  [edge('in.out', 'book'), edge('book', 'reply'), edge('reply.out', 'after')],
  { mode: 'sync', deadlineMs: 5_000 },
);

function booking(deeds: { books: number; notes: number; after: Deed }) {
  const write: Deed = (ctx) => {
    ctx.beforeFirstByte();
    return { no: ++deeds.books };
  };
  const note: Deed = (ctx, message, name) => {
    const done = deeds.after(ctx, message, name);
    deeds.notes += 1;
    return done;
  };
  return [testAction('test.write', 'write', write), testAction('test.read', 'read', note)];
}

function assertBooked(result: FlowResult, isRepeated: boolean): void {
  assert.ok(result.outcome === 'replied', JSON.stringify(result));
  assert.deepEqual([result.reply.status, result.repeated], [201, isRepeated]);
}

for (const store of ['memory', 'embedded'] as const) {
  describe(`behind the reply, on the ${store} store`, () => {
    test('a node that takes its time keeps nobody waiting, and the same key gets the answer meanwhile', async (t) => {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      const deeds = { books: 0, notes: 0, after: (() => promise) as Deed };
      const lab = await openLab(behindReply, booking(deeds), store);
      t.after(() => lab.close());
      const engine = await lab.start();
      const first = await engine.call(body, { key: 'k' });
      assertBooked(first, false);
      assertBooked(await engine.call(body, { key: 'k' }), true);
      resolve({});
      await lab.untilStatus(first.executionId, 'completed');
      assertBooked(await engine.call(body, { key: 'k' }), true);
      assert.equal(deeds.books, 1);
    });

    test('a node that fails, or outlasts the deadline, fails the execution and not the answer', async (t) => {
      for (const after of [
        (() => {
          throw new AppError('NOTE_REFUSED', 'input', 'The note was refused.');
        }) as Deed,
        silent,
      ]) {
        const deeds = { books: 0, notes: 0, after };
        const lab = await openLab(behindReply, booking(deeds), store);
        t.after(() => lab.close());
        const engine = await lab.start();
        const first = await engine.call(body, { key: 'k', deadlineMs: lab.clock.now() + (store === 'memory' ? 60_000 : 300) });
        assertBooked(first, false);
        await lab.untilStatus(first.executionId, 'failed');
        assertBooked(await engine.call(body, { key: 'k' }), true);
        assert.equal(deeds.books, 1);
      }
    });

    test('killed with a write still to do: the answer stands, and the write is done once by whoever goes on', async (t) => {
      const document = flowOf(
        [node('in', 'test.in'), node('reply', 'control.reply', { status: 201 }), node('ask', 'test.read'), node('note', 'test.note')],
        [edge('in.out', 'reply'), edge('reply.out', 'ask'), edge('ask', 'note')],
        { mode: 'sync', deadlineMs: 5_000 },
      );
      const asks: Deed[] = [() => new Promise(() => undefined)];
      const ask: Deed = (ctx, message, name) => asks.shift()?.(ctx, message, name) ?? message.data;
      let notes = 0;
      const write: Deed = (ctx) => {
        ctx.beforeFirstByte();
        return { no: ++notes };
      };
      const lab = await openLab(document, [testAction('test.read', 'read', ask), testAction('test.note', 'write', write)], store);
      t.after(() => lab.close());
      const engine = await lab.start();
      const first = await engine.call(body, { key: 'k' });
      assertBooked(first, false);
      engine.kill();
      const next = await lab.start();
      await lab.untilStatus(first.executionId, 'completed');
      assertBooked(await next.call(body, { key: 'k' }), true);
      assert.equal(notes, 1);
    });

    test('killed after the write: the same key gets the answer that was given, and never writes again', async (t) => {
      const deeds = { books: 0, notes: 0, after: (() => new Promise(() => undefined)) as Deed };
      const lab = await openLab(behindReply, booking(deeds), store);
      t.after(() => lab.close());
      const engine = await lab.start();
      const first = await engine.call(body, { key: 'k' });
      assertBooked(first, false);
      engine.kill();
      const next = await lab.start();
      assertBooked(await next.call(body, { key: 'k' }), true);
      await lab.untilStatus(first.executionId, 'held');
      assertBooked(await next.call(body, { key: 'k' }), true);
      assert.equal(deeds.books, 1);
    });
  });
}

test('a store that cannot keep the answer delays it to the end, and nothing is written twice', async (t) => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const deeds = { books: 0, notes: 0, after: (() => promise) as Deed };
  const lab = await openLab(behindReply, booking(deeds));
  t.after(() => lab.close());
  const engine = await lab.start();
  const write = engine.call(body, { key: 'k' });
  await lab.until(() => deeds.books === 1);
  lab.isDown = true;
  await lab.until(() => deeds.notes === 1);
  lab.isDown = false;
  resolve({});
  assertBooked(await write, false);
  assert.equal(deeds.books, 1);
});

test('a join that waits for one branch answers when it has come, not when the last one has', async (t) => {
  const document = twoBranches(node('a', 'test.quick'), node('b', 'test.slow'), 'any', 5_000);

  const { promise, resolve } = Promise.withResolvers<unknown>();
  const lab = await openLab(document, [testAction('test.quick', 'read', () => 1), testAction('test.slow', 'read', () => promise)]);
  t.after(() => lab.close());
  const engine = await lab.start();
  assertBooked(await engine.call(body), false);
  resolve(2);
});

test('when one branch has ended the flow, another one’s retry sends nothing any more', async (t) => {
  const retry = { on: ['transient'], max: 3, baseMs: 3_000, factor: 1, capMs: 3_000 } satisfies NonNullable<FlowNode['handling']>['retry'];
  const document = twoBranches(node('a', 'test.write', {}, { handling: { retry } }), node('b', 'test.read'), 'all', 60_000);

  let tries = 0;
  const write: Deed = () => {
    tries += 1;
    throw transient();
  };
  const read: Deed = async () => {
    await lab.until(() => tries === 1);
    throw new AppError('NO_SUCH_PATIENT', 'input', 'There is no such patient.');
  };
  const lab: Lab = await openLab(document, [testAction('test.write', 'write', write), testAction('test.read', 'read', read)]);
  t.after(() => lab.close());
  const engine = await lab.start();
  const begun = lab.clock.monotonic();
  const result = await engine.call(body, { key: 'k' });
  assert.ok(result.outcome === 'failed' && result.error.code === 'NO_SUCH_PATIENT');
  assert.ok(lab.clock.monotonic() - begun < 1_000, 'told at once, not after the pause');
  await lab.pass(30_000);
  assert.equal(tries, 1);
});

test('the key of a write that nobody knows of says so, also when a person has cancelled the execution', async (t) => {
  const document = flowOf(
    [node('in', 'test.in'), node('book', 'test.write'), node('reply', 'control.reply')],
    [edge('in.out', 'book'), edge('book', 'reply')],
    { mode: 'sync', deadlineMs: 5_000 },
  );
  let writes = 0;
  const write: Deed = (ctx, message, name) => {
    ctx.beforeFirstByte();
    writes += 1;
    return silent(ctx, message, name);
  };
  const lab = await openLab(document, [testAction('test.write', 'write', write)]);
  t.after(() => lab.close());
  const engine = await lab.start();
  let result: FlowResult | undefined;
  void engine.call(body, { key: 'k' }).then((end) => (result = end));
  const { outcome, executionId } = await lab.until(() => result);
  assert.equal(outcome, 'unknown');
  await engine.catalog.cancel(executionId, 'somebody', 'asked the hospital');
  await lab.untilStatus(executionId, 'cancelled');
  assert.equal((await engine.call(body, { key: 'k' })).outcome, 'unknown');
  assert.equal((await engine.catalog.get(executionId, { payload: false }))!.isUnknown, true);
  const resend = { actor: 'somebody', seen: 'cancelled', edit: (message: Message) => message, requestId: 'r1' } as const;
  await assert.rejects(engine.catalog.resend(executionId, { ...resend, acceptUnknown: false }), { code: 'RESEND_OUTCOME_UNKNOWN' });
  assert.equal(writes, 1);
});
