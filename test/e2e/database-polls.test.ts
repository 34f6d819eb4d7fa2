// @never-rerun: a single failure is a failure.
/**
 * Rows of a table start a flow, each once and in order, while transactions commit late or roll back, and while the two
 * workers are killed at random moments: by position in PostgreSQL, by status in MariaDB. `KQ_TEST_ROWS` says how many
 * rows are polled by position (a fifth of them by status), `KQ_TEST_KILLS` how many workers are killed meanwhile.
 */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import type { SystemReport } from '../../control/system/system.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { ENGINES_HERE, PASSWORD, runDirectly, type TestDatabase, type TestEngine } from '../nodes/database/servers.ts';
import { prepareApart, startApartServers, startRole, type ApartServers, type RoleProcess } from '../support/apart.ts';
import { openCity, until, type City } from '../support/city.ts';
import { chainFlow } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform } from '../support/platform-process.ts';

const ROWS = Number(process.env['KQ_TEST_ROWS'] ?? 3000);
const KILLS = Number(process.env['KQ_TEST_KILLS'] ?? 2);
const WRITERS = 6;
const LANES = 8;
const MOST_ROWS_PER_TRANSACTION = 20;
/** Some transactions commit so much later, well within the stretch that each poll reads again. */
const LATE_MS = 2000;
const MOST_PAUSE_MS = 400;
const OVERLAP_SEC = 30;
/** Rows are written while others are polled. */
const MOST_AHEAD = 3000;
const SEEN_WITHIN_MS = 90_000;
const skip = prepareApart() ?? ENGINES_HERE.find((engine) => engine.skip !== undefined)?.skip ?? false;

/** One row that is committed. Rows are read in the order of mark and id. */
interface WrittenRow {
  readonly id: number;
  readonly mark: string;
  /** `performance.now()` before COMMIT was sent and after it was answered. */
  readonly commitBegan: number;
  readonly commitEnded: number;
}

/** A connection of a system that writes rows. */
interface Writer {
  run(sql: string): Promise<readonly Record<string, unknown>[]>;
  end(): Promise<void>;
}

interface Lab {
  readonly engine: TestEngine;
  readonly database: TestDatabase;
  readonly adapterId: string;
  readonly flowId: string;
  readonly rows: number;
  readonly config: Readonly<Record<string, unknown>>;
  connect(): Promise<Writer>;
}

let scratch: string;
let servers: ApartServers;
let city: City;
let labs: readonly Lab[] = [];
const workers = new Map<string, RoleProcess>();
const others: RoleProcess[] = [];

before(async () => {
  if (skip !== false) return;
  scratch = await makeScratch();
  const ports = await choosePorts();
  servers = await startApartServers(scratch);
  labs = await Promise.all([openMarkLab(), openStatusLab()]);
  const platform = await startPlatform({ scratch, ports, example: true, environment: servers.environment });
  city = await openCity(platform);
  assert.equal((await platform.end('SIGINT')).code, 0, platform.output());
  const control = startRole(scratch, 'control', ['control', '--control-port', String(ports.control)], servers.environment);
  others.push(control);
  await control.says(/control\.listening/);
  await Promise.all(['worker-a', 'worker-b'].map(startWorker));
  const person = await city.person(['analyst', 'security-admin']);
  for (const { adapterId, database } of labs) {
    const credential = adapterId.replaceAll('_', '-');
    assert.equal((await person.call('PUT', `/secrets/${credential}`, { value: PASSWORD, adapters: [adapterId] })).status, 200);
    const name = { 'zh-CN': adapterId, en: adapterId };
    const adapter = { adapterId, revision: 0, name, protocol: 'database', owner: '', domain: 'sh-city', credential };
    const saved = await person.call('PUT', `/adapters/${adapterId}`, { ...adapter, environments: { DEV: database.settings } });
    assert.equal(saved.status, 200, saved.text);
  }
});
after(async () => {
  for (const { child } of [...others, ...workers.values()]) child.kill('SIGKILL');
  await city?.close();
  for (const { database } of labs) await database.stop();
  await servers?.stop();
  if (scratch !== undefined) await removeScratch(scratch);
});

