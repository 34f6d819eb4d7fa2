// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { eventually } from '../../conformance/eventually.ts';
import { visitsSpec } from '../../conformance/documents.ts';
import { prepareFerretdb, startFerretdb } from '../../servers/ferretdb.ts';
import type { ServerProcess } from '../../servers/start-process.ts';
import { freshDatabase, openMongo } from './open-mongo.ts';

const reason = prepareFerretdb();

describe('a server that is killed', { skip: reason ?? false }, () => {
  let server: ServerProcess;
  before(async () => void (server = await startFerretdb()));
  after(() => server.stop());

  it('loses nothing that was answered; its absence ends in STORE_DOWN, and its return is noticed', async () => {
    const { documents } = await openMongo(freshDatabase(server.address), systemClock);
    const visits = await documents.open(visitsSpec('visits'));
    const answered: string[] = [];
    let added = 0;
    let isOver = false;
    await visits.insert({ _id: 'counter', bed: 0 });
    const failures: unknown[] = [];
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; !isOver; i++) {
        try {
          const _id = `${writer}-${i}`;
          if ((await visits.insert({ _id, ward: 'w' }, { durability: 'full' })).inserted) answered.push(_id);
          if ((await visits.patchIf('counter', {}, { inc: { bed: 1 } }, { durability: 'full' })).outcome === 'patched') added++;
        } catch (error) {
          failures.push(error);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    });

    try {
      for (let kill = 1; kill <= 3; kill++) {
        const before = answered.length;
        await eventually(() => answered.length >= before + 50);
        const failedBefore = failures.length;
        await server.kill();
        // One whose answer was lost looks for it for ten seconds before it gives up.
        await eventually(() => failures.length > failedBefore);
        const answeredWhenBack = answered.length;
        await server.restart();
        await eventually(() => answered.length > answeredWhenBack, 60_000);
      }
    } finally {
      isOver = true;
    }
    await Promise.all(writers);

    for (const error of failures)
      assert.ok(error instanceof AppError && error.code === 'STORE_DOWN' && error.kind === 'transient', String(error));
    const stored = new Set<string>();
    for (let after: string | undefined; ;) {
      const page = await visits.find({ ward: 'w' }, { limit: 1000, ...(after === undefined ? {} : { after }) });
      for (const { _id } of page) stored.add(_id);
      after = page.at(-1)?._id;
      if (page.length < 1000) break;
    }
    assert.deepEqual(
      answered.filter((id) => !stored.has(id)),
      [],
    );
    // What was answered with an error may have been done all the same; never the other way round.
    const { bed = 0 } = (await visits.get('counter')) ?? {};
    assert.ok(bed! >= added && bed! <= added + failures.length, `${bed} stored, ${added} answered, ${failures.length} failed`);
    await documents.close();
  });
});
