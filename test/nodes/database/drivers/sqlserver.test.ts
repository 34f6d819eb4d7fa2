import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { AppError, type ErrorKind } from '../../../../engine/contract/values/errors.ts';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import type { Row, Target } from '../../../../nodes/database/drivers/driver.ts';
import sqlserver from '../../../../nodes/database/drivers/sqlserver/sqlserver.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { createAuthority } from '../../../support/certificates.ts';
import { done, error, result, startTdsServer, type TdsColumn, type TdsOptions } from './tds-server.ts';

const failsWith =
  (code: string, kind: ErrorKind, values: Readonly<Record<string, unknown>> = {}) =>
  (thrown: unknown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.deepEqual([thrown.code, thrown.kind], [code, kind], thrown.message);
    assert.deepEqual({ ...thrown.values, ...values }, thrown.values);
    return true;
  };
const target = (port: number, changed: Partial<Target> = {}): Target => ({
  ...{ host: '127.0.0.1', port, database: 'lis', user: 'kangqiao', password: 'Wei-1', tls: undefined },
  ...{ connectTimeoutMs: 3000, timeoutMs: 2000, outbound: anywhere, signal: new AbortController().signal },
  ...changed,
});
const LIMITS = { batchRows: 1000, batchBytes: 4_194_304 };

async function open(t: TestContext, options: TdsOptions, changed: Partial<Target> = {}) {
  const server = await startTdsServer(options);
  t.after(() => server.stop());
  const connection = await sqlserver.open(target(server.port, changed));
  t.after(() => connection.close());
  return { server, connection };
}

async function batchesOf(connection: Awaited<ReturnType<typeof open>>['connection'], text: string, limits = LIMITS) {
  const batches: (readonly Row[])[] = [];
  for await (const batch of connection.rows({ text, values: [] }, limits)) batches.push(batch);
  return batches;
}

const bytes = (...parts: readonly number[]) => Buffer.from(parts);
const sized = (data: Buffer) => Buffer.concat([bytes(data.length), data]);
const wide = (data: Buffer) => Buffer.concat([bytes(data.length & 0xff, data.length >> 8), data]);
const int64 = (value: bigint) => {
  const data = Buffer.alloc(8);
  data.writeBigInt64LE(value);
  return data;
};
/** Sign, then the magnitude. */
const decimal = (value: bigint) => {
  const data = Buffer.alloc(17);
  data[0] = value < 0n ? 0 : 1;
  const magnitude = value < 0n ? -value : value;
  data.writeBigUInt64LE(magnitude & 0xffff_ffff_ffff_ffffn, 1);
  data.writeBigUInt64LE(magnitude >> 64n, 9);
  return sized(data);
};
/** Ten millionths of a second of the day, and days since 0001-01-01. */
const time = (units: number) => {
  const data = Buffer.alloc(5);
  data.writeUIntLE(units, 0, 5);
  return data;
};
const date = (text: string) => {
  const days = (Date.parse(text) - Date.parse('0001-01-01')) / 86_400_000;
  return bytes(days & 0xff, (days >> 8) & 0xff, days >> 16);
};

const COLLATION = [9, 4, 0xd0, 0, 0x34];
const HALF_PAST_EIGHT = 306_001_234_567;

