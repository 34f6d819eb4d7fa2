import { after, before, describe, it } from 'node:test';
import { silentLogger } from '../../../engine/contract/observe.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openPostgresStore } from '../../../storage/postgres/open-postgres-store.ts';
import { postgresBackend } from '../../../storage/postgres/postgres-backend.ts';
import { blobsConformance } from '../../conformance/blobs.ts';
import { documentsConformance } from '../../conformance/documents.ts';
import { preparePostgres, startPostgres, type PostgresServer } from '../../servers/postgres.ts';

const reason = preparePostgres();
if (reason === undefined) promises();
else it('keeps what the ports promise on PostgreSQL', { skip: reason });

function promises(): void {
  describe('PostgreSQL', () => {
    let server: PostgresServer;
    before(async () => void (server = await startPostgres()));
    after(() => server.stop());

    documentsConformance('PostgreSQL', async (clock) =>
      postgresBackend.open(`${server.address}?schema=documents`, { clock, logger: silentLogger }),
    );

    documentsConformance('a relative of PostgreSQL without ON CONFLICT', async (clock) =>
      openPostgresStore(`${server.address}?schema=plain`, { clock, logger: silentLogger }, { hasOnConflict: false }),
    );

    blobsConformance('PostgreSQL', async () => {
      const clock = fakeClock();
      const store = await postgresBackend.open(`${server.address}?schema=blobs`, { clock, logger: silentLogger });
      const dataKeys = await openDataKeys({ documents: store.documents, kek: new Uint8Array(32), clock });
      const blobs = await store.openBlobs(dataKeys);
      return {
        blobs,
        passTime: (ms) => clock.advance(ms),
        async close() {
          await blobs.close();
          await store.close();
        },
      };
    });
  });
}
