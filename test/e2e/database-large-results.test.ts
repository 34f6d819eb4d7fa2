/**
 * A large result of a database streams into the blob store of a running platform, in bounded memory. `KQ_TEST_ROWS` says
 * how many rows it has.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { FlowNode } from '../../engine/contract/flow/flow-document.ts';
import { runNode } from '../../engine/testing/run-node.ts';
import databaseQuery from '../../nodes/database/query.node.ts';
import { ENGINES_HERE, PASSWORD, runDirectly, type TestDatabase, type TestEngine } from '../nodes/database/servers.ts';
import { openCity } from '../support/city.ts';
import { chainFlow, eventually, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const ROWS = Number(process.env['KQ_TEST_ROWS'] ?? 50_000);
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;
const WITHIN_MS = 60_000 + ROWS / 2;
const skip = ENGINES_HERE.find((engine) => engine.skip !== undefined)?.skip ?? false;

interface Lab {
  readonly engine: TestEngine;
  readonly database: TestDatabase;
  readonly adapterId: string;
}

let scratch: string;
let platform: Platform;
let api: PlatformApi;
let labs: readonly Lab[] = [];

before(async () => {
  if (skip !== false) return;
  scratch = await makeScratch();
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
  labs = await Promise.all(
    ENGINES_HERE.map(async (engine) => ({ engine, database: await engine.start(), adapterId: `adp_${engine.name.toLowerCase()}` })),
  );
  for (const { database } of labs) await runDirectly(database, ['CREATE TABLE results (row_count bigint, size_bytes bigint)']);
  const city = await openCity(platform);
  const person = await city.person(['analyst', 'security-admin']);
  for (const { adapterId, database } of labs) {
    const credential = adapterId.replaceAll('_', '-');
    assert.equal((await person.call('PUT', `/secrets/${credential}`, { value: PASSWORD, adapters: [adapterId] })).status, 200);
    const adapter = {
      ...{ adapterId, revision: 0, name: { 'zh-CN': adapterId, en: adapterId }, protocol: 'database', owner: '', domain: 'sh-city' },
      ...{ environments: { DEV: database.settings }, credential, limits: { timeoutMs: WITHIN_MS } },
    };
    const saved = await person.call('PUT', `/adapters/${adapterId}`, adapter);
    assert.equal(saved.status, 200, saved.text);
  }
  await city.close();
  api = await openPlatformApi(platform);
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await api?.close();
  for (const { database } of labs) await database.stop();
  if (scratch !== undefined) await removeScratch(scratch);
});

const TEXT = '检验结果'.repeat(30);
const QUERIES: Readonly<Record<string, (rows: number) => string>> = {
  PostgreSQL: (rows) => `SELECT n, '${TEXT}' AS t FROM generate_series(1, ${rows}) AS n`,
  MariaDB: (rows) => `SELECT seq AS n, '${TEXT}' AS t FROM seq_1_to_${rows}`,
};

interface Execution {
  readonly status: string;
  readonly error?: { readonly code: string; readonly fix: string };
}

/** Runs a durable flow of this query, which writes what the query gives into `results`. Returns its execution once it has ended. */
async function runQuery(name: string, { adapterId }: Lab, config: FlowNode['config']): Promise<Execution> {
  const flowId = `flw_${name}`;
  const column = (field: string, path: string) => ({ name: field, value: { path }, isKey: false, isBase64: false });
  const columns = [column('row_count', 'data.rows'), column('size_bytes', 'data.sizeBytes')];
  const flow = chainFlow(
    flowId,
    [
      { type: 'database.query@1', adapter: adapterId, config },
      { type: 'database.write@1', adapter: adapterId, config: { table: 'results', columns } },
    ],
    { mode: 'durable' },
  );
  await api.publish(flow);
  // Offering calls the interface once.
  await api.offer(flowId);
  const { items } = (await api.ask('GET', `/executions?flowId=${flowId}`)) as {
    readonly items: readonly [{ readonly executionId: string }];
  };
  return eventually(
    async () => {
      const execution = (await api.ask('GET', `/executions/${items[0].executionId}`)) as unknown as Execution;
      assert.ok(!['queued', 'running', 'waiting'].includes(execution.status));
      return execution;
    },
    WITHIN_MS,
    200,
  );
}

function residentBytes(): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${platform.process.pid}/status`, 'utf8'))![1]) * 1024;
}

function sizeOf(rows: number): number {
  let bytes = 0;
  for (let n = 1; n <= rows; n += 1) bytes += String(n).length;
  return bytes + rows * Buffer.byteLength(`{"n":,"t":"${TEXT}"}\n`);
}

for (const { name } of ENGINES_HERE) {
  const label = name.toLowerCase();
  const labOf = () => labs.find(({ engine }) => engine.name === name)!;

  test(`${ROWS} rows of ${name} go into the blob store in bounded memory`, { skip, timeout: 2 * WITHIN_MS }, async (t) => {
    const query = (rows: number) => ({ sql: QUERIES[name]!(rows), result: 'blob', maxRows: rows });
    // What starting takes is no growth: modules, threads, the first connection.
    await runQuery(`few_${label}`, labOf(), query(1000));
    const before = residentBytes();
    let most = before;
    const timer = setInterval(() => (most = Math.max(most, residentBytes())), 20);
    const beganAt = performance.now();
    const execution = await runQuery(`many_${label}`, labOf(), query(ROWS));
    clearInterval(timer);
    t.diagnostic(`grew by ${Math.round((most - before) / 1024 / 1024)} MB in ${Math.round(performance.now() - beganAt)} ms`);
    assert.equal(execution.status, 'completed', JSON.stringify(execution));
    assert.deepEqual(await results(labOf(), ROWS), [{ row_count: ROWS, size_bytes: sizeOf(ROWS) }]);
    assert.ok(most - before <= MAX_GROWTH_BYTES, `${most - before} bytes`);
  });

  test(`a row of ${name} above its limit is refused, and what to do is said`, { skip }, async () => {
    const sql = `${QUERIES[name]!(3)} UNION ALL SELECT 4, REPEAT('x', 2000000)`;
    const { status, error } = await runQuery(`wide_${label}`, labOf(), { sql, result: 'blob' });
    assert.equal(status, 'held');
    assert.equal(error!.code, 'DATABASE_ROW_TOO_LARGE');
    assert.equal(error!.fix, 'Select fewer or shorter columns, or raise the limit of the node.');
  });
}

async function results({ database }: Lab, rows: number): Promise<unknown> {
  const outcome = await runNode(databaseQuery, {
    config: { sql: `SELECT row_count, size_bytes FROM results WHERE row_count = ${rows}` },
    adapter: { adapterId: 'adp_direct', settings: database.settings },
    secrets: { '': PASSWORD },
  });
  return 'emit' in outcome && outcome.emit!['ok']![0]!.data;
}
