import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openRevisionedDocuments } from '../../../storage/revisioned/open-revisioned-documents.ts';
import { PAST_REVISIONS } from '../../../storage/revisioned/revisioned-table.ts';
import { documentsConformance, visitsSpec } from '../../conformance/documents.ts';
import { createMemoryServer } from './memory-table.ts';
import { assertPatched } from '../../conformance/assert-patched.ts';

documentsConformance('rows with revisions', async (clock) => {
  const documents = openRevisionedDocuments({ driver: createMemoryServer().connect(), clock, logger: silentLogger });
  return { documents, close: () => documents.close() };
});

async function twoProcesses() {
  const server = createMemoryServer();
  const clock = fakeClock();
  const [ours, theirs] = await Promise.all(
    [1, 2].map(() => openRevisionedDocuments({ driver: server.connect(), clock, logger: silentLogger }).open(visitsSpec('visits'))),
  );
  return { server, clock, ours: ours!, theirs: theirs! };
}

describe('writes by revision', () => {
  it('claims what a list showed in one round trip, and settles it in another', async () => {
    const { server, ours, theirs } = await twoProcesses();
    await theirs.insert({ _id: 'a', open: true, bed: 0 });
    const [listed] = await ours.find({ open: true }, { limit: 10 });
    server.operations.length = 0;
    assert.equal((await ours.patchIf(listed!._id, { bed: 0 }, { set: { bed: 1 } })).outcome, 'patched');
    assert.equal((await ours.patchIf(listed!._id, { bed: 1 }, { unset: ['open'] })).outcome, 'patched');
    assert.deepEqual(server.operations, ['replace', 'replace']);
  });

  it('decides again on the stored document when another process changed it', async () => {
    const { ours, theirs } = await twoProcesses();
    await ours.insert({ _id: 'a', bed: 0 });
    await theirs.patchIf('a', { bed: 0 }, { set: { bed: 1, ward: 'w' } });
    assert.deepEqual(await ours.patchIf('a', { bed: 0 }, { set: { bed: 9 } }), { outcome: 'no-match' });
    await theirs.patchIf('a', {}, { set: { bed: 2 } });
    assertPatched(await ours.patchIf('a', { bed: 2 }, { inc: { bed: 1 } }), { _id: 'a', bed: 3, ward: 'w' });
  });

  it('never takes a new document under an old id for the one it knew', async () => {
    const { ours, theirs } = await twoProcesses();
    await ours.insert({ _id: 'a', bed: 1 });
    await theirs.remove('a');
    await theirs.insert({ _id: 'a', bed: 1, ward: 'new' });
    const result = await ours.patchIf('a', { bed: 1 }, { set: { note: 'n' } });
    assertPatched(result, { _id: 'a', bed: 1, ward: 'new', note: 'n' });
  });

  it('lets nobody change what others are given', async () => {
    const { ours } = await twoProcesses();
    await ours.insert({ _id: 'a', legs: { m: { status: 'x' } } });
    const document = (await ours.get('a')) as unknown as { legs: Record<string, { status: string }> };
    assert.throws(() => (document.legs['m']!.status = 'y'), TypeError);
  });

  it('loses none of 2,000 increments of two processes', async () => {
    const { ours, theirs } = await twoProcesses();
    await ours.insert({ _id: 'a', bed: 0 });
    await Promise.all(Array.from({ length: 2000 }, (_, i) => (i % 2 ? ours : theirs).patchIf('a', {}, { inc: { bed: 1 } })));
    assert.equal((await ours.get('a'))?.bed, 2000);
  });
});