async function startWorker(name: string): Promise<void> {
  const worker = startRole(scratch, name, ['worker'], servers.environment);
  workers.set(name, worker);
  await worker.says(/worker\.ready/);
}

async function openMarkLab(): Promise<Lab> {
  const engine = ENGINES_HERE[0]!;
  const database = await engine.start();
  await runDirectly(database, [
    'CREATE TABLE written (id integer PRIMARY KEY, changed_at timestamp NOT NULL, lane integer NOT NULL)',
    'CREATE INDEX ON written (changed_at, id)',
    'CREATE TABLE taken (place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id integer NOT NULL, lane integer NOT NULL)',
    engine.ledger,
  ]);
  return {
    ...{ engine, database, adapterId: 'adp_marked', flowId: 'flw_marked', rows: ROWS },
    config: {
      sql: 'SELECT id, changed_at, lane FROM written WHERE changed_at >= :after ORDER BY changed_at, id',
      byMark: { column: 'changed_at', kind: 'time', keyColumns: ['id'], from: '2026-01-01', overlap: OVERLAP_SEC, refused: 'stop' },
    },
    async connect() {
      const client = new Client({ host: '127.0.0.1', port: database.port, user: 'postgres', password: PASSWORD, database: 'postgres' });
      await client.connect();
      return { run: async (sql) => (await client.query<Record<string, unknown>>(sql)).rows, end: () => client.end() };
    },
  };
}

async function openStatusLab(): Promise<Lab> {
  const engine = ENGINES_HERE[1]!;
  const database = await engine.start();
  await runDirectly(database, [
    "CREATE TABLE written (id integer PRIMARY KEY, lane integer NOT NULL, status varchar(10) NOT NULL DEFAULT 'NEW', KEY (status, id))",
    'CREATE TABLE taken (place bigint AUTO_INCREMENT PRIMARY KEY, id integer NOT NULL, lane integer NOT NULL)',
    engine.ledger,
  ]);
  return {
    ...{ engine, database, adapterId: 'adp_status', flowId: 'flw_status', rows: Math.ceil(ROWS / 5) },
    config: {
      sql: "SELECT id, lane FROM written WHERE status = 'NEW' ORDER BY id",
      byStatus: {
        keyColumns: ['id'],
        claim: "UPDATE written SET status = 'TAKEN' WHERE id = :id AND status = 'NEW'",
        release: "UPDATE written SET status = 'NEW' WHERE status = 'TAKEN'",
        done: "UPDATE written SET status = 'DONE' WHERE id = :id",
        failed: "UPDATE written SET status = 'FAILED' WHERE id = :id AND :error <> ''",
      },
    },
    async connect() {
      const client = await createConnection({ host: '127.0.0.1', port: database.port, user: 'kq', password: PASSWORD, database: 'kq' });
      return {
        async run(sql) {
          const [rows] = await client.query(sql);
          return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
        },
        end: () => client.end(),
      };
    },
  };
}

/** Each row is written into `taken`. The ledger keeps one execution from writing twice, but not two executions. */
function takeFlow({ adapterId, flowId, config }: Lab): FlowDocument {
  const column = (name: string) => ({ name, value: { path: `data.${name}` }, isKey: false, isBase64: false });
  const retry = {
    max: 100,
    baseMs: 20,
    factor: 1.5,
    capMs: 500,
    on: ['transient', 'unknown-outcome'] as ('transient' | 'unknown-outcome')[],
  };
  const write = { table: 'taken', columns: [column('id'), column('lane')], idempotency: 'ledger' };
  const node = { type: 'database.write@1', adapter: adapterId, config: write, handling: { retry } };
  const flow = chainFlow(flowId, [node], { mode: 'durable', ingress: { lane: { key: 'data.lane' } } });
  const [first, ...rest] = flow.nodes;
  const poll = { ...first!, type: 'database.poll@1', adapter: adapterId, config: { ...config, everySec: 1, batchRows: 200 } };
  return { ...flow, nodes: [poll, ...rest] };
}

