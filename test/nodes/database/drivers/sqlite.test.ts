import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import { runNode } from '../../../../engine/testing/run-node.ts';
import { createFileAccess } from '../../../../engine/outbound/create-file-access.ts';
import type { Driver, Row } from '../../../../nodes/database/drivers/driver.ts';
import databaseQuery from '../../../../nodes/database/query.node.ts';
import { SQLITE } from '../../../../nodes/database/sql/syntax.ts';
import { driverConformance, failsWith } from './conformance.ts';

const folder = await mkdtemp(join(tmpdir(), 'kq-sqlite-'));
const file = join(folder, 'lis.db');
new DatabaseSync(file).close();
after(() => rm(folder, { recursive: true, force: true }));

const loadDriver = async (): Promise<Driver> => (await import('../../../../nodes/database/drivers/sqlite.ts')).default;
const NO_SERVER = { host: '', port: 0, database: '', user: '', password: '' };
const target = { ...NO_SERVER, file, tls: undefined, connectTimeoutMs: 5000, timeoutMs: 2000, outbound: anywhere };
const open = async (path = file) => (await loadDriver()).open({ ...target, file: path, signal: new AbortController().signal });
const ENDLESS = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) AS n FROM c';

driverConformance('SQLite', {
  isServer: false,
  driver: loadDriver,
  syntax: SQLITE,
  async start() {
    const nothing = async () => undefined;
    return { target: { ...NO_SERVER, file }, kill: nothing, restart: nothing, stop: nothing };
  },
  kinds: {
    create: [
      `CREATE TABLE kinds (small int, big integer, bigger integer, d real, inf real, yes boolean, no boolean, odd boolean, day date, local datetime, j json,
        bytes blob, t text, n numeric, absent text, untyped)`,
      `INSERT INTO kinds VALUES (-7, 9007199254740991, 9007199254740993, 0.1, 9e999, true, false, 9, '2026-06-01', '2026-06-01 08:30:00.5', '{"a": [1]}',
        x'00ff', '甲', 1.5, NULL, 5)`,
    ],
    sql: 'SELECT * FROM kinds',
    row: {
      ...{
        small: -7,
        big: 9007199254740991,
        bigger: '9007199254740993',
        d: 0.1,
        inf: 'Infinity',
        yes: true,
        no: false,
        odd: 9,
        day: '2026-06-01',
      },
      ...{ local: '2026-06-01T08:30:00.5', j: { a: [1] }, bytes: 'AP8=', t: '甲', n: 1.5, absent: null, untyped: 5 },
    },
  },
  createPeople:
    'CREATE TABLE people (id int NOT NULL PRIMARY KEY, name text, age bigint, weight text, alive boolean, photo blob, born date)',
  numbers: (count) => `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT ${count}) SELECT n FROM c`,
  sleep: ENDLESS,
  columns: [
    { table: 'people', kind: 'table', name: 'id', type: 'INT', form: 'integer', isNullable: false, isKey: true },
    { table: 'people', kind: 'table', name: 'name', type: 'TEXT', form: 'text', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'age', type: 'bigint', form: 'integer', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'weight', type: 'TEXT', form: 'text', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'alive', type: 'boolean', form: 'boolean', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'photo', type: 'BLOB', form: 'bytes', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'born', type: 'date', form: 'date', isNullable: true, isKey: false },
  ],
});

describe('driver of SQLite', () => {
  it('opens no other file, no extension, and no pragma of a flow', async () => {
    const connection = await open();
    const other = join(folder, 'other.db');
    for (const text of [
      `ATTACH '${other}' AS other`,
      `VACUUM INTO '${other}'`,
      'PRAGMA journal_mode = OFF',
      'PRAGMA query_only = OFF',
      `SELECT load_extension('${other}')`,
    ])
      await assert.rejects(connection.run({ text, values: [] }), failsWith('DATABASE_STATEMENT_REFUSED', 'input'), text);
    await assert.rejects(open(other), failsWith('DATABASE_FILE_UNUSABLE', 'input'));
    await writeFile(other, 'no database at all, but long enough to be read as one'.repeat(20));
    await assert.rejects(open(other), failsWith('DATABASE_FILE_UNUSABLE', 'input'));
    connection.close();
  });

  it('waits for a lock of another connection, then gives way', async () => {
    const [first, second] = [await open(), await open()];
    await first.begin('write');
    await assert.rejects(second.begin('write'), failsWith('DATABASE_CONFLICT', 'transient'));
    await first.rollback();
    await second.begin('write');
    await second.rollback();
    for (const one of [first, second]) one.close();
  });

  it('is queried by a node only in an allowed folder, within the time limit', async () => {
    const query = async (sql: string, settings: object = {}, roots: readonly string[] = [folder]) => {
      const outcome = await runNode(databaseQuery, {
        config: { sql },
        adapter: { adapterId: 'adp_sqlite', settings: { engine: 'sqlite', file, ...settings }, limits: { timeoutMs: 500 } },
        files: createFileAccess({ roots, forbidden: [] }),
      });
      assert.ok('emit' in outcome);
      return outcome.emit!['ok']![0]!.data as readonly Row[];
    };
    assert.deepEqual(await query('SELECT 1 AS n'), [{ n: 1 }]);
    await assert.rejects(query('DELETE FROM people'), failsWith('DATABASE_STATEMENT_REFUSED', 'input'));
    await assert.rejects(query(ENDLESS), failsWith('DATABASE_NO_ANSWER', 'transient'));
    assert.deepEqual(await query('SELECT 2 AS n'), [{ n: 2 }]);
    await assert.rejects(query('SELECT 1 AS n', {}, []), failsWith('FILE_OUTSIDE_ROOTS', 'input'));
    await assert.rejects(query('SELECT 1 AS n', { file: undefined }), failsWith('ADAPTER_SETTINGS_WRONG', 'input'));
  });
});
