// @never-rerun: a single failure is a failure.
/**
 * Messages are written into databases exactly once, by ledger and by key, while the platform is killed again and again and the connections to
 * the databases are lost: at random moments, and while they commit.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { runNode } from '../../engine/testing/run-node.ts';
import databaseQuery from '../../nodes/database/query.node.ts';
import databaseWrite from '../../nodes/database/write.node.ts';
import { ENGINES_HERE, PASSWORD, type TestDatabase, type TestEngine } from '../nodes/database/servers.ts';
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.ts';
import { openCity } from '../support/city.ts';
import { chainFlow, eventually, openPlatformApi, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform, type PlatformPorts } from '../support/platform-process.ts';

const MESSAGES = Number(process.env['KQ_TEST_MESSAGES'] ?? 300);
const KILLS = Number(process.env['KQ_TEST_KILLS'] ?? 4);
const SENDERS = 8;
const FLOW = 'flw_store';
/** Every so many commits, the connection is lost before the answer. */
const LOST_COMMIT = 7;
const skip = ENGINES_HERE.find((engine) => engine.skip !== undefined)?.skip ?? false;

interface Lab {
  readonly engine: TestEngine;
  readonly database: TestDatabase;
  readonly proxy: FaultProxy;
  readonly adapterId: string;
}

let scratch: string;
let ports: PlatformPorts;
let platform: Platform;
let api: PlatformApi;
let path: string;
let labs: readonly Lab[] = [];

before(async () => {
  if (skip !== false) return;
  scratch = await makeScratch();
  ports = await choosePorts();
  platform = await startPlatform({ scratch, ports, example: true });
  labs = await Promise.all(ENGINES_HERE.map(openLab));
  const city = await openCity(platform);
  const person = await city.person(['analyst', 'security-admin']);
  for (const { adapterId, database, proxy } of labs) {
    const settings = { ...database.settings, port: proxy.port };
    const secret = { value: PASSWORD, adapters: [adapterId] };
    assert.equal((await person.call('PUT', `/secrets/${adapterId.replaceAll('_', '-')}`, secret)).status, 200);
    const adapter = {
      ...{ adapterId, revision: 0, name: { 'zh-CN': adapterId, en: adapterId }, protocol: 'database', owner: '', domain: 'sh-city' },
      ...{ environments: { DEV: settings }, credential: adapterId.replaceAll('_', '-') },
    };
    const saved = await person.call('PUT', `/adapters/${adapterId}`, adapter);
    assert.equal(saved.status, 200, saved.text);
  }
  await city.close();
  api = await openPlatformApi(platform);
  await api.publish(storeFlow());
  path = await api.offer(FLOW);
  // Offering calls the interface without a body: no row can be made of that.
  await eventually(async () => assert.equal((await unfinished()).length, 1));
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await api?.close();
  for (const { proxy, database } of labs) {
    await proxy.stop();
    await database.stop();
  }
  if (scratch !== undefined) await removeScratch(scratch);
});

async function openLab(engine: TestEngine): Promise<Lab> {
  const database = await engine.start();
  const proxy = await startFaultProxy({ targetPort: database.port });
  const lab = { engine, database, proxy, adapterId: `adp_${engine.name.toLowerCase()}` };
  for (const sql of [
    // Without a unique number, only the ledger keeps a row from being there twice.
    `CREATE TABLE ledgered (id ${engine.types.generated} PRIMARY KEY, number integer NOT NULL)`,
    `CREATE TABLE keyed (number integer PRIMARY KEY, name ${engine.types.text})`,
    engine.ledger,
  ])
    await runNode(databaseWrite, { config: { sql }, ...direct(lab) });
  return lab;
}

function direct({ database, engine }: Pick<Lab, 'database' | 'engine'>) {
  return { adapter: { adapterId: `adp_direct_${engine.name}`, settings: database.settings }, secrets: { '': PASSWORD } };
}

