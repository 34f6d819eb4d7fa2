import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { test, type TestContext } from 'node:test';
import oracledb, { type DbType } from 'oracledb';
import { AppError, type ErrorKind } from '../../../../engine/contract/values/errors.ts';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import type { Target } from '../../../../nodes/database/drivers/driver.ts';
import { fractionOf, localText } from '../../../../nodes/database/drivers/oracle/oracle-client.ts';
import { toColumns } from '../../../../nodes/database/drivers/oracle/oracle-columns.ts';
import { translateStatement } from '../../../../nodes/database/drivers/oracle/oracle-errors.ts';
import { fetchedAs, readerOf, toBinds } from '../../../../nodes/database/drivers/oracle/oracle-values.ts';
import oracle from '../../../../nodes/database/drivers/oracle/oracle.ts';
import { createAuthority } from '../../../support/certificates.ts';

const failsWith =
  (code: string, kind: ErrorKind, values: Readonly<Record<string, unknown>> = {}) =>
  (thrown: unknown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.deepEqual([thrown.code, thrown.kind], [code, kind], thrown.message);
    assert.deepEqual({ ...thrown.values, ...values }, thrown.values);
    return true;
  };
const target = (port: number, changed: Partial<Target> = {}): Target => ({
  ...{ host: '127.0.0.1', port, database: 'lis.hospital', user: 'kangqiao', password: 'Wei-1', tls: undefined },
  ...{ connectTimeoutMs: 2000, timeoutMs: 2000, outbound: anywhere, signal: new AbortController().signal },
  ...changed,
});

