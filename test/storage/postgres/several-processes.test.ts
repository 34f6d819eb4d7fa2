import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger, type Logger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { postgresBackend } from '../../../storage/postgres/postgres-backend.ts';
import { visitsSpec } from '../../conformance/documents.ts';
import { eventually } from '../../conformance/eventually.ts';
import { preparePostgres, startPostgres, type PostgresServer } from '../../servers/postgres.ts';

const reason = preparePostgres();
if (reason === undefined) describe('several openers of one PostgreSQL', several);
else it('shares one PostgreSQL among several processes', { skip: reason });

function several(): void {
  let server: PostgresServer;
  let ownSchema = 0;
  before(async () => void (server = await startPostgres()));
  after(() => server.stop());
  const open = (schema: string, logger: Logger = silentLogger) =>
    postgresBackend.open(`${server.address}?schema=${schema}`, { clock: fakeClock(), logger });

  async function withStores<R>(
    count: number,
    action: (stores: Awaited<ReturnType<typeof open>>[], schema: string) => Promise<R>,
  ): Promise<R> {
    const schema = `own${++ownSchema}`;
    const stores = await Promise.all(Array.from({ length: count }, () => open(schema)));
    try {
      return await action(stores, schema);
    } finally {
      await Promise.all(stores.map((store) => store.close()));
    }
  }

  async function sql(text: string): Promise<readonly Record<string, unknown>[]> {
    const client = new Client(server.address);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  it('creates everything once when eight start at the same time', { timeout: 240_000 }, async () => {
    await withStores(8, async (stores) => {
      assert.ok(stores.every(({ documents }) => !documents.isExclusive));
      const names = ['first', 'second', 'third', ...Array.from({ length: 20 }, (_, i) => `further${i}`)];
      await Promise.all(stores.flatMap(({ documents }) => names.map((name) => documents.open(visitsSpec(name)))));
      for (const [i, { documents }] of stores.entries()) await (await documents.open(visitsSpec('first'))).insert({ _id: `n${i}` });
      assert.equal(await (await stores[0]!.documents.open(visitsSpec('first'))).count({}), 8);
    });
  });

  it('loses none of 2,000 conditional updates of two, and claims nothing twice', { timeout: 240_000 }, async () => {
    await withStores(2, async (stores) => {
      const [ours, theirs] = await Promise.all(stores.map(({ documents }) => documents.open(visitsSpec('raced'))));
      await ours!.insert({ _id: 'sum', bed: 0 });
      await Promise.all(Array.from({ length: 500 }, (_, i) => ours!.insert({ _id: `job${i}`, open: true })));
      const jobs = await Promise.all([ours!, theirs!].map((visits) => visits.find({ open: true }, { limit: 1000 })));
      const sums = Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? ours! : theirs!).patchIf('sum', {}, { inc: { bed: 1 } }));
      const claims = [ours!, theirs!].map(async (visits, owner) => {
        const claim = { set: { note: owner }, unset: ['open'] };
        const results = await Promise.all(jobs[owner]!.map(({ _id }) => visits.patchIf(_id, { open: true }, claim)));
        return results.filter(({ outcome }) => outcome === 'patched').length;
      });
      const won = await Promise.all(claims);
      await Promise.all(sums);
      assert.equal((await theirs!.get('sum'))?.bed, 2000);
      assert.equal(won[0]! + won[1]!, 500);
    });
  });

  it('lets one of two have a unique key, also by an update', { timeout: 240_000 }, async () => {
    await withStores(2, async (stores) => {
      const [ours, theirs] = await Promise.all(stores.map(({ documents }) => documents.open(visitsSpec('keys'))));
      const inserts = Array.from({ length: 200 }, (_, i) =>
        [ours!, theirs!].map((visits, who) => visits.insert({ _id: `${who}-${i}`, card: `c${i}` })),
      );
      const results = await Promise.all(inserts.flat());
      assert.equal(results.filter(({ inserted }) => inserted).length, 200);
      await ours!.insert({ _id: 'x' });
      await theirs!.insert({ _id: 'y' });
      const patched = await Promise.all([
        ours!.patchIf('x', {}, { set: { card: 'new' } }),
        theirs!.patchIf('y', {}, { set: { card: 'new' } }),
      ]);
      assert.deepEqual(patched.map(({ outcome }) => outcome).sort(), ['duplicate-key', 'patched']);
    });
  });

  it('makes a missing index again and tells so, and refuses one that was changed', { timeout: 240_000 }, async () => {
    await withStores(1, async ([store], schema) => {
      await (await store!.documents.open(visitsSpec('indexed'))).insert({ _id: 'a', card: '1' });
      await sql(`DROP INDEX ${schema}."indexed:card:key"`);
      const told: string[] = [];
      const logger = { ...silentLogger, warn: (event: string, fields?: object) => void told.push(`${event} ${JSON.stringify(fields)}`) };
      const again = await open(schema, logger);
      const visits = await again.documents.open(visitsSpec('indexed'));
      assert.match(told.join('\n'), /postgres\.index-created .*indexed:card:key/);
      assert.deepEqual(await visits.insert({ _id: 'b', card: '1' }), { inserted: false, duplicateOf: 'unique', index: 'card' });
      await again.close();

      await sql(`ALTER INDEX ${schema}."indexed:card:key" SET (fillfactor = 70)`);
      const tuned = await open(schema);
      await tuned.documents.open(visitsSpec('indexed'));
      await tuned.close();

      await sql(`DROP INDEX ${schema}."indexed:card:key"; CREATE INDEX "indexed:card:key" ON ${schema}.indexed (c0)`);
      const third = await open(schema);
      await assert.rejects(
        third.documents.open(visitsSpec('indexed')),
        (error) => error instanceof AppError && error.code === 'STORE_SCHEMA_MISMATCH' && error.message.includes('indexed:card:key'),
      );
      await third.close();
    });
  });

  it('lists a partition by its index alone, however long the history', { timeout: 240_000 }, async () => {
    await withStores(1, async ([store], schema) => {
      const visits = await store!.documents.open(visitsSpec('listed'));
      await Promise.all(
        Array.from({ length: 2000 }, (_, i) => {
          const isOpen = i % 100 === 0;
          return visits.insert({
            _id: `n${i}`,
            ward: `p${i % 4}`,
            lane: { key: 'k', seq: String(i).padStart(5, '0') },
            ...(isOpen ? { open: true } : {}),
          });
        }),
      );
      // PostgreSQL reports its statistics when a connection ends.
      const reader = await open(schema);
      const listed = await reader.documents.open(visitsSpec('listed'));
      const found = await listed.find({ ward: 'p0', open: true }, { sort: ['lane.seq'], limit: 100 });
      await reader.close();
      assert.equal(found.length, 20);
      await sql(`ANALYZE ${schema}.listed`);
      const [index] = await sql(`SELECT reltuples FROM pg_class WHERE relname = 'listed:lane'`);
      assert.equal(index!['reltuples'], 20);
      await eventually(async () => {
        const [used] = await sql(
          `SELECT idx_scan FROM pg_stat_user_indexes WHERE schemaname = '${schema}' AND indexrelname = 'listed:lane'`,
        );
        return Number(used!['idx_scan']) > 0;
      });
    });
  });
}
