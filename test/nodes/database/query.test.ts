import assert from 'node:assert/strict';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { AppError, type ErrorKind } from '../../../engine/contract/values/errors.ts';
import type { ProbeContext, ProbeStep } from '../../../engine/contract/node/probe.ts';
import { anyFile, anywhere } from '../../../engine/testing/anywhere.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { resolveAdapter, runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import databaseQuery from '../../../nodes/database/query.node.ts';
import { preparePostgres, startPostgres, type PostgresServer } from '../../servers/postgres.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'rows, the first row or a single value are emitted',
  slow: 'a statement beyond the time limit is ended by the database, and the connection is used again',
  'half-open': 'a database that accepts and never answers, or stalls in the middle, is no answer within the time limit',
  refusal: 'what the database refuses is an input error that says why',
  duplicate: 'a second run with the same key reads again',
  cancel: 'a cancel ends the statement in the database',
  '10 MB': 'a value of 10 MB goes in and out',
});

const reason = preparePostgres();
const skip = reason ?? false;
let server: PostgresServer;
before(async () => {
  if (reason === undefined) server = await startPostgres({ password: 'Wei-1' });
});
after(() => server?.stop());

interface Options extends Omit<RunNodeOptions, 'adapter'> {
  readonly settings?: object;
  readonly limits?: object;
  readonly adapterId?: string;
}

const settingsOf = (settings: object = {}) => ({
  ...{ engine: 'postgresql', host: '127.0.0.1', port: server.port, database: 'postgres', user: 'postgres' },
  ...settings,
});

async function query(sql: string, config: object = {}, { settings, limits, adapterId = 'adp_query', ...options }: Options = {}) {
  const outcome = await runNode(databaseQuery, {
    config: { sql, ...config },
    adapter: { adapterId, settings: settingsOf(settings), limits: { timeoutMs: 5000, ...limits } },
    secrets: { '': 'Wei-1' },
    ...options,
  });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data;
}

const failsWith =
  (code: string, kind: ErrorKind, message = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof AppError, String(error));
    assert.deepEqual([error.code, error.kind], [code, kind], error.message);
    assert.match(error.message, message);
    return true;
  };
const bind = (values: Readonly<Record<string, unknown>>) => ({
  parameters: Object.entries(values).map(([name, value]) => ({ name, value: { value } })),
});

test('rows, the first row or a single value are emitted', { skip }, async () => {
  const sql = 'SELECT n, :who::text AS who FROM generate_series(1, :last::int) AS n';
  const parameters = [
    { name: 'who', value: { path: 'data.name' } },
    { name: 'last', value: { expression: '$count(data.items)' } },
  ];
  const data = { name: "张三'; DROP TABLE x", items: [1, 2] };
  assert.deepEqual(await query(sql, { parameters }, { data }), [
    { n: 1, who: data.name },
    { n: 2, who: data.name },
  ]);
  assert.deepEqual(await query(sql, { parameters, result: 'row' }, { data }), { n: 1, who: data.name });
  assert.equal(await query(sql, { parameters, result: 'value' }, { data }), 1);
  const none = 'SELECT 1 AS n WHERE false';
  assert.deepEqual(await query(none), []);
  assert.equal(await query(none, { result: 'row' }), null);
  assert.equal(await query(none, { result: 'value' }), null);
  assert.equal(await query('SELECT :a::int', { ...bind({ a: undefined }), result: 'value' }), null);
  assert.deepEqual(await query('SELECT x FROM jsonb_array_elements_text(:ids::jsonb) AS x', bind({ ids: ['甲', '乙'] })), [
    { x: '甲' },
    { x: '乙' },
  ]);
});

test('a large result is written to a blob, one JSON row per line', { skip }, async () => {
  const blobs = memoryBlobs();
  const sql = "SELECT n, repeat('病', 10) AS t FROM generate_series(1, 12345) AS n";
  const data = (await query(sql, { result: 'blob', maxRows: 20_000 }, { blobs })) as { blobId: string; sizeBytes: number; rows: number };
  assert.equal(data.rows, 12_345);
  const parts: Uint8Array[] = [];
  for await (const part of blobs.get(data.blobId)) parts.push(part);
  const lines = Buffer.concat(parts).toString().trimEnd().split('\n');
  assert.equal(Buffer.concat(parts).length, data.sizeBytes);
  assert.deepEqual([lines.length, JSON.parse(lines[12_344]!)], [12_345, { n: 12_345, t: '病'.repeat(10) }]);
});