test('values keep all their digits, in the forms that all databases have', async (t) => {
  const columns: readonly (TdsColumn & { readonly value: Buffer; readonly is: unknown })[] = [
    { name: 'small', type: [0x26, 4], value: sized(bytes(0xfb, 0xff, 0xff, 0xff)), is: -5 },
    { name: 'large', type: [0x26, 8], value: sized(int64(9_007_199_254_740_993n)), is: '9007199254740993' },
    { name: 'fits', type: [0x26, 8], value: sized(int64(-42n)), is: -42 },
    {
      name: 'digits',
      type: [0x6a, 17, 38, 10],
      value: decimal(-123_456_789_012_345_678_901_234_567n),
      is: '-12345678901234567.8901234567',
    },
    { name: 'whole', type: [0x6c, 17, 9, 0], value: decimal(12n), is: 12 },
    { name: 'cents', type: [0x6c, 17, 9, 3], value: decimal(-5n), is: '-0.005' },
    { name: 'money', type: [0x6e, 8], value: sized(bytes(0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff)), is: '922337203685477.5807' },
    { name: 'change', type: [0x6e, 4], value: sized(bytes(0xc7, 0xcf, 0xff, 0xff)), is: '-1.2345' },
    { name: 'yes', type: [0x68, 1], value: sized(bytes(1)), is: true },
    { name: 'real', type: [0x6d, 4], value: sized(Buffer.from(new Float32Array([0.1]).buffer)), is: 0.1 },
    { name: 'float', type: [0x6d, 8], value: sized(Buffer.from(new Float64Array([0.1]).buffer)), is: 0.1 },
    { name: 'day', type: [0x28], value: sized(date('2026-06-01')), is: '2026-06-01' },
    { name: 'clock', type: [0x29, 7], value: sized(time(HALF_PAST_EIGHT)), is: '08:30:00.1234567' },
    {
      ...{ name: 'at', type: [0x2a, 7], is: '2026-06-01T08:30:00.1234567' },
      value: sized(Buffer.concat([time(HALF_PAST_EIGHT), date('2026-06-01')])),
    },
    {
      ...{ name: 'zoned', type: [0x2b, 7], is: '2026-06-01T08:30:00.1234567Z' },
      // In UTC on the wire, and the offset of China.
      value: sized(Buffer.concat([time(HALF_PAST_EIGHT), date('2026-06-01'), bytes(0xe0, 0x01)])),
    },
    { name: 'text', type: [0xe7, 80, 0, ...COLLATION], value: wide(Buffer.from('心内科 𠮷', 'utf16le')), is: '心内科 𠮷' },
    { name: 'bytes', type: [0xa5, 80, 0], value: wide(bytes(0, 255, 10)), is: 'AP8K' },
    { name: 'nothing', type: [0xe7, 80, 0, ...COLLATION], value: bytes(0xff, 0xff), is: null },
  ];
  const answer = (text: string) => (text.includes('FROM t') ? result(columns, [columns.map(({ value }) => value)]) : done(0));
  const { connection } = await open(t, { answer });
  const [[row] = []] = await batchesOf(connection, 'SELECT * FROM t');
  assert.deepEqual(row, Object.fromEntries(columns.map(({ name, is }) => [name, is])));
});

test('rows come in batches, and a later statement goes on after an early end', async (t) => {
  const rows = Array.from({ length: 2500 }, (_, n) => [sized(bytes(n & 0xff, n >> 8, 0, 0))]);
  const answer = (text: string) => (text.includes('FROM t') ? result([{ name: 'n', type: [0x26, 4] }], rows) : done(3));
  const { server, connection } = await open(t, { answer });
  const batches = await batchesOf(connection, 'SELECT n FROM t');
  assert.deepEqual([batches.map(({ length }) => length), batches[2]![499]], [[1000, 1000, 500], { n: 2499 }]);
  for await (const batch of connection.rows({ text: 'SELECT n FROM t', values: [] }, { ...LIMITS, batchRows: 10 })) {
    assert.equal(batch.length, 10);
    break;
  }
  const values = ['心内科', 7, 2 ** 40, 0.5, true, null, Buffer.from('x')];
  const text = 'UPDATE t SET a=@kq1, b=@kq2, c=@kq3, d=@kq4, e=@kq5, f=@kq6, g=@kq7';
  assert.deepEqual(await connection.run({ text, values }), { affected: 3 });
  const sent = server.requests.at(-1)!;
  assert.ok(sent.includes(text) && sent.includes('@kq1 nvarchar') && sent.includes('@kq3 bigint') && sent.includes('@kq7 varbinary'), sent);
});

test('a transaction that reads is taken back', async (t) => {
  const { server, connection } = await open(t, {});
  await connection.begin('read');
  await connection.commit();
  await connection.begin('write');
  await connection.commit();
  const sent = server.requests.slice(-4).map((text) => /BEGIN|ROLLBACK|COMMIT/.exec(text)?.[0]);
  assert.deepEqual(sent, ['BEGIN', 'ROLLBACK', 'BEGIN', 'COMMIT']);
});

