/** What a line does to the store that breaks, or hears nothing any more. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { eventually } from '../../conformance/eventually.ts';
import { visitsSpec } from '../../conformance/documents.ts';
import { startFaultProxy, type FaultProxy } from '../../servers/fault-proxy.ts';
import { freshDatabase, onEachMongo, openMongo } from './open-mongo.ts';

onEachMongo('a bad line', ({ start }) => {
  let server: Awaited<ReturnType<typeof start>>;
  let proxy: FaultProxy;
  let opened: Awaited<ReturnType<typeof openMongo>>;
  before(async () => {
    server = await start();
    proxy = await startFaultProxy({ targetPort: Number(new URL(server.address).port) });
    opened = await openMongo(freshDatabase(server.address.replace(/:\d+/, `:${proxy.port}`)), systemClock);
  });
  after(async () => {
    await opened.database.dropDatabase();
    await opened.documents.close();
    await proxy.stop();
    await server.stop();
  });

  it('that breaks again and again neither loses nor doubles a write', async () => {
    const visits = await opened.documents.open(visitsSpec('cut'));
    await visits.insert({ _id: 'counter', bed: 0 });
    let [added, failed, inserted] = [0, 0, 0];
    let isOver = false;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; !isOver; i++) {
        try {
          if ((await visits.patchIf('counter', {}, { inc: { bed: 1 } })).outcome === 'patched') added++;
          if ((await visits.insert({ _id: `${writer}-${i}` })).inserted) inserted++;
          else assert.fail('an id that only this writer uses was taken');
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'STORE_DOWN') throw error;
          failed++;
        }
      }
    });
    try {
      for (let cut = 1; cut <= 20; cut++) {
        const goal = added + 5;
        await Promise.race([eventually(() => added >= goal, 10_000), Promise.all(writers)]);
        proxy.cut();
      }
    } finally {
      isOver = true;
    }
    await Promise.all(writers);
    const bed = (await visits.get('counter'))?.bed ?? 0;
    assert.ok(bed >= added && bed <= added + failed, `${bed} stored, ${added} answered, ${failed} failed`);
    assert.ok((await visits.count({})) >= inserted + 1);
  });

  it('that hears nothing ends in STORE_DOWN, and the store is there again by itself', async () => {
    const visits = await opened.documents.open(visitsSpec('deaf'));
    await visits.insert({ _id: 'a', bed: 0 });
    proxy.swallow();
    await assert.rejects(visits.patchIf('a', {}, { inc: { bed: 1 } }), (error) => error instanceof AppError && error.code === 'STORE_DOWN');
    proxy.heal();
    await eventually(
      () =>
        opened.documents.ping().then(
          () => true,
          () => false,
        ),
      10_000,
    );
    const { bed = 0 } = (await visits.get('a')) ?? {};
    assert.ok(bed === 0 || bed === 1);
    assert.equal((await visits.patchIf('a', { bed }, { set: { bed: 7 } })).outcome, 'patched');
  });
});
