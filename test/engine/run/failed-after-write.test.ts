/** A flow fails after a completed write: it is held, its caller learns that the write was done, and nothing is done twice. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { createMessage, type Message } from '../../../engine/contract/values/message.ts';
import type { FlowResult } from '../../../engine/contract/node/run-flow.ts';
import { openLab, type Lab, type LabEngine, type LabStore } from '../../support/engine-lab.ts';
import { edge, flowOf, node, silent, testAction, transient, twoBranches, type Deed } from '../../support/model-flows.ts';

const body = { patient: 'P1' };
const sync = { mode: 'sync', deadlineMs: 8_000 } as const;
const fails = (kind: 'input' | 'bug' | 'transient', code = 'REPLY_WRONG'): Deed => {
  return () => {
    throw new AppError(code, kind, 'The answer lacks a field.');
  };
};
const input = fails('input');

/** write -> what fails -> reply */
const booking = flowOf(
  [node('in', 'test.in'), node('book', 'test.write'), node('later', 'test.later'), node('reply', 'control.reply', { status: 201 })],
  [edge('in.out', 'book'), edge('book', 'later'), edge('later', 'reply')],
  sync,
);

interface World {
  readonly lab: Lab;
  readonly engine: LabEngine;
  /** Outward keys in their order. */
  readonly sent: string[];
}

interface Deeds {
  readonly write?: Deed;
  readonly later?: Deed;
}

async function open(
  t: TestContext,
  document: FlowDocument,
  { write, later = input }: Deeds = {},
  store: LabStore = 'memory',
  effect: 'write' | 'idempotent-write' = 'write',
): Promise<World> {
  const sent: string[] = [];
  const counted: Deed = (ctx, message, name) => {
    ctx.beforeFirstByte();
    sent.push(ctx.idempotencyKey);
    return write ? write(ctx, message, name) : { no: sent.length };
  };
  const nodes = [
    testAction('test.write', effect, counted),
    testAction('test.read', 'read', (ctx, message, name) => later(ctx, message, name)),
    testAction('test.later', 'pure', (ctx, message, name) => later(ctx, message, name)),
  ];
  const lab = await openLab(document, nodes, store);
  t.after(() => lab.close());
  return { lab, engine: await lab.start(), sent };
}

async function held({ lab }: Pick<World, 'lab'>, executionId: string) {
  const { held: why, hasWritten, error } = await lab.untilStatus(executionId, 'held');
  return { node: why!.node, reason: why!.reason, outcomeKnown: why!.outcomeKnown, hasWritten, cause: error?.code };
}

for (const store of ['memory', 'embedded'] as const) {
  describe(`a flow that fails after a write was done, on the ${store} store`, () => {
    test('is held with its outcome known, and its key says "done" without writing again', async (t) => {
      const world = await open(t, booking, {}, store);
      const { engine, sent } = world;
      const first = await engine.call(body, { key: 'k' });
      assert.equal(first.outcome, 'done');
      assert.deepEqual(await held(world, first.executionId), {
        ...{ node: 'n_later', reason: 'FAILED_AFTER_WRITE', outcomeKnown: true, hasWritten: true, cause: 'REPLY_WRONG' },
      });
      const again = await engine.call(body, { key: 'k' });
      assert.deepEqual([again.outcome, again.executionId], ['done', first.executionId]);
      assert.equal(sent.length, 1);
    });

    test('shows what was done with its outward keys', async (t) => {
      const { engine, sent } = await open(t, booking, {}, store);
      const { executionId } = await engine.call(body, { key: 'k' });
      const details = (await engine.catalog.get(executionId, { payload: false }))!;
      assert.deepEqual(details.doneWrites, [{ node: 'n_book', scope: '', key: sent[0] }]);
      assert.equal(details.error?.code, 'REPLY_WRONG');
      assert.deepEqual(details.intents, [], 'nothing of it is open');
    });

    test('goes on where a person lets it: only what failed runs again, and the caller’s key gets the reply', async (t) => {
      const laters: Deed[] = [input];
      const later: Deed = (ctx, message, name) => laters.shift()?.(ctx, message, name) ?? message.data;
      const { lab, engine, sent } = await open(t, booking, { later }, store);
      const { executionId } = await engine.call(body, { key: 'k' });
      await engine.catalog.retry(executionId, 'somebody');
      await lab.untilStatus(executionId, 'completed');
      const again = await engine.call(body, { key: 'k' });
      assert.ok(again.outcome === 'replied' && again.repeated && again.reply.status === 201);
      assert.deepEqual(again.reply.message.data, { no: 1 });
      assert.equal(sent.length, 1);
    });
  });
}