test('errors of the server get the codes that all databases have, without values', async (t) => {
  let next: Buffer = done(0);
  const { connection } = await open(t, { answer: () => next });
  const cases: readonly (readonly [number, string, string, ErrorKind, Readonly<Record<string, unknown>>])[] = [
    [
      2627,
      "Violation of PRIMARY KEY constraint 'PK_visits'. Cannot insert duplicate key in object 'dbo.visits'. The duplicate key value is ('a').",
      ...(['DATABASE_CONSTRAINT', 'input', { problem: 'unique', name: 'PK_visits' }] as const),
    ],
    [
      547,
      'The INSERT statement conflicted with the FOREIGN KEY constraint "FK_ward". The conflict occurred in database "lis", table "dbo.wards".',
      ...(['DATABASE_CONSTRAINT', 'input', { problem: 'reference', name: 'FK_ward' }] as const),
    ],
    [
      547,
      'The INSERT statement conflicted with the CHECK constraint "CK_age". The conflict occurred in database "lis".',
      ...(['DATABASE_CONSTRAINT', 'input', { problem: 'check', name: 'CK_age' }] as const),
    ],
    [
      515,
      "Cannot insert the value NULL into column 'visit', table 'lis.dbo.visits'; column does not allow nulls. INSERT fails.",
      ...(['DATABASE_CONSTRAINT', 'input', { problem: 'required', name: 'visit' }] as const),
    ],
    [1205, 'Transaction (Process ID 52) was deadlocked.', 'DATABASE_CONFLICT', 'transient', {}],
    [208, "Invalid object name 'nowhere'.", 'DATABASE_STATEMENT_REFUSED', 'input', { message: "Invalid object name 'nowhere'." }],
    [1105, 'Could not allocate space.', 'DATABASE_SERVER_ERROR', 'transient', {}],
  ];
  for (const [number, message, code, kind, values] of cases) {
    next = error(number, message);
    await assert.rejects(connection.run({ text: 'INSERT', values: [] }), failsWith(code, kind, values));
  }
  next = error(245, "Conversion failed when converting the varchar value 'Wang' to data type int.");
  await assert.rejects(connection.run({ text: 'INSERT', values: [] }), (thrown: AppError) => {
    assert.ok(!thrown.message.includes('Wang') && !JSON.stringify(thrown.values).includes('Wang'));
    return failsWith('DATABASE_STATEMENT_REFUSED', 'input', { code: '245' })(thrown);
  });
});

test('a statement ends at its time limit, and when the connection is closed', async (t) => {
  const answer = (text: string) => (text.includes('WAITFOR') ? undefined : done(0));
  const { server, connection } = await open(t, { answer }, { timeoutMs: 300 });
  await assert.rejects(connection.run({ text: 'WAITFOR', values: [] }), failsWith('DATABASE_TIMEOUT', 'transient'));
  assert.equal(server.requests.at(-1), 'attention');
  assert.deepEqual(await connection.run({ text: 'SELECT 1', values: [] }), { affected: 0 });
  const second = await open(t, { answer }, { timeoutMs: 60_000 });
  const running = second.connection.run({ text: 'WAITFOR', values: [] });
  await eventually(() => second.server.requests.some((text) => text.includes('WAITFOR')));
  second.connection.close();
  await assert.rejects(running, failsWith('DATABASE_NO_ANSWER', 'transient'));
  await eventually(() => second.server.requests.at(-1) === 'attention');
  assert.equal(second.connection.isUsable, false);
});

test('a login is refused by its reason, and nothing is connected that is not allowed', async (t) => {
  const opening = async (options: TdsOptions, changed: Partial<Target> = {}) => {
    const server = await startTdsServer(options);
    t.after(() => server.stop());
    return sqlserver.open(target(server.port, changed));
  };
  const refused = (problem: string) => failsWith('DATABASE_LOGIN_REFUSED', 'input', { problem });
  await assert.rejects(opening({ login: error(18_456, "Login failed for user 'kangqiao'.") }), refused('password'));
  await assert.rejects(opening({ login: error(4060, 'Cannot open database "lis" requested by the login.') }), refused('database'));
  const outbound = createOutboundGuard({ isExcepted: () => false });
  await assert.rejects(opening({}, { outbound }), failsWith('OUTBOUND_REFUSED', 'input'));
  await assert.rejects(sqlserver.open(target(1)), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
  await assert.rejects(opening({}, { signal: AbortSignal.abort() }), failsWith('DATABASE_STOPPED', 'transient'));
  const silent = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  t.after(() => void silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  await assert.rejects(sqlserver.open(target(port, { connectTimeoutMs: 300 })), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
});

test('TLS is demanded, and checks the chain and the name', async (t) => {
  const [own, foreign] = [await createAuthority(), await createAuthority()];
  const server = await startTdsServer({ tls: await own.issue('sqlserver', 'lis-db.example') });
  t.after(() => server.stop());
  const connection = await sqlserver.open(target(server.port, { tls: { ca: own.ca, serverName: 'lis-db.example' } }));
  assert.deepEqual(await connection.run({ text: 'SELECT 1', values: [] }), { affected: 0 });
  connection.close();
  const failed = failsWith('DATABASE_CONNECT_FAILED', 'transient');
  for (const tls of [
    { ca: own.ca, serverName: 'other.example' },
    { ca: own.ca },
    { ca: foreign.ca, serverName: 'lis-db.example' },
    { serverName: 'lis-db.example' },
  ])
    await assert.rejects(sqlserver.open(target(server.port, { tls })), failed);
  const plain = await startTdsServer({});
  t.after(() => plain.stop());
  await assert.rejects(sqlserver.open(target(plain.port, { tls: {} })), failsWith('DATABASE_TLS_REQUIRED', 'input', { problem: 'server' }));
});
