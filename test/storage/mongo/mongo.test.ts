import { after, before, describe, it } from 'node:test';
import { randomBytes } from 'node:crypto';
import { silentLogger } from '../../../engine/contract/observe.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { connectMongo } from '../../../storage/mongo/connect-mongo.ts';
import { openGridfsBlobs } from '../../../storage/mongo/open-gridfs-blobs.ts';
import { openMongoDocuments } from '../../../storage/mongo/open-mongo-documents.ts';
import { blobsConformance } from '../../conformance/blobs.ts';
import { documentsConformance } from '../../conformance/documents.ts';
import { mongoServers } from '../../servers/mongo-servers.ts';

for (const { name, prepare, start } of mongoServers) {
  const reason = prepare();
  if (reason !== undefined) {
    it(`keeps what the ports promise on ${name}`, { skip: reason });
    continue;
  }
  describe(name, () => {
    let server: Awaited<ReturnType<typeof start>>;
    before(async () => void (server = await start()));
    after(() => server.stop());

    documentsConformance(name, async (clock) => {
      const connection = await connectMongo({ address: freshDatabase(server.address) });
      const documents = openMongoDocuments({ connection, clock, logger: silentLogger });
      return {
        documents,
        async close() {
          await connection.database.dropDatabase();
          await documents.close();
        },
      };
    });

    blobsConformance(name, async () => {
      const clock = fakeClock();
      const connection = await connectMongo({ address: freshDatabase(server.address) });
      const documents = openMongoDocuments({ connection, clock, logger: silentLogger });
      const dataKeys = await openDataKeys({ documents, kek: new Uint8Array(32), clock });
      const blobs = openGridfsBlobs({ database: connection.database, dataKeys, clock, logger: silentLogger });
      return {
        blobs,
        passTime: (ms) => clock.advance(ms),
        async close() {
          await blobs.close();
          await connection.database.dropDatabase();
          await documents.close();
        },
      };
    });
  });
}

/** A real server may hold other things. */
function freshDatabase(address: string): string {
  const [base = '', options] = address.split('?');
  const path = `${base.replace(/\/$/, '')}/kq_test_${randomBytes(6).toString('hex')}`;
  return options === undefined ? path : `${path}?${options}`;
}
