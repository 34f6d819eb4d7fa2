import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { AppError } from '../../../../engine/contract/values/errors.ts';
import { runNode } from '../../../../engine/testing/run-node.ts';
import databaseQuery from '../../../../nodes/database/query.node.ts';
import databaseWrite from '../../../../nodes/database/write.node.ts';
import { ENGINES_HERE, PASSWORD } from '../servers.ts';

const EXACT = '(code varchar(40) PRIMARY KEY, label varchar(40))';
/** Tables whose text columns count different text as equal, and one with values that have several spellings. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  PostgreSQL: [
    "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
    'CREATE TABLE loose (code varchar(40) COLLATE loose PRIMARY KEY, label text COLLATE loose)',
    'CREATE DOMAIN name_text AS varchar(40) COLLATE loose',
    'CREATE TABLE domains (code name_text PRIMARY KEY, label name_text)',
    'CREATE TABLE forms (code numeric(20, 2) PRIMARY KEY, amount numeric(30, 10), day date, at timestamp, zoned timestamptz, photo bytea, yes boolean, n integer, id uuid, padded char(9), report json)',
  ],
  MariaDB: [
    'CREATE TABLE loose (code varchar(40) PRIMARY KEY, label varchar(40)) CHARACTER SET utf8mb4',
    'CREATE TABLE domains (code varchar(40) PRIMARY KEY, label varchar(40)) CHARACTER SET latin1',
    'CREATE TABLE forms (code decimal(20, 2) PRIMARY KEY, amount decimal(30, 10), day date, at datetime, zoned varchar(40), photo blob, yes boolean, n integer, id uuid, padded char(9), report json)',
  ],
  SQLite: [
    'CREATE TABLE loose (code text COLLATE NOCASE PRIMARY KEY, label text COLLATE NOCASE)',
    'CREATE TABLE domains (code text COLLATE RTRIM PRIMARY KEY, label text COLLATE RTRIM)',
    'CREATE TABLE forms (code decimal(20, 2) PRIMARY KEY, amount numeric, day text, at text, zoned text, photo blob, yes boolean, n integer, id text, padded text, report text)',
  ],
};
const folder = await mkdtemp(join(tmpdir(), 'kq-write-rows-'));
new DatabaseSync(join(folder, 'lis.db')).close();
after(() => rm(folder, { recursive: true, force: true }));
const SQLITE = {
  name: 'SQLite',
  skip: undefined,
  start: async () => ({ settings: { engine: 'sqlite', file: join(folder, 'lis.db') }, stop: async () => undefined }),
};

for (const engine of [...ENGINES_HERE, SQLITE]) {
  describe(`an insert by key into ${engine.name}`, { skip: engine.skip ?? false }, () => {
    let database: Awaited<ReturnType<typeof engine.start>>;
    before(async () => {
      database = await engine.start();
      for (const sql of [...TABLES[engine.name]!, `CREATE TABLE exact ${EXACT}`]) await run(databaseWrite, { sql });
    });
    after(() => database?.stop());

    async function run(node: typeof databaseWrite | typeof databaseQuery, config: object, data: unknown = {}) {
      const adapter = { adapterId: `adp_rows_${engine.name}`, settings: { ...database.settings } };
      const outcome = await runNode(node, { config: config as Record<string, unknown>, adapter, data, secrets: { '': PASSWORD } });
      assert.ok('emit' in outcome);
      return outcome.emit!['ok']![0]!.data;
    }
    function insert(table: string, row: Readonly<Record<string, unknown>>) {
      const columns = Object.keys(row).map((name) => ({
        ...{ name, value: { path: `data.${name}` }, isKey: name === 'code', isBase64: name === 'photo' },
      }));
      return run(databaseWrite, { table, mode: 'insert', idempotency: 'key', columns }, row);
    }
    const refuses = (table: string, row: Readonly<Record<string, unknown>>, problem?: string) =>
      assert.rejects(insert(table, row), (error: AppError) => {
        assert.deepEqual([error.code, error.values['problem']], ['DATABASE_ROW_DIFFERS', problem], JSON.stringify(row));
        return true;
      });

    test('text that the database only counts as equal is a different row', async () => {
      for (const table of ['loose', 'domains', 'exact']) {
        const row = { code: 'K1', label: 'ABC' };
        for (let repeated = 0; repeated < 2; repeated += 1) assert.deepEqual(await insert(table, row), { affected: 1 });
        for (const label of ['abc', 'ABC ', 'ÀBC', '', undefined]) {
          if (table === 'exact' || label !== 'ÀBC' || engine.name !== 'SQLite') await refuses(table, { ...row, label });
        }
        for (const code of ['k1', 'K1 ']) {
          const isEqual = await run(databaseQuery, {
            sql: `SELECT COUNT(*) FROM ${table} WHERE code = :code`,
            parameters: [{ name: 'code', value: { value: code } }],
            result: 'value',
          });
          if (Number(isEqual) === 1) await refuses(table, { ...row, code }, 'key');
          else assert.deepEqual(await insert(table, { ...row, code }), { affected: 1 });
        }
      }
    });

    test('another spelling of the same number, date, bytes or identifier is the same row', async () => {
      const id = engine.name === 'SQLite' ? 'x' : '7C9E6679-7425-40de-944b-e07fc1f90ae7';
      const row = {
        ...{ code: '1.5', amount: '12345678901234567890.123456789', day: '2026-02-28', at: '2026-02-28T08:00:00', n: '7', id },
        ...{ zoned: '2026-02-28T08:00:00Z', photo: 'AP8n', yes: true, padded: 'ABC', report: '{"value":1.5}' },
      };
      assert.deepEqual(await insert('forms', row), { affected: 1 });
      assert.deepEqual(await insert('forms', row), { affected: 1 });
      const other = { code: '1.50', n: 7, amount: '12345678901234567890.1234567890' };
      assert.deepEqual(await insert('forms', { ...row, ...other, id: id.toLowerCase() }), { affected: 1 });
      assert.equal(Number(await run(databaseQuery, { sql: 'SELECT COUNT(*) FROM forms', result: 'value' })), 1);
      await refuses('forms', { ...row, amount: engine.name === 'SQLite' ? '1.25' : '12345678901234567890.1234567891' });
      await refuses('forms', { ...row, photo: 'AP8o' });
      await refuses('forms', { ...row, day: '2026-03-01' });
      await refuses('forms', { ...row, report: '{"value":2}' });
    });
  });
}
