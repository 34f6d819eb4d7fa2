import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import type { Driver } from '../../../../nodes/database/drivers/driver.ts';
import { MYSQL } from '../../../../nodes/database/sql/syntax.ts';
import { prepareMariadb, startMariadb } from '../../../servers/mariadb.ts';
import { createAuthority } from '../../../support/certificates.ts';
import { driverConformance, failsWith } from './conformance.ts';

const skip = prepareMariadb();
const loadDriver = async (): Promise<Driver> => (await import('../../../../nodes/database/drivers/mysql.ts')).default;
const LOGIN = { host: '127.0.0.1', database: 'kq', user: 'kq', password: 'Wei-1' };

driverConformance('MariaDB', {
  driver: loadDriver,
  syntax: MYSQL,
  skip,
  async start() {
    const settings = { 'default-time-zone': '+08:00', 'sql-mode': 'NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES', 'max-allowed-packet': '64M' };
    const { port, kill, restart, stop } = await startMariadb({ password: LOGIN.password, settings });
    return { target: { ...LOGIN, port }, kill, restart, stop };
  },
  kinds: {
    sql: 'SELECT * FROM kinds',
    create: [
      `CREATE TABLE kinds (tiny tinyint, small smallint, big bigint, bigger bigint unsigned, exact decimal(10, 2), whole decimal(10),
        longer decimal(30, 2), f float, d double, yes tinyint(1), odd tinyint(1), b1 bit(1), b20 bit(20), day date, t time(3), local datetime(6),
        plain datetime, zoned timestamp(6) NULL, y year, bytes blob, fixed binary(2), j json, e enum('男', '女'), padded char(5), nothing int) CHARACTER SET utf8mb4`,
      `INSERT INTO kinds VALUES (-7, 8, 9007199254740991, 18446744073709551615, 1.50, 5, 12345678901234567890.12, 0.1, 1e300, true, 9, b'1',
        b'10000000000000000001', '2026-06-01', '08:30:00.125', '2026-06-01 08:30:00.123456', '2026-06-01 08:30:00', '2026-06-01 08:30:00.123456',
        2026, x'00ff', x'0102', '{"a": [1, 12345678901234567890]}', '女', 'x', NULL)`,
    ],
    row: {
      ...{
        tiny: -7,
        small: 8,
        big: 9007199254740991,
        bigger: '18446744073709551615',
        exact: '1.50',
        whole: 5,
        longer: '12345678901234567890.12',
      },
      ...{
        f: 0.1,
        d: 1e300,
        yes: true,
        odd: 9,
        b1: true,
        b20: 524_289,
        day: '2026-06-01',
        t: '08:30:00.125',
        local: '2026-06-01T08:30:00.123456',
      },
      ...{ plain: '2026-06-01T08:30:00', zoned: '2026-06-01T00:30:00.123456Z', y: 2026, bytes: 'AP8=', fixed: 'AQI=' },
      ...{ j: { a: [1, '12345678901234567890'] }, e: '女', padded: 'x', nothing: null },
    },
  },
  createPeople: `CREATE TABLE people (id int PRIMARY KEY, name longtext, age bigint, weight decimal(5, 2), alive boolean, photo longblob, born date)
    CHARACTER SET utf8mb4`,
  numbers: (count) => `SELECT seq AS n FROM seq_1_to_${count}`,
  sleep: 'SELECT SLEEP(30)',
  columns: [
    { table: 'people', kind: 'table', name: 'id', type: 'int(11)', form: 'integer', isNullable: false, isKey: true },
    { table: 'people', kind: 'table', name: 'name', type: 'longtext', form: 'text', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'age', type: 'bigint(20)', form: 'integer', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'weight', type: 'decimal(5,2)', form: 'decimal', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'alive', type: 'tinyint(1)', form: 'boolean', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'photo', type: 'longblob', form: 'bytes', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'born', type: 'date', form: 'date', isNullable: true, isKey: false },
  ],
});

describe('driver of MariaDB', { skip: skip ?? false }, () => {
  it('takes numbers where only whole ones are allowed, and reads backslashes as the scanner does', async () => {
    const { port, stop } = await startMariadb({ password: LOGIN.password, settings: { 'sql-mode': 'NO_BACKSLASH_ESCAPES' } });
    try {
      const target = { ...LOGIN, port, tls: undefined, connectTimeoutMs: 5000, timeoutMs: 5000, outbound: anywhere };
      const connection = await (await loadDriver()).open({ ...target, signal: new AbortController().signal });
      const text = `SELECT seq, ? AS n, 'it\\'s' AS t FROM seq_1_to_9 WHERE seq > ? LIMIT ?`;
      for await (const batch of connection.rows({ text, values: [1.5, 2, 1] }, { batchRows: 9, batchBytes: 10_000 }))
        assert.deepEqual(batch, [{ seq: 3, n: 1.5, t: "it's" }]);
      await connection.begin('read');
      await assert.rejects(
        connection.run({ text: 'CREATE TABLE t (a int)', values: [] }),
        failsWith('DATABASE_STATEMENT_REFUSED', 'input'),
      );
      connection.close();
    } finally {
      await stop();
    }
  });
});

describe('driver of MariaDB with TLS', { skip: skip ?? false }, () => {
  it('checks the chain and the name of the certificate', async () => {
    const [own, foreign] = [await createAuthority(), await createAuthority()];
    const server = await startMariadb({ password: LOGIN.password, tls: await own.issue('db', 'lis-db.example') });
    try {
      const driver = await loadDriver();
      const target = { ...LOGIN, port: server.port, connectTimeoutMs: 5000, timeoutMs: 5000, outbound: anywhere };
      const open = (tls: { readonly ca?: string; readonly serverName?: string }) =>
        driver.open({ ...target, tls, signal: new AbortController().signal });
      const connection = await open({ ca: own.ca, serverName: 'lis-db.example' });
      for await (const [row] of connection.rows(
        { text: "SHOW STATUS LIKE 'Ssl_version'", values: [] },
        { batchRows: 1, batchBytes: 10_000 },
      ))
        assert.match(String(row!['Value']), /^TLSv1\.[23]$/);
      connection.close();
      await assert.rejects(open({ ca: own.ca }), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
      await assert.rejects(open({ ca: foreign.ca, serverName: 'lis-db.example' }), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
      await assert.rejects(open({ serverName: 'lis-db.example' }), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
    } finally {
      await server.stop();
    }
    const addressed = await startMariadb({ password: LOGIN.password, tls: await own.issue('db') });
    try {
      const target = { ...LOGIN, port: addressed.port, tls: { ca: own.ca }, connectTimeoutMs: 5000, timeoutMs: 5000, outbound: anywhere };
      (await (await loadDriver()).open({ ...target, signal: new AbortController().signal })).close();
    } finally {
      await addressed.stop();
    }
  });
});
