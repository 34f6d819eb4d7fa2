import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client, type QueryResultRow } from 'pg';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { openDataKeys } from '../../../engine/seal/open-data-keys.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openPostgresTable } from '../../../storage/postgres/open-postgres-table.ts';
import { openQueryPool, type QueryPool } from '../../../storage/postgres/open-query-pool.ts';
import type { WriteLane } from '../../../storage/postgres/open-write-lane.ts';
import { openPostgresStore } from '../../../storage/postgres/open-postgres-store.ts';
import { postgresBackend } from '../../../storage/postgres/postgres-backend.ts';
import { layoutTable } from '../../../storage/postgres/table-layout.ts';
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

    documentsConformance('a relative of PostgreSQL without ON CONFLICT and jsonb', async (clock) =>
      openPostgresStore(`${server.address}?schema=plain`, { clock, logger: silentLogger }, { hasOnConflict: false, cutsJson: false }),
    );

    it('has each document under the id of its row, whatever the document says', async () => {
      const { documents } = await postgresBackend.open(`${server.address}?schema=who`, { clock: fakeClock(), logger: silentLogger });
      const client = new Client(server.address);
      await client.connect();
      try {
        const who = await documents.open({ name: 'who', schema: {}, indexes: [] });
        const ids = ['a', '康', '\u0000b', '\u0001', '\u0001\u0001', '\u0001\u0002'];
        for (const _id of ids) await who.insert({ _id });
        for (const _id of ids) assert.equal((await who.get(_id))?._id, _id);
        assert.deepEqual((await who.find({}, { limit: 9 })).map(({ _id }) => _id).sort(), [...ids].sort());
        await client.query(`INSERT INTO who.who SELECT 'copy', rev, past, doc, e FROM who.who WHERE id = 'a'`);
        assert.deepEqual(await who.get('copy'), { _id: 'copy' });
        assert.equal((await who.find({ _id: 'copy' }, { limit: 9 }))[0]?._id, 'copy');
      } finally {
        await client.end();
        await documents.close();
      }
    });

    it('sends no omitted field over the line, unless jsonb cannot take the document', async () => {
      const { documents } = await postgresBackend.open(`${server.address}?schema=omit`, { clock: fakeClock(), logger: silentLogger });
      const pool = openQueryPool({ connectionString: server.address }, 1);
      const layout = layoutTable('omit', { name: 'drafts', schema: {}, indexes: [] });
      const sent: string[] = [];
      const watched: QueryPool = {
        ...pool,
        async query<R extends QueryResultRow>(text: string, values: readonly unknown[]) {
          const rows = await pool.query<R>(text, values);
          sent.push(...rows.map((row) => String(row['doc'])));
          return rows;
        },
      };
      const traits = { fullCommit: 'on', hasOnConflict: true, cutsJson: true };
      const table = openPostgresTable(layout, undefined as unknown as WriteLane, watched, traits);
      try {
        const drafts = await documents.open<{ readonly _id: string; readonly body: string }>({ name: 'drafts', schema: {}, indexes: [] });
        for (const [_id, body] of Object.entries({ a: '康'.repeat(1000), b: 'with \u0000', c: 'half \ud800' }))
          await drafts.insert({ _id, body });
        await table.find({}, { sort: [], limit: 9, omit: ['body'] });
        assert.deepEqual(
          sent.map((doc) => Object.keys(JSON.parse(doc) as object)),
          [['_id'], ['_id', 'body'], ['_id', 'body']],
        );
        assert.deepEqual(await drafts.find({}, { limit: 9, omit: ['body'] }), [{ _id: 'a' }, { _id: 'b' }, { _id: 'c' }]);
      } finally {
        await pool.close();
        await documents.close();
      }
    });

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
