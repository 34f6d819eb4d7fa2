import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import type { Driver } from '../../../../nodes/database/drivers/driver.ts';
import { POSTGRESQL } from '../../../../nodes/database/sql/syntax.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { startBlindRelay } from '../blind-relay.ts';
import { preparePostgres, startPostgres } from '../../../servers/postgres.ts';
import { createAuthority } from '../../../support/certificates.ts';
import { driverConformance, failsWith } from './conformance.ts';

const skip = preparePostgres();
const loadDriver = async (): Promise<Driver> => (await import('../../../../nodes/database/drivers/postgresql.ts')).default;
const LOGIN = { host: '127.0.0.1', database: 'postgres', user: 'postgres', password: 'Wei-1' };

driverConformance('PostgreSQL', {
  driver: loadDriver,
  syntax: POSTGRESQL,
  skip,
  async start() {
    const { port, kill, restart, stop } = await startPostgres({ password: LOGIN.password, settings: { timezone: 'Asia/Shanghai' } });
    return { target: { ...LOGIN, port }, kill, restart, stop };
  },
  kinds: {
    sql: `SELECT 7::smallint AS s, 9007199254740991::bigint AS big, 9007199254740993::bigint AS bigger, 5::numeric AS whole,
      1.50::numeric(10, 2) AS exact, 12345678901234567890.12::numeric AS long, 0.1::real AS r, 1e300::float8 AS d, 'NaN'::float8 AS nan,
      true AS yes, '2026-06-01'::date AS day, '08:30:00'::time AS t, '2026-06-01 08:30:00.123456'::timestamp AS local,
      '2026-06-01 08:30:00.123456+08'::timestamptz AS zoned, '1900-01-01 00:00:00+08:05:43'::timestamptz AS old,
      'infinity'::timestamp AS never, '\\x00ff'::bytea AS bytes, '{"a": [1, 12345678901234567890]}'::jsonb AS j, '[1]'::json AS k,
      ARRAY[1, 2] AS numbers, ARRAY['甲', NULL] AS texts, '11111111-2222-3333-4444-555555555555'::uuid AS id, 'x'::char(3) AS padded,
      NULL::int AS nothing, interval '1 day' AS span`,
    row: {
      ...{ s: 7, big: 9007199254740991, bigger: '9007199254740993', whole: 5, exact: '1.50', long: '12345678901234567890.12' },
      ...{ r: 0.1, d: 1e300, nan: 'NaN', yes: true, day: '2026-06-01', t: '08:30:00', local: '2026-06-01T08:30:00.123456' },
      ...{ zoned: '2026-06-01T00:30:00.123456Z', old: '1899-12-31T15:54:17Z', never: 'infinity', bytes: 'AP8=' },
      ...{ j: { a: [1, '12345678901234567890'] }, k: [1], numbers: [1, 2], texts: ['甲', null] },
      ...{ id: '11111111-2222-3333-4444-555555555555', padded: 'x  ', nothing: null, span: 'P1D' },
    },
  },
  createPeople: `CREATE TABLE people (id integer PRIMARY KEY, name text, age bigint, weight numeric(5, 2), alive boolean, photo bytea,
    born date)`,
  numbers: (count) => `SELECT n FROM generate_series(1, ${count}) AS n`,
  sleep: 'SELECT pg_sleep(30)',
  columns: [
    { table: 'people', kind: 'table', name: 'id', type: 'integer', form: 'integer', isNullable: false, isKey: true },
    { table: 'people', kind: 'table', name: 'name', type: 'text', form: 'text', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'age', type: 'bigint', form: 'integer', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'weight', type: 'numeric(5,2)', form: 'decimal', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'alive', type: 'boolean', form: 'boolean', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'photo', type: 'bytea', form: 'bytes', isNullable: true, isKey: false },
    { table: 'people', kind: 'table', name: 'born', type: 'date', form: 'date', isNullable: true, isKey: false },
  ],
});

describe('driver of PostgreSQL with TLS', { skip: skip ?? false }, () => {
  it('ends the statement of a closed connection, which the server does not see', { timeout: 30_000 }, async (t) => {
    const authority = await createAuthority();
    const server = await startPostgres({ password: LOGIN.password, tls: await authority.issue('db', 'lis-db.example') });
    t.after(() => server.stop());
    const relay = await startBlindRelay(server.port);
    t.after(() => relay.stop());
    const tls = { ca: authority.ca, serverName: 'lis-db.example' };
    const target = { ...LOGIN, tls, connectTimeoutMs: 5000, timeoutMs: 200_000, outbound: anywhere, signal: new AbortController().signal };
    const driver = await loadDriver();
    const [connection, watch] = [await driver.open({ ...target, port: relay.port }), await driver.open({ ...target, port: server.port })];
    const running = async () => {
      const text = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'";
      for await (const [row] of watch.rows({ text, values: [] }, { batchRows: 1, batchBytes: 10_000 })) return row!['n'];
      return undefined;
    };
    const closed = assert.rejects(
      connection.run({ text: 'SELECT pg_sleep(200)', values: [] }),
      failsWith('DATABASE_NO_ANSWER', 'transient'),
    );
    await eventually(async () => (await running()) === 1);
    connection.close();
    await closed;
    await eventually(async () => (await running()) === 0);
    watch.close();
  });

  it('checks the chain and the name of the certificate', async () => {
    const [own, foreign] = [await createAuthority(), await createAuthority()];
    const server = await startPostgres({ password: LOGIN.password, tls: await own.issue('db', 'lis-db.example') });
    try {
      const driver = await loadDriver();
      const open = (tls: { readonly ca?: string; readonly serverName?: string }) =>
        driver.open({
          ...{ ...LOGIN, port: server.port, tls, connectTimeoutMs: 5000, timeoutMs: 5000, outbound: anywhere },
          signal: new AbortController().signal,
        });
      const connection = await open({ ca: own.ca, serverName: 'lis-db.example' });
      for await (const [row] of connection.rows(
        { text: 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', values: [] },
        { batchRows: 1, batchBytes: 10_000 },
      ))
        assert.deepEqual(row, { ssl: true });
      connection.close();
      await assert.rejects(open({ ca: own.ca }), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
      await assert.rejects(open({ ca: foreign.ca, serverName: 'lis-db.example' }), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
      await assert.rejects(open({ serverName: 'lis-db.example' }), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
    } finally {
      await server.stop();
    }
    const plain = await startPostgres();
    try {
      const target = { ...LOGIN, port: plain.port, tls: {}, connectTimeoutMs: 5000, timeoutMs: 5000, outbound: anywhere };
      await assert.rejects(
        (await loadDriver()).open({ ...target, signal: new AbortController().signal }),
        failsWith('DATABASE_TLS_REQUIRED', 'input'),
      );
    } finally {
      await plain.stop();
    }
  });
});