describe('a lost answer', () => {
  for (const isDone of [true, false]) {
    const title = isDone ? 'was done' : 'was not done';

    it(`adds once when the increment ${title}`, async () => {
      const { server, ours } = await twoProcesses();
      await ours.insert({ _id: 'a', bed: 0 });
      server.loseNextAnswer(isDone);
      assertPatched(await ours.patchIf('a', {}, { inc: { bed: 1 } }), { _id: 'a', bed: 1 });
      assert.equal((await ours.get('a'))?.bed, 1);
    });

    it(`inserts once when the insert ${title}`, async () => {
      const { server, ours } = await twoProcesses();
      server.loseNextAnswer(isDone);
      assert.deepEqual(await ours.insert({ _id: 'a', card: '1' }), { inserted: true });
      assert.deepEqual(await ours.insert({ _id: 'b', card: '1' }), { inserted: false, duplicateOf: 'unique', index: 'card' });
    });

    it(`says that it removed when the removal ${title}`, async () => {
      const { server, ours } = await twoProcesses();
      await ours.insert({ _id: 'a', bed: 1 });
      server.loseNextAnswer(isDone);
      assert.equal(await ours.remove('a', { bed: 1 }), true);
      assert.equal(await ours.get('a'), undefined);
    });
  }

  it('is looked for until the server is there again', async () => {
    const { server, clock, ours } = await twoProcesses();
    await ours.insert({ _id: 'a', bed: 0 });
    server.loseNextAnswer(true, 8);
    let isAnswered = false;
    const answer = ours.patchIf('a', {}, { inc: { bed: 1 } }).finally(() => (isAnswered = true));
    while (!isAnswered) await clock.advance(250);
    assert.equal((await answer).outcome, 'patched');
    assert.ok(clock.monotonic() >= 2000);
  });

  const isDown = (error: unknown) => error instanceof AppError && error.code === 'STORE_DOWN' && error.kind === 'transient';

  it('ends in STORE_DOWN when the server stays away', async () => {
    const { server, clock, ours } = await twoProcesses();
    await ours.insert({ _id: 'a', bed: 0 });
    server.loseNextAnswer(true, 1000);
    let isAnswered = false;
    const away = assert.rejects(ours.patchIf('a', {}, { inc: { bed: 1 } }), isDown).finally(() => (isAnswered = true));
    while (!isAnswered) await clock.advance(1000);
    await away;
  });

  for (const [others, title] of [
    [1, 'is known under what others wrote on top'],
    [PAST_REVISIONS, 'is known under as many revisions as are kept'],
  ] as const) {
    it(title, async () => {
      const { server, clock, ours, theirs } = await twoProcesses();
      await ours.insert({ _id: 'a', bed: 0 });
      server.loseNextAnswer(true, 1);
      const answer = ours.patchIf('a', { bed: 0 }, { set: { bed: 1 } });
      await clock.advance(0);
      for (let i = 0; i < others; i++) assert.equal((await theirs.patchIf('a', {}, { inc: { bed: 1 } })).outcome, 'patched');
      await clock.advance(250);
      assertPatched(await answer, { _id: 'a', bed: 1 });
      assertPatched(await ours.patchIf('a', {}, { inc: { bed: 1 } }), { _id: 'a', bed: others + 2 });
    });
  }

  it('was not done when another came first: it is decided again', async () => {
    const { server, clock, ours, theirs } = await twoProcesses();
    await ours.insert({ _id: 'a', bed: 0 });
    server.loseNextAnswer(false, 1);
    const answer = ours.patchIf('a', { bed: 0 }, { set: { bed: 1 } });
    await clock.advance(0);
    await theirs.patchIf('a', {}, { set: { bed: 7 } });
    await clock.advance(250);
    assert.deepEqual(await answer, { outcome: 'no-match' });
  });

  it('of an insert tells own from other documents under the id, changed or not', async () => {
    for (const isDone of [true, false]) {
      const { server, clock, ours, theirs } = await twoProcesses();
      server.loseNextAnswer(isDone, 1);
      const answer = ours.insert({ _id: 'a', bed: 0 });
      await clock.advance(0);
      if (!isDone) await theirs.insert({ _id: 'a', bed: 5 });
      await theirs.patchIf('a', {}, { inc: { bed: 1 } });
      await clock.advance(250);
      assert.deepEqual(await answer, isDone ? { inserted: true } : { inserted: false, duplicateOf: 'id' });
    }
  });

  it('ends in STORE_DOWN when others wrote more often than is kept', async () => {
    const { server, clock, ours, theirs } = await twoProcesses();
    await ours.insert({ _id: 'a', bed: 0 });
    server.loseNextAnswer(true, 1);
    const answer = assert.rejects(ours.patchIf('a', { bed: 0 }, { set: { bed: 1 } }), isDown);
    await clock.advance(0);
    for (let i = 0; i <= PAST_REVISIONS; i++) await theirs.patchIf('a', {}, { inc: { bed: 1 } });
    await clock.advance(250);
    await answer;
  });
});