/** Writes all rows, in transactions of which some commit late and some roll back. Returns those that are committed. */
async function writeRows(lab: Lab, taken: () => Promise<number>): Promise<readonly WrittenRow[]> {
  const written: WrittenRow[] = [];
  let next = 1;
  const write = async () => {
    const writer = await lab.connect();
    while (next <= lab.rows) {
      do await pause(Math.random() * MOST_PAUSE_MS);
      while (written.length - (await taken()) > MOST_AHEAD);
      const first = next;
      next += 1 + Math.floor(Math.random() * MOST_ROWS_PER_TRANSACTION);
      written.push(
        ...(await writeTransaction(
          writer,
          lab,
          Array.from({ length: next - first }, (_, index) => first + index),
        )),
      );
    }
    await writer.end();
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return written;
}

async function writeTransaction(writer: Writer, { engine }: Lab, ids: readonly number[]): Promise<readonly WrittenRow[]> {
  const isMarked = engine.name === 'PostgreSQL';
  await writer.run('BEGIN');
  // All rows of a transaction have the same mark.
  const [{ mark } = { mark: '' }] = isMarked ? await writer.run('SELECT clock_timestamp()::timestamp::text AS mark') : [];
  const values = ids.map((id) => `(${id}, ${id % LANES}${isMarked ? `, '${String(mark)}'` : ''})`);
  await writer.run(`INSERT INTO written (id, lane${isMarked ? ', changed_at' : ''}) VALUES ${values.join(', ')}`);
  const dice = Math.random();
  if (dice < 0.1) await pause(Math.random() * LATE_MS);
  const commitBegan = performance.now();
  if (dice > 0.95) {
    await writer.run('ROLLBACK');
    return [];
  }
  await writer.run('COMMIT');
  const commitEnded = performance.now();
  return ids.map((id) => ({ id, mark: String(mark).padEnd(26, '0'), commitBegan, commitEnded }));
}

const inOrder = (a: WrittenRow, b: WrittenRow) => (a.mark === b.mark ? a.id - b.id : a.mark < b.mark ? -1 : 1);

/** A row is late if one behind it was committed by another transaction, and may have been read, before it was. */
function lateIds(written: readonly WrittenRow[]): ReadonlySet<number> {
  const late = new Set<number>();
  let earliestBehind = Infinity;
  // Rows of one transaction stand together, and become visible together.
  const transactions = Map.groupBy(written.toSorted(inOrder).reverse(), ({ commitBegan }) => commitBegan);
  for (const [commitBegan, rows] of transactions) {
    if (earliestBehind < rows[0]!.commitEnded) for (const { id } of rows) late.add(id);
    earliestBehind = Math.min(earliestBehind, commitBegan);
  }
  return late;
}

/** Returns the name of the worker that listens for the flow. */
async function holder(flowId: string): Promise<string | undefined> {
  const { listeners = [] } = (await city.admin('GET', '/system')) as unknown as SystemReport;
  const pid = listeners.find((one) => one.flowId === flowId && one.state === 'listening')?.process.pid;
  return [...workers].find(([, { child }]) => child.pid === pid)?.[0];
}

async function unfinished(flowId: string): Promise<number> {
  const counts = ['queued', 'running', 'waiting', 'held', 'failed', 'cancelled'].map(async (status) => {
    const { items } = (await city.admin('GET', `/executions?flowId=${flowId}&status=${status}`)) as { readonly items: readonly unknown[] };
    return items.length;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

async function pollWhileKilling(t: TestContext, lab: Lab): Promise<void> {
  const beganAt = performance.now();
  const reader = await lab.connect();
  t.after(() => reader.end());
  let counting: Promise<number> | undefined;
  const count = async () => Number((await reader.run('SELECT COUNT(*) AS n FROM taken'))[0]!['n']);
  const taken = () => (counting ??= count().finally(() => (counting = undefined)));
  await city.admin('PUT', `/flows/${lab.flowId}`, takeFlow(lab));
  await city.admin('POST', `/flows/${lab.flowId}/publish`, {});
  let written: readonly WrittenRow[] | undefined;
  const writing = writeRows(lab, taken).then((rows) => (written = rows));
  await until('a worker that listens', () => holder(lab.flowId), SEEN_WITHIN_MS);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const before = await taken();
    const isFurther = async () =>
      (await taken()) > before + lab.rows / (KILLS + 2) || (written !== undefined && (await taken()) >= written.length);
    await until('more rows taken', isFurther, SEEN_WITHIN_MS + lab.rows * 20);
    await pause(Math.random() * 1000);
    // Mostly the worker that polls; otherwise one that only runs the flow.
    const polling = await holder(lab.flowId);
    const name = polling !== undefined && Math.random() < 0.7 ? polling : [...workers.keys()].find((one) => one !== polling)!;
    await workers.get(name)!.end('SIGKILL');
    await startWorker(name);
  }
  await writing;
  const rows = written!;
  await until('each row taken', async () => (await taken()) >= rows.length, SEEN_WITHIN_MS + lab.rows * 20);
  // One more look reads the whole stretch again, and then finds these.
  const last = await lab.connect();
  const ends = await writeTransactionSurely(last, lab);
  await last.end();
  await until('the last rows taken', async () => (await taken()) >= rows.length + LANES, SEEN_WITHIN_MS);
  await until('each execution completed', async () => (await unfinished(lab.flowId)) === 0, SEEN_WITHIN_MS);
  check(await reader.run('SELECT id, lane FROM taken ORDER BY place'), [...rows, ...ends]);
  const late = lateIds(rows).size;
  assert.ok(late > 0, 'transactions committed late');
  const seconds = Math.round((performance.now() - beganAt) / 1000);
  t.diagnostic(`${lab.engine.name}: ${rows.length} rows, ${late} of them late, ${KILLS} kills, ${seconds} s`);
}

/** Writes one row per lane. */
async function writeTransactionSurely(writer: Writer, lab: Lab): Promise<readonly WrittenRow[]> {
  const first = Math.ceil((lab.rows + MOST_ROWS_PER_TRANSACTION * WRITERS * 2) / LANES) * LANES;
  const ids = Array.from({ length: LANES }, (_, index) => first + index);
  for (;;) {
    const rows = await writeTransaction(writer, lab, ids);
    if (rows.length > 0) return rows;
  }
}

/** Each row that was committed is there once, and those that were not late are in order. */
function check(taken: readonly Record<string, unknown>[], written: readonly WrittenRow[]): void {
  const ids = taken.map(({ id }) => Number(id));
  assert.deepEqual(
    ids.toSorted((a, b) => a - b),
    written.map(({ id }) => id).sort((a, b) => a - b),
    'each row once',
  );
  const byId = new Map(written.map((row) => [row.id, row]));
  const late = lateIds(written);
  for (let lane = 0; lane < LANES; lane += 1) {
    const punctual = ids.filter((id) => id % LANES === lane && !late.has(id)).map((id) => byId.get(id)!);
    assert.deepEqual(punctual, punctual.toSorted(inOrder), `lane ${lane} in order`);
  }
}

const timeout = 300_000 + ROWS * 25 + KILLS * 60_000;

test('each row is taken once by its position, in order, although processes are killed', { skip, timeout }, (t) =>
  pollWhileKilling(t, labs[0]!),
);

test('each row is taken once by its status, and marked as done, although processes are killed', { skip, timeout }, async (t) => {
  const lab = labs[1]!;
  await pollWhileKilling(t, lab);
  const reader = await lab.connect();
  t.after(() => reader.end());
  await until('each row marked', async () => (await reader.run("SELECT 1 FROM written WHERE status <> 'DONE'")).length === 0);
});