test('more rows or bytes than allowed are refused, never cut', { skip }, async () => {
  const many = 'SELECT n FROM generate_series(1, 20) AS n';
  assert.equal(((await query(many, { maxRows: 20 })) as unknown[]).length, 20);
  await assert.rejects(query(many, { maxRows: 19 }), failsWith('DATABASE_TOO_MANY_ROWS', 'input', /19/));
  const row = "SELECT repeat('x', 2000) AS t";
  await assert.rejects(query(row, { maxRowBytes: 1024 }), failsWith('DATABASE_ROW_TOO_LARGE', 'input', /1024/));
  await assert.rejects(query("SELECT repeat('x', 100000000) AS t", { maxRowBytes: 1024 }), failsWith('DATABASE_ROW_TOO_LARGE', 'input'));
  await assert.rejects(query(row, {}, { limits: { maxResponseBytes: 2000 } }), failsWith('DATABASE_RESULT_TOO_LARGE', 'input', /2000/));
  await assert.rejects(query(row, { result: 'blob', maxBlobBytes: 1024 }), failsWith('DATABASE_RESULT_TOO_LARGE', 'input', /1024/));
  assert.equal(await query('SELECT 1', { result: 'value' }), 1);
});

test('a value of 10 MB goes in and out', { skip }, async () => {
  const text = '病历摘要'.repeat(833_334);
  const limits = { maxResponseBytes: 20_000_000 };
  const out = await query('SELECT :t::text AS t', { ...bind({ t: text }), result: 'value', maxRowBytes: 20_000_000 }, { limits });
  assert.ok(out === text);
});

test('what the database refuses is an input error that says why', { skip }, async () => {
  await assert.rejects(
    query('SELECT nothing'),
    failsWith('DATABASE_STATEMENT_REFUSED', 'input', /character 8 \(42703\): column "nothing" does not exist/),
  );
  await assert.rejects(query('CREATE TABLE t (a int)'), failsWith('DATABASE_STATEMENT_REFUSED', 'input', /only reads/));
  await assert.rejects(query('SELECT :a::int', bind({ a: '身份证' })), (error: AppError) => {
    assert.equal(error.code, 'DATABASE_STATEMENT_REFUSED');
    return !JSON.stringify([error.message, error.values]).includes('身份证');
  });
  await assert.rejects(query('SELECT :a::text', bind({ a: 'x\0' })), failsWith('DATABASE_PARAMETER', 'input'));
  await assert.rejects(
    query('SELECT 1', {}, { secrets: { '': 'wrong' }, adapterId: 'adp_wrong' }),
    failsWith('DATABASE_LOGIN_REFUSED', 'input'),
  );
  const far = { settings: { host: 'db.example' }, adapterId: 'adp_far' };
  await assert.rejects(query('SELECT 1', {}, far), failsWith('DATABASE_TLS_REQUIRED', 'input'));
});

test('a configuration names its mistakes', async () => {
  const refused = (config: object, problem: RegExp) =>
    assert.rejects(
      runNode(databaseQuery, { config: config as Record<string, unknown>, adapter: { settings: {} } }),
      (error: AppError) => error.code === 'NODE_CONFIG_WRONG' && problem.test(error.message),
    );
  await refused({ sql: 'SELECT :a' }, /\/sql :a has no value/);
  await refused({ sql: 'SELECT 1', ...bind({ a: 1 }) }, /\/parameters\/0\/name does not occur/);
  await refused(
    { sql: 'SELECT :a', parameters: [...bind({ a: 1 }).parameters, ...bind({ a: 2 }).parameters] },
    /\/parameters\/1\/name is there twice/,
  );
  await refused({ sql: 'SELECT 1; SELECT 2' }, /more than one statement/);
});

test('a statement beyond the time limit is ended by the database, and the connection is used again', { skip }, async () => {
  const options = { limits: { timeoutMs: 300 }, adapterId: 'adp_slow', settings: { connections: 1 } };
  const pid = await query('SELECT pg_backend_pid()', { result: 'value' }, options);
  await assert.rejects(query('SELECT pg_sleep(30)', {}, options), failsWith('DATABASE_TIMEOUT', 'transient', /300 ms/));
  assert.equal(await query('SELECT pg_backend_pid()', { result: 'value' }, options), pid);
});