const loop = flowOf(
  [
    node('in', 'test.in'),
    node('each', 'control.for-each', { items: { path: 'data.items' }, concurrency: 1 }),
    node('post', 'test.write'),
    node('reply', 'control.reply'),
  ],
  [edge('in.out', 'each'), edge('each.each', 'post'), edge('each.done', 'reply')],
  sync,
);

describe('whatever fails behind a write', () => {
  const kinds: readonly (readonly [string, FlowDocument, Deeds, ('write' | 'idempotent-write')?])[] = [
    ['a check', booking, { later: input }],
    ['a defect', booking, { later: fails('bug') }],
    ['a read that finds nobody', withRead(booking), { later: fails('transient') }],
    ['a read that outlasts the deadline', withRead(booking), { later: silent }],
    ['a flow without a reply', withoutReply(), { later: (_ctx, message) => message.data }],
    ['a write that may be done twice', booking, { later: input }, 'idempotent-write'],
    ['a second write that is refused', twoWrites(), { write: onCall(2, input) }],
  ];
  for (const [name, document, deeds, effect] of kinds) {
    test(`is held, not told as a wrong request: ${name}`, async (t) => {
      const world = await open(t, document, deeds, 'memory', effect);
      let first: Awaited<ReturnType<LabEngine['call']>> | undefined;
      void world.engine.call(body, { key: 'k' }).then((result) => (first = result));
      await world.lab.until(() => first);
      assert.equal(first!.outcome, 'done');
      assert.equal((await held(world, first!.executionId)).reason, 'FAILED_AFTER_WRITE');
      const before = world.sent.length;
      assert.equal((await world.engine.call(body, { key: 'k' })).outcome, 'done');
      assert.equal(world.sent.length, before);
    });
  }

  test('is held: the sixteenth of twenty items is refused; let go on, fifteen are kept and five are sent', async (t) => {
    const items = Array.from({ length: 20 }, (_, index) => index);
    const refused = onCall(16, input);
    const world = await open(t, loop, { write: refused });
    const first = await world.engine.call({ items }, { key: 'k' });
    assert.equal(first.outcome, 'done');
    const { doneWrites, intents } = (await world.engine.catalog.get(first.executionId, { payload: false }))!;
    assert.equal(doneWrites.length, 15);
    assert.deepEqual(intents, [], 'the refused one is not open');
    await world.engine.catalog.retry(first.executionId, 'somebody');
    await world.lab.untilStatus(first.executionId, 'completed');
    assert.equal(world.sent.length, 21);
    assert.equal(new Set(world.sent).size, 20);
    assert.equal(world.sent[15], world.sent[16], 'the refused one goes under its own key');
  });

  test('is held where the write of another branch ends only after the failure', async (t) => {
    const document = twoBranches(node('a', 'test.write'), node('b', 'test.read'), 'all', 8_000);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const world = await open(t, document, {
      write: () => promise,
      later: async () => {
        await world.lab.until(() => world.sent.length === 1);
        setImmediate(() => resolve({ no: 1 }));
        throw new AppError('REPLY_WRONG', 'input', 'Wrong.');
      },
    });
    const first = await world.engine.call(body, { key: 'k' });
    assert.equal(first.outcome, 'done');
  });

  test('is told as done, not as a wrong request, also after a person has cancelled it', async (t) => {
    const { lab, engine, sent } = await open(t, booking);
    const { executionId } = await engine.call(body, { key: 'k' });
    await engine.catalog.cancel(executionId, 'somebody', 'settled by phone');
    await lab.untilStatus(executionId, 'cancelled');
    assert.equal((await engine.call(body, { key: 'k' })).outcome, 'done');
    assert.equal((await engine.catalog.get(executionId, { payload: false }))!.isUnknown, false);
    assert.equal(sent.length, 1);
  });

  test('answers the caller’s key with what became of it where a person resent it', async (t) => {
    const laters: Deed[] = [input];
    const later: Deed = (ctx, message, name) => laters.shift()?.(ctx, message, name) ?? message.data;
    const { lab, engine } = await open(t, booking, { later });
    const { executionId } = await engine.call(body, { key: 'k' });
    await lab.untilStatus(executionId, 'held');
    const resend = {
      actor: 'somebody',
      seen: 'held',
      edit: (message: Message) => message,
      acceptUnknown: false,
      acceptDone: true,
    } as const;
    const resent = await engine.catalog.resend(executionId, resend);
    await lab.untilStatus(resent.executionId, 'completed');
    await lab.untilStatus(executionId, 'cancelled');
    const again = await engine.call(body, { key: 'k' });
    assert.ok(again.outcome === 'replied' && again.repeated);
    assert.deepEqual([again.executionId, again.reply.status], [resent.executionId, 201]);
  });

  for (const end of ['cancelled', 'completed'] as const)
    test(`is sent again only where a person says that it is to be done once more, also after it was ${end} by a person`, async (t) => {
      const { lab, engine, sent } = await open(t, booking);
      const { executionId } = await engine.call(body, { key: 'k' });
      await lab.untilStatus(executionId, 'held');
      if (end === 'cancelled') await engine.catalog.cancel(executionId, 'somebody', 'by phone');
      else await engine.catalog.conclude(executionId, { actor: 'somebody', reason: 'by phone', attempt: 1, wasDone: false });
      await lab.untilStatus(executionId, end);
      const resend = { actor: 'somebody', seen: end, edit: (message: Message) => message, acceptUnknown: false } as const;
      await assert.rejects(engine.catalog.resend(executionId, resend), { code: 'RESEND_ALREADY_WRITTEN' });
      assert.equal(sent.length, 1);
      const again = await engine.catalog.resend(executionId, { ...resend, acceptDone: true });
      await lab.untilStatus(again.executionId, 'held');
      assert.equal(sent.length, 2);
    });

  test('a durable flow stays held with its own cause, and shows what was done', async (t) => {
    const { lab, engine, sent } = await open(t, { ...booking, mode: 'durable' });
    const executionId = await engine.take(body);
    const { held: why, hasWritten } = await lab.untilStatus(executionId, 'held');
    assert.deepEqual([why!.reason, why!.outcomeKnown, hasWritten], ['REPLY_WRONG', true, true]);
    assert.deepEqual((await engine.catalog.get(executionId, { payload: false }))!.doneWrites, [
      { node: 'n_book', scope: '', key: sent[0] },
    ]);
  });
});

