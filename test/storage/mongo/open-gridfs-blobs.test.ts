import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openGridfsBlobs } from '../../../storage/mongo/open-gridfs-blobs.ts';
import { chunks, collect, pattern } from '../../conformance/blobs.ts';
import { freshDatabase, onEachMongo, openMongo } from './open-mongo.ts';

onEachMongo('blobs', ({ start }) => {
  it('that a process left half written are listed and go; one whose chunks were changed or lost is not given out', async () => {
    const server = await start();
    const clock = fakeClock();
    const { documents, database } = await openMongo(freshDatabase(server.address), clock);
    try {
      const dataKeys = await openDataKeys({ documents, kek: new Uint8Array(32), clock });
      const blobs = openGridfsBlobs({ database, dataKeys, clock, logger: silentLogger });
      const stored = database.collection<{ readonly files_id: string; readonly n: number }>('blobs.chunks');
      const [half, lost] = [
        await blobs.put(chunks(pattern(600_000)), { limitBytes: 600_000 }),
        await blobs.put(chunks(pattern(600_000)), { limitBytes: 600_000 }),
      ];
      await database.collection<{ readonly _id: string }>('blobs.files').deleteOne({ _id: half.blobId });
      await stored.deleteOne({ files_id: lost.blobId, n: 1 });
      await clock.advance(10);

      const listed: string[] = [];
      for await (const id of blobs.list(0)) listed.push(id);
      assert.ok(listed.includes(half.blobId));
      const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;
      await assert.rejects(collect(blobs.get(half.blobId)), isCode('BLOB_MISSING'));
      await assert.rejects(collect(blobs.get(lost.blobId)), isCode('BLOB_DAMAGED'));
      await blobs.remove(half.blobId);
      assert.equal(await stored.countDocuments({ files_id: half.blobId }), 0);
    } finally {
      await database.dropDatabase();
      await documents.close();
      await server.stop();
    }
  });
});