test('a cancel ends the statement in the database', { skip }, async () => {
  const stop = new AbortController();
  const running = query('SELECT pg_sleep(30) /* cancelled */', {}, { signal: stop.signal });
  const count = 'SELECT count(*) FROM pg_stat_activity WHERE query LIKE :q AND state = :s';
  const active = () => query(count, { ...bind({ q: '%pg\\_sleep%cancelled%', s: 'active' }), result: 'value' });
  const until = async (count: number) => {
    while ((await active()) !== count) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const rejected = assert.rejects(running, failsWith('DATABASE_NO_ANSWER', 'transient', /stopped/));
  await until(1);
  stop.abort();
  await rejected;
  await until(0);
  await assert.rejects(query('SELECT 1', {}, { signal: AbortSignal.abort() }), failsWith('DATABASE_NO_ANSWER', 'transient'));
});

test('a second run with the same key reads again', { skip }, async () => {
  const at = () => query('SELECT clock_timestamp()', { result: 'value' }, { idempotencyKey: 'same' });
  assert.notEqual(await at(), await at());
});

test('a database that accepts and never answers, or stalls in the middle, is no answer within the time limit', { skip }, async (t) => {
  const silent = await listen(t, () => undefined);
  const limits = { connectTimeoutMs: 200, timeoutMs: 300 };
  const toSilent = { settings: { port: silent }, limits, adapterId: 'adp_silent' };
  await assert.rejects(query('SELECT 1', {}, toSilent), failsWith('DATABASE_CONNECT_FAILED', 'transient'));

  let isStalling = false;
  const stalling = await listen(t, (socket) => {
    const upstream = connect(server.port, '127.0.0.1');
    t.after(() => upstream.destroy());
    socket.pipe(upstream);
    upstream.on('data', (chunk) => void (isStalling || socket.write(chunk)));
  });
  const toStalling = { settings: { port: stalling }, limits: { ...limits, connectTimeoutMs: 2000 }, adapterId: 'adp_stalling' };
  assert.equal(await query('SELECT 1', { result: 'value' }, toStalling), 1);
  isStalling = true;
  await assert.rejects(query('SELECT 1', {}, toStalling), failsWith('DATABASE_NO_ANSWER', 'transient', /300 ms/));
  isStalling = false;
  assert.equal(await query('SELECT 1', { result: 'value' }, toStalling), 1);
});

async function listen(t: { after(action: () => void): void }, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const listener: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return (listener.address() as { readonly port: number }).port;
}

function probeContext(settings: object, report?: (step: ProbeStep) => void): ProbeContext {
  const adapter = resolveAdapter('database', { adapterId: 'adp_probe', settings: settingsOf(settings) });
  const { signal } = new AbortController();
  return { adapter, outbound: anywhere, files: anyFile, signal, clock: wallClock(), report, secret: async () => 'Wei-1' };
}

test('the connection test says how far it came', { skip }, async () => {
  await query('SELECT 1');
  const health = await databaseQuery.probe!(probeContext({}));
  assert.deepEqual(
    [health.ok, health.steps.map(({ name }) => name.en)],
    [true, ['Settings', 'Name lookup (DNS)', 'TCP connection', 'Login', 'Readable tables and views']],
  );
  const failed = await databaseQuery.probe!(probeContext({ database: 'nowhere' }));
  assert.deepEqual([failed.ok, failed.steps.at(-1)!.error!.code, failed.steps.length], [false, 'DATABASE_LOGIN_REFUSED', 4]);
});

test('the tables and views of the database are offered with their columns, and their statement runs', { skip }, async () => {
  const { Client } = await import('pg');
  const client = new Client({ ...settingsOf(), password: 'Wei-1' } as object);
  await client.connect();
  await client.query(`CREATE SCHEMA lis; CREATE TABLE lis."检验 结果" (id bigint PRIMARY KEY, "Value" numeric, taken timestamptz NOT NULL);
    COMMENT ON TABLE lis."检验 结果" IS '检验结果'; CREATE VIEW lis.recent AS SELECT id FROM lis."检验 结果";
    INSERT INTO lis."检验 结果" VALUES (1, 5.5, '2026-06-01 08:00:00+08')`);
  await client.end();
  const offers = await databaseQuery.offers!(probeContext({}));
  const [table, view] = ['lis.检验 结果', 'lis.recent'].map((name) => offers.find((offer) => offer.name === name));
  assert.deepEqual([table!.about, view!.config['result']], ['检验结果', 'rows']);
  assert.deepEqual(table!.gives, {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        id: { type: 'integer', description: 'bigint' },
        Value: { type: ['string', 'null'], description: 'numeric' },
        taken: { type: 'string', description: 'timestamp with time zone' },
      },
      required: ['id', 'Value', 'taken'],
    },
  });
  const { sql, ...config } = table!.config as { readonly sql: string };
  assert.deepEqual(await query(sql, config), [{ id: 1, Value: '5.5', taken: '2026-06-01T00:00:00Z' }]);
});
