import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openGridfsBlobs } from '../../../storage/mongo/open-gridfs-blobs.ts';
import { blobsConformance } from '../../conformance/blobs.ts';
import { documentsConformance } from '../../conformance/documents.ts';
import { freshDatabase, onEachMongo, openMongo } from './open-mongo.ts';

const IDS = ['a', '康', '\uffff', '𠮷a', 'b\ud800', '\uffff\u0001'] as const;

onEachMongo('what the ports promise holds', ({ name, start }) => {
  let server: Awaited<ReturnType<typeof start>>;
  before(async () => void (server = await start()));
  after(() => server.stop());

  documentsConformance(name, async (clock) => {
    const { documents, database } = await openMongo(freshDatabase(server.address), clock);
    return {
      documents,
      async close() {
        await database.dropDatabase();
        await documents.close();
      },
    };
  });

  it('has each document under the id of its row, whatever the document says', async () => {
    const { documents, database } = await openMongo(freshDatabase(server.address), fakeClock());
    try {
      const rows = database.collection<{ _id: string; d: string }>('who');
      const who = await documents.open({ name: 'who', schema: {}, indexes: [] });
      for (const _id of IDS) await who.insert({ _id });
      for (const _id of IDS) assert.equal((await who.get(_id))?._id, _id);
      const ids = (await who.find({}, { limit: 9 })).map(({ _id }) => _id);
      assert.deepEqual(ids.toSorted(), [...IDS].sort());
      const { insertedId } = await rows.insertOne({ ...(await rows.findOne({ _id: 'a' }))!, _id: 'copy' });
      assert.deepEqual([insertedId, await who.get('copy')], ['copy', { _id: 'copy' }]);
      assert.equal((await who.find({ _id: 'copy' }, { limit: 9 }))[0]?._id, 'copy');
    } finally {
      await database.dropDatabase();
      await documents.close();
    }
  });

  blobsConformance(name, async () => {
    const clock = fakeClock();
    const { documents, database } = await openMongo(freshDatabase(server.address), clock);
    const dataKeys = await openDataKeys({ documents, kek: new Uint8Array(32), clock });
    const blobs = openGridfsBlobs({ database, dataKeys, clock, logger: silentLogger });
    return {
      blobs,
      passTime: (ms) => clock.advance(ms),
      async close() {
        await blobs.close();
        await database.dropDatabase();
        await documents.close();
      },
    };
  });
});