describe('what the flow itself settles, and what was not done, stays as it is', () => {
  test('a write that was refused is a wrong request', async (t) => {
    const { engine } = await open(t, booking, { write: input });
    const result = await engine.call(body, { key: 'k' });
    assert.ok(result.outcome === 'failed' && result.error.code === 'REPLY_WRONG');
  });

  test('a flow that only reads fails as before', async (t) => {
    const reads = flowOf(
      [node('in', 'test.in'), node('read', 'test.read'), node('reply', 'control.reply')],
      [edge('in.out', 'read'), edge('read', 'reply')],
      sync,
    );
    const { engine } = await open(t, reads);
    const result = await engine.call(body, { key: 'k' });
    assert.ok(result.outcome === 'failed' && result.error.kind === 'input');
  });

  test('an error port, and a node that goes on after its error, answer the caller', async (t) => {
    const caught = flowOf(
      [...booking.nodes, node('sorry', 'control.reply', { status: 409 })],
      [...booking.edges, edge('later.error', 'sorry')],
      sync,
    );
    const first = await (await open(t, caught)).engine.call(body);
    assert.ok(first.outcome === 'replied' && first.reply.status === 409);
    const goesOn = {
      ...booking,
      nodes: booking.nodes.map((one) => (one.id === 'n_later' ? { ...one, handling: { onError: 'continue' as const } } : one)),
    };
    const second = await (await open(t, goesOn)).engine.call(body);
    assert.ok(second.outcome === 'replied' && second.reply.status === 201);
  });

  test('a write that may be done twice frees the caller’s key where what comes behind it is down for a moment', async (t) => {
    const laters: Deed[] = [() => Promise.reject(transient())];
    const later: Deed = (ctx, message, name) => laters.shift()?.(ctx, message, name) ?? message.data;
    const { engine, sent } = await open(t, withRead(booking), { later }, 'memory', 'idempotent-write');
    const first = await engine.call(body, { key: 'k' });
    assert.ok(first.outcome === 'failed' && first.error.kind === 'transient');
    assert.equal((await engine.call(body, { key: 'k' })).outcome, 'replied');
    assert.equal(new Set(sent).size, 1, 'done again under the same outward key');
  });
});

function withRead(document: FlowDocument): FlowDocument {
  return { ...document, nodes: document.nodes.map((one) => (one.id === 'n_later' ? node('later', 'test.read') : one)) };
}

function withoutReply(): FlowDocument {
  return {
    ...booking,
    nodes: booking.nodes.filter(({ id }) => id !== 'n_reply'),
    edges: booking.edges.filter(({ to }) => to.node !== 'n_reply'),
  };
}

function twoWrites(): FlowDocument {
  return { ...booking, nodes: booking.nodes.map((one) => (one.id === 'n_later' ? node('later', 'test.write') : one)) };
}

/** The nth call does it; the others are answered. */
function onCall(nth: number, deed: Deed): Deed {
  let calls = 0;
  return (ctx, message, name) => ((calls += 1) === nth ? deed(ctx, message, name) : { no: calls });
}

