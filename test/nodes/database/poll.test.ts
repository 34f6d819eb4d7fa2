/** The polling trigger with a real PostgreSQL. */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { Client } from 'pg';
import type { Arrival, ArrivalResult } from '../../../engine/contract/node/node.ts';
import { AppError, toErrorRecord } from '../../../engine/contract/values/errors.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { listenTrigger, memoryPosition, type ListenTriggerOptions } from '../../../engine/testing/listen-trigger.ts';
import databasePoll from '../../../nodes/database/poll.node.ts';
import { eventually } from '../../conformance/eventually.ts';
import { preparePostgres, startPostgres, type PostgresServer } from '../../servers/postgres.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'each row starts the flow once and in order, also one that commits later',
  slow: 'a database that goes away ends the trigger, which continues where it was',
  'half-open': 'a database that goes away ends the trigger, which continues where it was',
  refusal: 'a refused row stops the reading, is passed over, or is marked as failed',
  duplicate: 'after a crash, rows that may not be kept have the same dedupe key',
  cancel: 'stopped in the midst of its rows, it settles the one under way and leaves the others',
  '10 MB': 'a row of 10 MB comes whole, and one above the limit is named',
});

const reason = preparePostgres();
const skip = reason ?? false;
let server: PostgresServer;
let admin: Client;
before(async () => {
  if (reason !== undefined) return;
  server = await startPostgres({ password: 'Wei-1' });
  admin = await connect();
});
after(async () => {
  await admin?.end();
  await server?.stop();
});