/** Writes each message twice into each database. */
function storeFlow(): FlowDocument {
  const handling = {
    retry: { max: 100, baseMs: 20, factor: 1.5, capMs: 500, on: ['transient', 'unknown-outcome'] as ('transient' | 'unknown-outcome')[] },
  };
  const number = { name: 'number', value: { expression: 'nodes.n_call.body.number' } };
  const nodes = labs.flatMap(({ adapterId }, index) => [
    {
      ...{ id: `n_ledger_${index}`, type: 'database.write@1', adapter: adapterId, handling },
      config: { table: 'ledgered', columns: [{ ...number, isKey: false, isBase64: false }], idempotency: 'ledger' },
    },
    {
      ...{ id: `n_key_${index}`, type: 'database.write@1', adapter: adapterId, handling },
      config: {
        table: 'keyed',
        columns: [
          { ...number, isKey: true, isBase64: false },
          { name: 'name', value: { expression: "'第 ' & nodes.n_call.body.number & ' 位'" }, isKey: false, isBase64: false },
        ],
        idempotency: 'key',
      },
    },
  ]);
  return chainFlow(FLOW, nodes, { mode: 'durable' });
}

/** Sends until it is accepted. The same key makes it one execution, however often it is sent. */
async function deliver(number: number): Promise<void> {
  for (;;) {
    const answer = await api.bus('POST', path, { number }, { 'idempotency-key': `message-${number}` }).catch(() => undefined);
    if (answer?.status === 202) return;
    assert.ok(answer === undefined || answer.status >= 429, `message ${number}: ${answer?.status} ${JSON.stringify(answer?.body)}`);
    await pause(50);
  }
}

async function rowsOf(lab: Lab, sql: string): Promise<readonly Record<string, unknown>[]> {
  const outcome = await runNode(databaseQuery, { config: { sql }, ...direct(lab) });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data as Record<string, unknown>[];
}

async function unfinished(): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (const status of ['queued', 'running', 'waiting', 'held', 'failed', 'cancelled']) {
    const { items } = await api.ask('GET', `/executions?flowId=${FLOW}&status=${status}`);
    found.push(...(items as unknown[]));
  }
  return found;
}

test(
  'each message is written once into each database, although processes are killed and connections cut',
  { skip, timeout: 420_000 },
  async (t) => {
    for (const { proxy } of labs) proxy.loseAnswers('COMMIT', LOST_COMMIT);
    let next = 0;
    const sender = async () => {
      while (next < MESSAGES) await deliver(next++);
    };
    const sending = Promise.all(Array.from({ length: SENDERS }, sender));
    let isSending = true;
    void sending.finally(() => (isSending = false));
    const cutting = (async () => {
      while (isSending) {
        await pause(Math.random() * 400);
        for (const { proxy } of labs) if (Math.random() < 0.5) proxy.cut();
      }
    })();
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const sent = next;
      // In the midst of them.
      await eventually(async () => assert.ok(next > sent + MESSAGES / (KILLS + 2) || !isSending), 60_000);
      await pause(Math.random() * 200);
      await platform.end('SIGKILL');
      platform = await startPlatform({ scratch, ports });
    }
    await sending;
    await cutting;
    await eventually(async () => assert.equal((await unfinished()).length, 1), 120_000, 500);

    const numbers = Array.from({ length: MESSAGES }, (_, number) => number);
    for (const lab of labs) {
      const ledgered = await rowsOf(lab, 'SELECT number FROM ledgered ORDER BY number');
      assert.deepEqual(
        ledgered.map(({ number }) => number),
        numbers,
        `${lab.engine.name}: each once by the ledger`,
      );
      const keyed = await rowsOf(lab, 'SELECT number, name FROM keyed ORDER BY number');
      assert.deepEqual(
        keyed,
        numbers.map((number) => ({ number, name: `第 ${number} 位` })),
        `${lab.engine.name}: each once by key`,
      );
      const [ledger] = await rowsOf(lab, 'SELECT COUNT(*) AS n FROM kq_ledger');
      assert.equal(ledger!['n'], MESSAGES);
      t.diagnostic(`${lab.engine.name}: ${MESSAGES} messages, ${KILLS} kills, ${lab.proxy.lost()} commits without an answer`);
    }
  },
);