describe('a person ends what was done', () => {
  const conclusion = { actor: 'somebody', reason: 'booked by phone', attempt: 1, wasDone: false };
  const given = { status: 201, headers: { 'x-no': '7' }, message: createMessage({ no: 7 }) };

  for (const store of ['memory', 'embedded'] as const) {
    test(`with a reply, on the ${store} store: it is stored, and every later call of the key gets it`, async (t) => {
      const { lab, engine, sent } = await open(t, booking, {}, store);
      const { executionId } = await engine.call(body, { key: 'k' });
      await engine.catalog.conclude(executionId, { ...conclusion, reply: given });
      await lab.untilStatus(executionId, 'completed');
      const again = await engine.call(body, { key: 'k' });
      assert.ok(again.outcome === 'replied' && again.repeated);
      assert.deepEqual([again.reply.status, again.reply.headers, again.reply.message.data], [201, { 'x-no': '7' }, { no: 7 }]);
      const details = (await engine.catalog.get(executionId, { payload: true }))!;
      assert.deepEqual([details.concluded?.by, details.reply?.message.data, details.doneWrites.length], ['somebody', { no: 7 }, 1]);
      assert.equal(sent.length, 1);
    });
  }

  test('without a reply: its key goes on saying "done"', async (t) => {
    const { lab, engine, sent } = await open(t, booking);
    const { executionId } = await engine.call(body, { key: 'k' });
    await engine.catalog.conclude(executionId, conclusion);
    await lab.untilStatus(executionId, 'completed');
    assert.deepEqual(await engine.call(body, { key: 'k' }), { outcome: 'done', executionId, isSettled: true });
    assert.equal(sent.length, 1);
  });

  test('a write of unknown outcome only where they say that it was done', async (t) => {
    const { lab, engine, sent } = await open(t, booking, { write: silent });
    let result: FlowResult | undefined;
    void engine.call(body, { key: 'k' }).then((end) => (result = end));
    const { outcome, executionId } = await lab.until(() => result);
    assert.equal(outcome, 'unknown');
    await assert.rejects(engine.catalog.conclude(executionId, conclusion), { code: 'EXECUTION_DONE_UNKNOWN' });
    await engine.catalog.conclude(executionId, { ...conclusion, wasDone: true, reply: given });
    await lab.untilStatus(executionId, 'completed');
    const again = await engine.call(body, { key: 'k' });
    assert.ok(again.outcome === 'replied' && again.repeated);
    assert.equal(sent.length, 1);
  });

  test('not what was refused, what went on since, or twice; nor gives a durable flow a reply', async (t) => {
    const { lab, engine } = await open(t, { ...booking, mode: 'durable' });
    const executionId = await engine.take(body);
    await lab.untilStatus(executionId, 'held');
    await assert.rejects(engine.catalog.conclude(executionId, { ...conclusion, reply: given }), { code: 'EXECUTION_REPLY_REFUSED' });
    await assert.rejects(engine.catalog.conclude(executionId, { ...conclusion, attempt: 2 }), { code: 'EXECUTION_NOT_HELD' });
    await engine.catalog.conclude(executionId, conclusion);
    await assert.rejects(engine.catalog.conclude(executionId, conclusion), { code: 'EXECUTION_NOT_HELD' });
    await assert.rejects(engine.catalog.retry(executionId, 'somebody'), { code: 'EXECUTION_NOT_HELD' });
    await lab.untilStatus(executionId, 'completed');
    const refused = await open(t, { ...booking, mode: 'durable' }, { write: input });
    const undone = await refused.engine.take(body);
    await refused.lab.untilStatus(undone, 'held');
    await assert.rejects(refused.engine.catalog.conclude(undone, conclusion), { code: 'EXECUTION_NOTHING_DONE' });
  });

  test('a retry and an end that come together: one of them wins, and nothing is written again', async (t) => {
    const { lab, engine, sent } = await open(t, booking);
    for (let round = 0; round < 20; round += 1) {
      const key = `k${round}`;
      const { executionId } = await engine.call(body, { key });
      const acts = [
        () => engine.catalog.retry(executionId, 'a'),
        () => engine.catalog.conclude(executionId, { ...conclusion, reply: given }),
      ];
      const results = await Promise.allSettled((round % 2 === 0 ? acts : acts.reverse()).map((act) => act()));
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
      await lab.until(async () => {
        const { status, held: why } = (await lab.executions.get(executionId))!;
        return status === 'completed' || (status === 'held' && why?.reason === 'FAILED_AFTER_WRITE');
      });
      assert.ok(['done', 'replied', 'running'].includes((await engine.call(body, { key })).outcome));
    }
    assert.equal(sent.length, 20);
  });
});
