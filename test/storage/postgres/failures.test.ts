import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { Documents } from '../../../engine/contract/ports/documents.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { postgresBackend } from '../../../storage/postgres/postgres-backend.ts';
import type { OpenedStore } from '../../../storage/shared/storage-backend.ts';
import { visitsSpec } from '../../conformance/documents.ts';
import { eventually } from '../../conformance/eventually.ts';
import { startFaultProxy, type FaultProxy } from '../../servers/fault-proxy.ts';
import { preparePostgres, startPostgres, type PostgresServer } from '../../servers/postgres.ts';

const HEAL_MS = 30_000;
const reason = preparePostgres();
if (reason === undefined) {
  describe('PostgreSQL that dies', deaths);
  describe('PostgreSQL behind a bad line', badLines);
} else it('goes on when PostgreSQL dies or its line breaks', { skip: reason });

function deaths(): void {
  let server: PostgresServer;
  let store: OpenedStore;
  before(async () => {
    server = await startPostgres({ isDurable: true });
    store = await openStore(server.port);
  });
  after(async () => {
    await store.close();
    await server.stop();
  });

  it('keeps everything it answered with full durability when it is killed, five times over', { timeout: 120_000 }, async () => {
    const visits = await store.documents.open(visitsSpec('kept'));
    const answered = new Map<string, number>();
    for (let round = 0; round < 5; round++) {
      const before = answered.size;
      // For a quarter of a second after a failure nothing is sent.
      await eventually(() =>
        visits.insert({ _id: `first of ${round}`, bed: 0 }).then(
          () => true,
          (error: unknown) => !isDown(error),
        ),
      );
      let isOver = false;
      const writers = Array.from({ length: 50 }, async (_, lane) => {
        for (let i = 0; !isOver; i++) {
          const _id = `${round}-${lane}-${i}`;
          const inserted = await visits.insert({ _id, bed: 0, tags: [`t${_id}`] }, { durability: 'full' });
          if (inserted.inserted) answered.set(_id, 0);
          const patched = await visits.patchIf(_id, { bed: 0 }, { set: { bed: 1 } }, { durability: 'full' });
          if (patched.outcome === 'patched') answered.set(_id, 1);
        }
      });
      const ending = Promise.allSettled(writers);
      await eventually(() => answered.size > before + 300);
      await server.kill();
      isOver = true;
      await server.restart();
      const ended = await ending;
      for (const end of ended) if (end.status === 'rejected') assert.ok(isDown(end.reason), String(end.reason));
      for (const [id, bed] of answered) assert.ok(((await visits.get(id))?.bed ?? -1) >= bed, `${id} was answered with bed ${bed}`);
    }
    const some = [...answered.keys()].at(-1)!;
    assert.deepEqual(
      (await visits.find({ tags: `t${some}` }, { limit: 2 })).map(({ _id }) => _id),
      [some],
    );
  });

  it('refuses with STORE_DOWN while it is away, and goes on by itself when it is back', { timeout: 240_000 }, async () => {
    const visits = await store.documents.open(visitsSpec('away'));
    await visits.insert({ _id: 'a', bed: 0 });
    await server.pause();
    for (const operation of [
      () => visits.get('a'),
      () => visits.find({}, { limit: 1 }),
      () => visits.insert({ _id: 'b' }),
      () => visits.patchIf('a', { bed: 0 }, { set: { bed: 1 } }),
      () => store.documents.ping(),
      () => store.documents.open(visitsSpec('never')),
    ]) {
      await assert.rejects(operation(), isDown);
    }
    await server.restart();
    await eventually(() => answers(store.documents), HEAL_MS);
    assert.equal((await insisted(() => visits.patchIf('a', { bed: 0 }, { set: { bed: 2 } }))).outcome, 'patched');
    assert.deepEqual(await visits.insert({ _id: 'b' }), { inserted: true });
    await store.documents.open(visitsSpec('never'));
  });
}

function badLines(): void {
  let server: PostgresServer;
  let proxy: FaultProxy;
  let store: OpenedStore;
  before(async () => {
    server = await startPostgres();
    proxy = await startFaultProxy({ targetPort: server.port });
    store = await openStore(proxy.port);
  });
  after(async () => {
    await store.close();
    await proxy.stop();
    await server.stop();
  });

  it('does each write once, and tells of each, when the connection is cut at any moment', { timeout: 240_000 }, async () => {
    const visits = await store.documents.open(visitsSpec('cut'));
    await visits.insert({ _id: 'sum', bed: 0 });
    let isOver = false;
    const cutting = (async () => {
      for (let i = 0; !isOver; i++) {
        await wait(40 + ((i * 37) % 60));
        proxy.cut();
      }
    })();
    try {
      const sums = Array.from({ length: 300 }, () => insisted(() => visits.patchIf('sum', {}, { inc: { bed: 1 } })));
      assert.ok((await Promise.all(sums)).every(({ outcome }) => outcome === 'patched'));
      const inserts = Array.from({ length: 300 }, (_, i) => insisted(() => visits.insert({ _id: `n${i}`, card: String(i) })));
      assert.ok((await Promise.all(inserts)).every(({ inserted }) => inserted));
    } finally {
      isOver = true;
      await cutting;
    }
    await eventually(() => answers(store.documents), HEAL_MS);
    assert.equal((await visits.get('sum'))?.bed, 300);
    assert.equal(await visits.count({}), 301);
  });

  it('gives a deaf connection up and goes on over a new one', { timeout: 240_000 }, async () => {
    const visits = await store.documents.open(visitsSpec('deaf'));
    await visits.insert({ _id: 'a', bed: 0 });
    proxy.swallow();
    const patched = visits.patchIf('a', {}, { inc: { bed: 1 } });
    const got = visits.get('b').then(
      () => true,
      (error: unknown) => assert.ok(isDown(error)),
    );
    // Only the connections that are deaf stay so.
    await eventually(() => proxy.connections() > 0);
    await wait(200);
    proxy.heal();
    assert.equal((await patched).outcome, 'patched');
    await got;
    assert.equal((await visits.get('a'))?.bed, 1);
  });
}

function openStore(port: number): Promise<OpenedStore> {
  return postgresBackend.open(`postgres://postgres@127.0.0.1:${port}/postgres`, { clock: wallClock(), logger: silentLogger });
}

/** A write that was refused before it was sent may be retried: there is no other writer, so its outcome can always be determined. */
async function insisted<R>(write: () => Promise<R>): Promise<R> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isDown(error)) throw error;
      await wait(20);
    }
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function answers(documents: Documents): Promise<boolean> {
  return documents.ping().then(
    () => true,
    () => false,
  );
}

function isDown(error: unknown): boolean {
  return error instanceof AppError && error.code === 'STORE_DOWN' && error.kind === 'transient';
}