async function connect(): Promise<Client> {
  const client = new Client({ host: '127.0.0.1', port: server.port, user: 'postgres', password: 'Wei-1', database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

let tables = 0;
async function createTable(t: TestContext): Promise<string> {
  const table = `orders_${++tables}`;
  await admin.query(
    `CREATE TABLE ${table} (id bigint PRIMARY KEY, changed_at timestamp NOT NULL DEFAULT '2026-01-05 09:30:00', status text DEFAULT 'NEW', note text)`,
  );
  t.after(() => admin.query(`DROP TABLE ${table}`).catch(() => undefined));
  return table;
}

const byMark = (more: object = {}) => ({
  byMark: { column: 'changed_at', kind: 'time', keyColumns: ['id'], from: '2026-01-01', ...more },
});
const marked = (table: string) => `SELECT id, changed_at, note FROM ${table} WHERE changed_at >= :after ORDER BY changed_at, id`;
const numbered = (table: string) => `SELECT id, note FROM ${table} WHERE id >= :after ORDER BY id`;
const idOf = ({ message }: Arrival) => (message.data as { readonly id: number }).id;
const refused = (kind: 'input' | 'transient'): ArrivalResult => ({
  status: 'refused',
  error: toErrorRecord(new AppError('FLOW_REFUSED', kind, 'No.')),
});

async function poll(t: TestContext, config: object, options: Partial<ListenTriggerOptions> = {}) {
  const clock: FakeClock = fakeClock();
  const trigger = await listenTrigger(databasePoll, {
    config: { everySec: 10, ...config },
    adapter: {
      adapterId: 'adp_poll',
      settings: { engine: 'postgresql', host: '127.0.0.1', port: server.port, database: 'postgres', user: 'postgres' },
      // The fake clock runs on while the database works.
      limits: { timeoutMs: 3_000_000 },
    },
    secrets: { '': 'Wei-1' },
    clock,
    ...options,
  } as ListenTriggerOptions);
  t.after(() => trigger.stop());
  const ids = () => trigger.arrivals.map(idOf);
  return {
    trigger,
    clock,
    ids,
    /** Lets time pass until so many rows came, and one more look, which must bring none. */
    async looks(expected: readonly number[]) {
      await passTime(clock, () => ids().length >= expected.length);
      await clock.advance(10_000);
      assert.deepEqual(ids(), expected);
    },
  };
}

async function passTime(clock: FakeClock, isEnough: () => boolean | Promise<boolean>): Promise<void> {
  await eventually(async () => {
    await clock.advance(1000);
    return isEnough();
  });
}

test('each row starts the flow once and in order, also one that commits later', { skip }, async (t) => {
  const table = await createTable(t);
  await admin.query(
    `INSERT INTO ${table} (id, changed_at) VALUES (3, '2026-01-05 09:30:02'), (1, '2026-01-05 09:30:00'), (2, '2026-01-05 09:30:00.5')`,
  );
  const { trigger, looks } = await poll(t, { sql: marked(table), ...byMark(), batchRows: 2 });
  await looks([1, 2, 3]);
  assert.deepEqual(trigger.arrivals[1]!.message.data, { id: 2, changed_at: '2026-01-05T09:30:00.5', note: null });
  const late = await connect();
  await late.query('BEGIN');
  await late.query(`INSERT INTO ${table} (id, changed_at) VALUES (4, '2026-01-05 09:30:01')`);
  await admin.query(`INSERT INTO ${table} (id, changed_at) VALUES (5, '2026-01-05 09:31:00')`);
  await looks([1, 2, 3, 5]);
  await late.query('COMMIT');
  await late.end();
  await looks([1, 2, 3, 5, 4]);
  await admin.query(`UPDATE ${table} SET changed_at = '2026-01-05 09:32:00', note = '改' WHERE id = 1`);
  await looks([1, 2, 3, 5, 4, 1]);
  await looks([1, 2, 3, 5, 4, 1]);
});

test('many rows with one time, and numbers as positions, are read batch by batch', { skip }, async (t) => {
  const table = await createTable(t);
  await admin.query(`INSERT INTO ${table} (id) SELECT n FROM generate_series(1, 3000) AS n`);
  const all = Array.from({ length: 3000 }, (_, i) => i + 1);
  const byTime = await poll(t, { sql: marked(table), ...byMark(), batchRows: 40 });
  await byTime.looks(all);
  const byNumber = await poll(t, {
    sql: numbered(table),
    byMark: { column: 'id', kind: 'number', keyColumns: ['id'], from: '0' },
    batchRows: 500,
  });
  await byNumber.looks(all);
});

test('after a crash, rows that may not be kept have the same dedupe key', { skip }, async (t) => {
  const table = await createTable(t);
  await admin.query(`INSERT INTO ${table} (id) SELECT n FROM generate_series(1, 5) AS n`);
  const position = memoryPosition();
  const lost = { read: position.read, keep: () => Promise.reject(new AppError('STORE_DOWN', 'transient', 'Down.')) };
  const first = await poll(t, { sql: marked(table), ...byMark() }, { position: lost });
  await first.looks([1, 2, 3, 4, 5]);
  assert.ok((await first.trigger.ended) instanceof AppError);
  const second = await poll(t, { sql: marked(table), ...byMark() }, { position });
  await second.looks([1, 2, 3, 4, 5]);
  const keys = first.trigger.arrivals.map(({ dedupeKey }) => dedupeKey);
  assert.deepEqual(
    second.trigger.arrivals.map(({ dedupeKey }) => dedupeKey),
    keys,
  );
  assert.equal(new Set(keys).size, 5);
  await second.trigger.stop();
  const third = await poll(t, { sql: marked(table), ...byMark() }, { position });
  await admin.query(`INSERT INTO ${table} (id) VALUES (6)`);
  await third.looks([6]);
});

test('a row that commits late during a backlog is not lost, although the position moves far beyond it', { skip }, async (t) => {
  const table = await createTable(t);
  const insert = (client: Client, id: number, second: number) =>
    client.query(`INSERT INTO ${table} (id, changed_at) VALUES (${id}, timestamp '2026-01-05 09:30:00' + ${second} * interval '1 second')`);
  for (const id of [1, 2, 3, 4]) await insert(admin, id, id * 10);
  const late = await connect();
  t.after(() => late.end());
  await late.query('BEGIN');
  for (const id of [101, 102, 103, 104, 105]) await insert(late, id, 15);
  const onArrival = async (arrival: Arrival): Promise<ArrivalResult> => {
    const id = idOf(arrival);
    if (id === 4) await late.query('COMMIT');
    // Each brings the next ones, so that the backlog has no end until then.
    if (id >= 2 && id < 40) for (const next of [2 * id + 1, 2 * id + 2]) if (next > 4) await insert(admin, next, next * 10);
    return { status: 'accepted', executionId: 'exe_1' };
  };
  const { trigger, clock, ids } = await poll(t, { sql: marked(table), ...byMark({ overlap: 60 }), batchRows: 2 }, { onArrival });
  await passTime(clock, () => [101, 102, 103, 104, 105].every((id) => ids().includes(id)) && ids().length >= 80);
  await clock.advance(10_000);
  assert.equal(new Set(ids()).size, ids().length);
  await trigger.stop();
});

test('after a restart no row of a large import is handed in again', { skip }, async (t) => {
  const table = await createTable(t);
  const all = Array.from({ length: 12_000 }, (_, index) => index + 1);
  await admin.query(`INSERT INTO ${table} (id) SELECT n FROM generate_series(1, ${all.length}) AS n`);
  const position = memoryPosition();
  const config = { sql: marked(table), ...byMark(), batchRows: 5000 };
  const first = await poll(t, config, { position });
  await first.looks(all);
  await first.trigger.stop();
  const second = await poll(t, config, { position });
  await admin.query(`INSERT INTO ${table} (id) VALUES (${all.length + 1})`);
  await second.looks([all.length + 1]);
});

test('a refused row stops the reading, is passed over, or is marked as failed', { skip }, async (t) => {
  const table = await createTable(t);
  await admin.query(`INSERT INTO ${table} (id) SELECT n FROM generate_series(1, 3) AS n`);
  const onArrival = (arrival: Arrival): ArrivalResult =>
    idOf(arrival) === 2 ? refused('input') : { status: 'accepted', executionId: 'exe_1' };
  const stopping = await poll(t, { sql: marked(table), ...byMark() }, { onArrival });
  await stopping.clock.advance(0);
  assert.equal(((await stopping.trigger.ended) as AppError).code, 'DATABASE_POLL_REFUSED');
  assert.deepEqual(stopping.ids(), [1, 2]);
  const skipping = await poll(t, { sql: marked(table), ...byMark({ refused: 'skip' }) }, { onArrival });
  await skipping.looks([1, 2, 3]);
  const byStatus = {
    keyColumns: ['id'],
    claim: `UPDATE ${table} SET status = 'TAKEN' WHERE id = :id AND status = 'NEW'`,
    release: `UPDATE ${table} SET status = 'NEW' WHERE status = 'TAKEN'`,
    done: `UPDATE ${table} SET status = 'DONE' WHERE id = :id`,
    failed: `UPDATE ${table} SET status = 'FAILED', note = :error WHERE id = :id`,
  };
  const sql = `SELECT id FROM ${table} WHERE status = 'NEW' ORDER BY id`;
  const marking = await poll(t, { sql, byStatus }, { onArrival });
  await marking.looks([1, 2, 3]);
  const statusOf = async () =>
    (await admin.query(`SELECT status, note FROM ${table} ORDER BY id`)).rows.map(({ status, note }: Record<string, unknown>) => [
      status,
      note,
    ]);
  await eventually(async () => (await statusOf())[2]![0] === 'DONE');
  assert.deepEqual(await statusOf(), [
    ['DONE', null],
    ['FAILED', 'FLOW_REFUSED'],
    ['DONE', null],
  ]);
});

test('claimed rows are given back when they cannot be stored now, and after a crash', { skip }, async (t) => {
  const table = await createTable(t);
  await admin.query(`INSERT INTO ${table} (id, status) VALUES (1, 'TAKEN'), (2, 'NEW'), (3, 'NEW')`);
  const byStatus = {
    keyColumns: ['id'],
    claim: `UPDATE ${table} SET status = 'TAKEN' WHERE id = :id AND status = 'NEW'`,
    release: `UPDATE ${table} SET status = 'NEW' WHERE status = 'TAKEN'`,
    done: `UPDATE ${table} SET status = 'DONE' WHERE id = :id`,
  };
  let isDown = true;
  const onArrival = (arrival: Arrival): ArrivalResult =>
    isDown && idOf(arrival) === 2 ? refused('transient') : { status: 'accepted', executionId: 'exe_1' };
  const { clock, ids, looks } = await poll(t, { sql: `SELECT id FROM ${table} WHERE status = 'NEW' ORDER BY id`, byStatus }, { onArrival });
  await passTime(
    clock,
    async () => (await admin.query(`SELECT 1 FROM ${table} WHERE status = 'NEW'`)).rowCount === 2 && ids().length === 2,
  );
  isDown = false;
  await looks([1, 2, 2, 3]);
  await eventually(async () => (await admin.query(`SELECT 1 FROM ${table} WHERE status = 'DONE'`)).rowCount === 3);
});

test('statements that mark nothing, rows without order or key, and wrong columns are named', { skip }, async (t) => {
  const table = await createTable(t);
  await admin.query(
    `INSERT INTO ${table} (id, changed_at) SELECT n, timestamp '2026-01-05' + (n % 2) * interval '1 hour' FROM generate_series(1, 4) AS n`,
  );
  const endsWith = async (config: object, code: string) => {
    const { trigger, clock } = await poll(t, config);
    let ended: unknown;
    void trigger.ended!.then((error) => (ended = error));
    await passTime(clock, () => ended !== undefined);
    assert.equal((ended as AppError).code, code);
  };
  await endsWith({ sql: `SELECT id, changed_at FROM ${table} WHERE changed_at >= :after ORDER BY id`, ...byMark() }, 'DATABASE_POLL_ORDER');
  await endsWith(
    {
      sql: `SELECT id, note, changed_at FROM ${table} WHERE changed_at >= :after ORDER BY changed_at`,
      ...byMark({ keyColumns: ['note'] }),
    },
    'DATABASE_POLL_COLUMN',
  );
  await endsWith({ sql: `SELECT id, status AS changed_at FROM ${table} WHERE changed_at >= :after`, ...byMark() }, 'DATABASE_MARK');
  const byStatus = { keyColumns: ['id'], done: `UPDATE ${table} SET note = 'x' WHERE id = :id` };
  await endsWith({ sql: `SELECT id FROM ${table} WHERE status = 'NEW' ORDER BY id`, byStatus, batchRows: 2 }, 'DATABASE_POLL_AGAIN');
  await assert.rejects(poll(t, { sql: `SELECT nothing FROM ${table} WHERE changed_at >= :after`, ...byMark() }), {
    code: 'DATABASE_STATEMENT_REFUSED',
  });
});

test('configurations that cannot work are refused with their place', () => {
  const check = (config: object) =>
    databasePoll.check!({ everySec: 30, batchRows: 10, maxRowBytes: 1024, ...config } as never).map(({ path }) => path);
  const mark = { column: 'a', kind: 'number', keyColumns: ['a'], from: '0', overlap: 1, refused: 'stop' };
  assert.deepEqual(check({ sql: 'SELECT a FROM t WHERE a >= :after', byMark: mark }), []);
  assert.deepEqual(check({ sql: 'SELECT a FROM t' }), ['']);
  assert.deepEqual(check({ sql: 'SELECT a FROM t', byMark: mark }), ['/sql']);
  assert.deepEqual(check({ sql: 'SELECT a FROM t WHERE a >= :after AND b = :b', byMark: mark }), ['/sql']);
  assert.deepEqual(check({ sql: 'SELECT a FROM t WHERE a >= :after', byMark: { ...mark, from: '2026-01-01' } }), ['/byMark/from']);
  const status = { keyColumns: ['a'], done: 'UPDATE t SET b = 1 WHERE a = :a' };
  assert.deepEqual(check({ sql: 'SELECT a FROM t', byStatus: { ...status, release: 'UPDATE t SET b = :b' } }), ['/byStatus/release']);
  assert.deepEqual(check({ sql: 'SELECT a FROM t', byStatus: { ...status, claim: "UPDATE t SET b = 'x" } }), ['/byStatus/claim']);
});

test('stopped in the midst of its rows, it settles the one under way and leaves the others', { skip }, async (t) => {
  const table = await createTable(t);
  await admin.query(`INSERT INTO ${table} (id) SELECT n FROM generate_series(1, 10) AS n`);
  const position = memoryPosition();
  const underWay = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const first = await poll(
    t,
    { sql: marked(table), ...byMark() },
    {
      position,
      async onArrival(arrival) {
        if (idOf(arrival) === 4) {
          underWay.resolve();
          await goOn.promise;
        }
        return { status: 'accepted', executionId: 'exe_1' };
      },
    },
  );
  await first.clock.advance(0);
  await underWay.promise;
  const stopped = first.trigger.stop();
  goOn.resolve();
  await stopped;
  assert.deepEqual(first.ids(), [1, 2, 3, 4]);
  const second = await poll(t, { sql: marked(table), ...byMark() }, { position });
  await second.looks([5, 6, 7, 8, 9, 10]);
});

test('stopped while a row is handed in, that row is marked as done and the next one is not claimed', { skip }, async (t) => {
  const table = await createTable(t);
  await admin.query(`INSERT INTO ${table} (id) VALUES (1), (2)`);
  const underWay = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const byStatus = {
    keyColumns: ['id'],
    claim: `UPDATE ${table} SET status = 'TAKEN' WHERE id = :id AND status = 'NEW'`,
    done: `UPDATE ${table} SET status = 'DONE' WHERE id = :id`,
  };
  const { trigger, clock } = await poll(
    t,
    { sql: `SELECT id FROM ${table} WHERE status = 'NEW' ORDER BY id`, byStatus },
    {
      async onArrival() {
        underWay.resolve();
        await goOn.promise;
        return { status: 'accepted', executionId: 'exe_1' };
      },
    },
  );
  await clock.advance(0);
  await underWay.promise;
  const stopped = trigger.stop();
  goOn.resolve();
  await stopped;
  const { rows } = await admin.query(`SELECT status FROM ${table} ORDER BY id`);
  assert.deepEqual(
    rows.map(({ status }: { readonly status: string }) => status),
    ['DONE', 'NEW'],
  );
});

test('a row of 10 MB comes whole, and one above the limit is named', { skip }, async (t) => {
  const table = await createTable(t);
  await admin.query(`INSERT INTO ${table} (id, note) VALUES (1, repeat('患', 3500000))`);
  const { trigger, looks } = await poll(t, { sql: marked(table), ...byMark(), maxRowBytes: 20_000_000 });
  await looks([1]);
  assert.equal((trigger.arrivals[0]!.message.data as { note: string }).note.length, 3_500_000);
  await assert.rejects(poll(t, { sql: marked(table), ...byMark(), maxRowBytes: 1_000_000 }), { code: 'DATABASE_ROW_TOO_LARGE' });
});

test('a database that goes away ends the trigger, which continues where it was', { skip }, async (t) => {
  const own = await startPostgres({ password: 'Wei-1', isDurable: true });
  t.after(() => own.stop());
  const client = new Client({ host: '127.0.0.1', port: own.port, user: 'postgres', password: 'Wei-1', database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('CREATE TABLE visits (id bigint PRIMARY KEY)');
  await client.query('INSERT INTO visits SELECT generate_series(1, 3)');
  const position = memoryPosition();
  const config = {
    sql: 'SELECT id FROM visits WHERE id >= :after ORDER BY id',
    byMark: { column: 'id', kind: 'number', keyColumns: ['id'], from: '0' },
  };
  const adapter = {
    adapterId: 'adp_own',
    settings: { engine: 'postgresql', host: '127.0.0.1', port: own.port, database: 'postgres', user: 'postgres' },
    limits: { timeoutMs: 3_000_000 },
  };
  const first = await poll(t, config, { position, adapter });
  await first.looks([1, 2, 3]);
  await own.kill();
  let ended: unknown;
  void first.trigger.ended!.then((error) => (ended = error));
  await passTime(first.clock, () => ended !== undefined);
  assert.equal((ended as AppError).kind, 'transient');
  await assert.rejects(poll(t, config, { position, adapter }), { kind: 'transient' });
  await own.restart();
  const again = new Client({ host: '127.0.0.1', port: own.port, user: 'postgres', password: 'Wei-1', database: 'postgres' });
  await again.connect();
  await again.query('INSERT INTO visits VALUES (4)');
  await again.end();
  const second = await poll(t, config, { position, adapter });
  await second.looks([4]);
});
