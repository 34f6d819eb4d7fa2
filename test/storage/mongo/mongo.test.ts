import { after, before } from 'node:test';
import { silentLogger } from '../../../engine/contract/observe.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openGridfsBlobs } from '../../../storage/mongo/open-gridfs-blobs.ts';
import { blobsConformance } from '../../conformance/blobs.ts';
import { documentsConformance } from '../../conformance/documents.ts';
import { freshDatabase, onEachMongo, openMongo } from './open-mongo.ts';

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