/** A listener that answers each connection with these bytes, once it was sent something. */
async function listener(t: TestContext, answer: Buffer | undefined) {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      requests.push(data.toString('latin1'));
      if (answer !== undefined) socket.write(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

/** A packet of Oracle Net. */
function packet(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(8 + body.length, 0);
  head[4] = type;
  return Buffer.concat([head, body]);
}

function refuse(code: number): Buffer {
  const text = Buffer.from(`(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=${code})(ERROR_STACK=(ERROR=(CODE=${code})(EMFI=4))))`);
  const head = Buffer.from([0, 0, 0, 0]);
  head.writeUInt16BE(text.length, 2);
  return packet(4, Buffer.concat([head, text]));
}

function redirect(port: number): Buffer {
  const text = Buffer.from(`(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=${port}))`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return packet(5, Buffer.concat([length, text]));
}

test('nothing of native code is loaded, and a listener that refuses or does not answer is no database', async (t) => {
  const unknown = await listener(t, refuse(12_514));
  await assert.rejects(oracle.open(target(unknown.port)), failsWith('DATABASE_LOGIN_REFUSED', 'input', { problem: 'database' }));
  assert.match(unknown.requests[0]!, /SERVICE_NAME=lis\.hospital/);
  const silent = await listener(t, undefined);
  await assert.rejects(oracle.open(target(silent.port, { connectTimeoutMs: 1000 })), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
  await assert.rejects(oracle.open(target(1)), failsWith('DATABASE_CONNECT_FAILED', 'transient'));
  const stopped = { signal: AbortSignal.abort() };
  await assert.rejects(oracle.open(target(silent.port, stopped)), failsWith('DATABASE_STOPPED', 'transient'));
  assert.equal(oracledb.thin, true);
  const { sharedObjects } = process.report.getReport() as { readonly sharedObjects: readonly string[] };
  assert.deepEqual(
    sharedObjects.filter((file) => file.includes('oracledb')),
    [],
  );
});

test('a service name cannot add anything to the address', async (t) => {
  const { port, requests } = await listener(t, refuse(12_514));
  for (const database of ['lis?https_proxy=evil.example', 'lis)(HOST=evil', 'lis/x'])
    await assert.rejects(oracle.open(target(port, { database })), failsWith('DATABASE_LOGIN_REFUSED', 'input', { problem: 'database' }));
  assert.deepEqual(requests, []);
});

test('it connects only where it is allowed, also when the listener sends it elsewhere', async (t) => {
  const inside = await listener(t, refuse(12_514));
  const outside = await listener(t, redirect(inside.port));
  const refused = failsWith('OUTBOUND_REFUSED', 'input');
  await assert.rejects(oracle.open(target(outside.port, { outbound: createOutboundGuard({ isExcepted: () => false }) })), refused);
  const outbound = createOutboundGuard({ isExcepted: (_host, _address, port) => port === outside.port });
  await assert.rejects(oracle.open(target(outside.port, { outbound })), refused);
  assert.deepEqual(inside.requests, []);
  await assert.rejects(oracle.open(target(outside.port)), failsWith('DATABASE_LOGIN_REFUSED', 'input'));
  assert.equal(inside.requests.length, 1);
});

test('TLS checks the chain and the name', async (t) => {
  const [own, foreign] = [await createAuthority(), await createAuthority()];
  let secured = 0;
  const server = createTlsServer(await own.issue('oracle', 'lis-db.example'), (socket) => {
    secured += 1;
    socket.on('error', () => undefined).on('data', () => socket.write(refuse(12_514)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const refused = failsWith('DATABASE_LOGIN_REFUSED', 'input', { problem: 'database' });
  await assert.rejects(oracle.open(target(port, { tls: { ca: own.ca, serverName: 'lis-db.example' } })), refused);
  assert.equal(secured, 1);
  const failed = failsWith('DATABASE_CONNECT_FAILED', 'transient');
  for (const tls of [
    { ca: own.ca, serverName: 'other.example' },
    { ca: own.ca },
    { ca: foreign.ca, serverName: 'lis-db.example' },
    { serverName: 'lis-db.example' },
  ])
    await assert.rejects(oracle.open(target(port, { tls })), failed);
});

test('values keep all their digits, in the forms that all databases have', () => {
  const read = (dbType: DbType, value: unknown) => readerOf({ dbType })(value);
  const { DB_TYPE_NUMBER: number, DB_TYPE_BINARY_FLOAT: float, DB_TYPE_RAW: raw, DB_TYPE_VARCHAR: text, DB_TYPE_JSON: json } = oracledb;
  assert.deepEqual(
    [read(number, '42'), read(number, '9007199254740993'), read(number, '-0.005'), read(float, Math.fround(0.1))],
    [42, '9007199254740993', '-0.005', 0.1],
  );
  assert.deepEqual([read(raw, Buffer.from([0, 255])), read(text, '心内科'), read(json, { a: [1] })], ['AP8=', '心内科', { a: [1] }]);
  assert.deepEqual(fetchedAs({ dbType: number }), { type: oracledb.STRING });
  assert.deepEqual(fetchedAs({ dbType: oracledb.DB_TYPE_BLOB }), { type: oracledb.BUFFER });
  assert.equal(fetchedAs({ dbType: text }), undefined);
  // 2026-06-01 08:30:05
  assert.equal(localText(Buffer.from([120, 126, 6, 1, 9, 31, 6])), '2026-06-01T08:30:05');
  assert.deepEqual([fractionOf(0), fractionOf(123_456_700), fractionOf(5)], ['', '.1234567', '.000000005']);
  const binds = toBinds(['a', 7, true, null, Buffer.from('x')]);
  assert.deepEqual(
    Object.entries(binds).map(([name, { val, type }]) => [name, val as unknown, type]),
    [
      ['kq1', 'a', oracledb.STRING],
      ['kq2', 7, oracledb.NUMBER],
      ['kq3', 1, oracledb.NUMBER],
      ['kq4', null, oracledb.STRING],
      ['kq5', Buffer.from('x'), oracledb.BUFFER],
    ],
  );
});

test('times are read with all their digits, in any time zone of this process', async () => {
  // The driver has replaced the reader of the client, because it opened a connection before.
  const { createRequire } = await import('node:module');
  const require = createRequire(import.meta.url);
  const { BaseBuffer } = require('oracledb/lib/impl/datahandlers/buffer.js') as {
    readonly BaseBuffer: { readonly prototype: { parseOracleDate(bytes: Buffer, isLocal?: boolean): unknown } };
  };
  const at = [120, 126, 6, 1, 9, 31, 6];
  const nanoseconds = Buffer.alloc(4);
  nanoseconds.writeUInt32BE(123_456_789);
  const read = (bytes: Buffer, isLocal?: boolean) => BaseBuffer.prototype.parseOracleDate(bytes, isLocal);
  assert.equal(read(Buffer.from(at)), '2026-06-01T08:30:05');
  assert.equal(read(Buffer.concat([Buffer.from(at), nanoseconds])), '2026-06-01T08:30:05.123456789');
  assert.equal(read(Buffer.concat([Buffer.from(at), nanoseconds, Buffer.from([28, 60])]), false), '2026-06-01T08:30:05.123456789Z');
});

test('errors get the codes that all databases have, without values', () => {
  const oracleError = (errorNum: number, message: string, offset = 0) => {
    const code = `ORA-${String(errorNum).padStart(5, '0')}`;
    return translateStatement(Object.assign(new Error(`${code}: ${message}`), { code, errorNum, offset }), 2000);
  };
  const problem = ({ code, kind, values }: AppError) => [code, kind, values['problem'], values['name']];
  const unique =
    'unique constraint (LIS.PK_VISITS) violated on table LIS.VISITS columns (VISIT)\nORA-03301: (ORA-00001 details) row with column values (VISIT:Wang) already exists';
  assert.deepEqual(problem(oracleError(1, unique)), ['DATABASE_CONSTRAINT', 'input', 'unique', 'LIS.PK_VISITS']);
  assert.deepEqual(problem(oracleError(2291, '违反完整约束条件 (LIS.FK_WARD) - 未找到父项关键字')), [
    ...['DATABASE_CONSTRAINT', 'input', 'reference', 'LIS.FK_WARD'],
  ]);
  assert.deepEqual(problem(oracleError(1400, 'cannot insert NULL into ("LIS"."VISITS"."NAME")')), [
    ...['DATABASE_CONSTRAINT', 'input', 'required', 'LIS.VISITS.NAME'],
  ]);
  assert.equal(oracleError(60, 'deadlock detected').code, 'DATABASE_CONFLICT');
  assert.equal(oracleError(3113, 'end-of-file on communication channel').code, 'DATABASE_NO_ANSWER');
  assert.equal(oracleError(1653, 'unable to extend table').code, 'DATABASE_SERVER_ERROR');
  assert.deepEqual(problem(oracleError(1456, 'may not perform insert')).slice(0, 3), ['DATABASE_STATEMENT_REFUSED', 'input', 'read-only']);
  const refused = oracleError(942, 'table or view does not exist\nHelp: https://docs.oracle.com/error-help/db/ora-00942/', 14);
  assert.deepEqual(refused.values, {
    problem: 'message',
    message: 'ORA-00942: table or view does not exist',
    code: 'ORA-00942',
    position: 15,
  });
  assert.ok(!oracleError(1861, 'literal Wang does not match format string').message.includes('Wang'));
  assert.equal(translateStatement(Object.assign(new Error('call timeout'), { code: 'NJS-123' }), 2000).code, 'DATABASE_TIMEOUT');
  assert.equal(translateStatement(Object.assign(new Error('closed'), { code: 'NJS-500' }), 2000).code, 'DATABASE_NO_ANSWER');
});

test('columns are described', () => {
  const row = {
    schema: 'LIS',
    table: 'VISITS',
    kind: 'TABLE',
    about: null,
    name: 'N',
    type: 'NUMBER',
    digits: 10,
    scale: 0,
    size: 0,
    nullable: 'N',
    key: 1,
  };
  assert.deepEqual(toColumns([row, { ...row, name: 'T', type: 'TIMESTAMP(6)', digits: null, scale: 6, nullable: 'Y', key: 0 }]), [
    { schema: 'LIS', table: 'VISITS', kind: 'table', name: 'N', type: 'NUMBER(10,0)', form: 'integer', isNullable: false, isKey: true },
    { schema: 'LIS', table: 'VISITS', kind: 'table', name: 'T', type: 'TIMESTAMP(6)', form: 'timestamp', isNullable: true, isKey: false },
  ]);
});
