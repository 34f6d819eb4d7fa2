/**
 * The store on PostgreSQL by itself: single-row writes from 50 callers, a partition's list, a search by business key, as the history
 * grows. Prints one JSON line a step. `node test/bench/postgres-store.ts [history rows] [messages]`; POSTGRES_URL for a server that is there.
 */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { createTimedId } from '../../engine/contract/values/ids.ts';
import type { Collection } from '../../engine/contract/ports/documents.ts';
import { executionsSpec, type ExecutionDocument } from '../../engine/execution/execution-document.ts';
import { wallClock } from '../../engine/testing/wall-clock.ts';
import { postgresBackend } from '../../storage/postgres/postgres-backend.ts';
import { startPostgres } from '../servers/postgres.ts';

const [historyRows = '10000', messages = '20000'] = process.argv.slice(2);
const CALLERS = 50;
const url = process.env['POSTGRES_URL'];
const server =
  url === undefined
    ? await startPostgres({ isDurable: process.env['DURABLE'] !== 'no', settings: { shared_buffers: '1GB', max_wal_size: '8GB' } })
    : undefined;
const address = url ?? server!.address;
const clock = wallClock();
const store = await postgresBackend.open(`${address}?schema=bench`, { clock, logger: silentLogger });
const executions = await store.documents.open(executionsSpec);
const sealed = randomBytes(700).toString('base64');

await fillHistory(Number(historyRows));
await bareLoop(Number(messages));
await messagesLoop(executions, Number(messages));
await messagesLoop(executions, Number(messages));
await lists(executions);
await store.close();
await server?.stop();

function newExecution(i: number): ExecutionDocument {
  const _id = createTimedId('exe', clock.now());
  const token = () => randomBytes(12).toString('base64url');
  return {
    _id,
    origin: _id,
    flowId: `flw_${i % 20}`,
    version: 1,
    trigger: 'n_1',
    status: 'queued',
    part: i % 64,
    open: true,
    lane: { key: `k${i % 1000}`, seq: String(clock.now()).padStart(16, '0') + String(i).padStart(8, '0') },
    dedupe: `x:${_id}`,
    digest: token(),
    input: { sealed },
    keys: [token(), token()],
    tables: 't',
    acceptedAt: clock.now(),
    epoch: 0,
    legs: {},
  };
}

async function fillHistory(rows: number): Promise<void> {
  const have = await executions.count({ status: 'completed' }, 100_000_000);
  if (have >= rows) return;
  const started = performance.now();
  await concurrently(500, rows - have, async (i) => {
    const { open: _open, ...rest } = newExecution(i);
    await executions.insert({
      ...rest,
      status: 'completed',
      finishedAt: clock.now(),
      expiresAt: clock.now() + 1e10,
      epoch: 1,
      legs: { 1: { epoch: 1, payload: { sealed } } },
    });
  });
  report('history', rows - have, started);
}

/** What a program without any of our code pays: one row a statement, one statement a commit. */
async function bareLoop(count: number): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const client = new Client(address);
      await client.connect();
      return client;
    }),
  );
  await clients[0]!.query('CREATE TABLE IF NOT EXISTS bare (id text primary key, doc text not null)');
  const started = performance.now();
  await concurrently(CALLERS, count, async (i) => {
    const client = clients[i % clients.length]!;
    const { _id, ...rest } = newExecution(i);
    await client.query({ name: 'i', text: 'INSERT INTO bare VALUES ($1, $2)', values: [_id, JSON.stringify(rest)] });
    for (const status of ['running', 'completed'])
      await client.query({ name: 'u', text: 'UPDATE bare SET doc = $2 WHERE id = $1', values: [_id, JSON.stringify({ ...rest, status })] });
  });
  report('bare: 3 writes a message', count, started);
  await Promise.all(clients.map((client) => client.end()));
}

async function messagesLoop(collection: Collection<ExecutionDocument>, count: number): Promise<void> {
  const ids: string[] = [];
  const full = { durability: 'full' } as const;
  let started = performance.now();
  await concurrently(CALLERS, count, async (i) => {
    const document = newExecution(i);
    ids.push(document._id);
    await collection.insert(document, full);
  });
  report('insert', count, started);
  started = performance.now();
  await concurrently(CALLERS, count, async (i) => {
    const claim = {
      set: {
        status: 'running',
        lease: { owner: 'w' },
        epoch: 1,
        'legs.1': { epoch: 1, intent: { node: 'n', scope: '', key: 'k', digest: 'd', at: 1 } },
      },
    };
    await collection.patchIf(ids[i]!, { status: 'queued', epoch: 0 }, claim, full);
  });
  report('claim (full)', count, started);
  started = performance.now();
  await concurrently(CALLERS, count, async (i) => {
    const settle = {
      set: { status: 'completed', finishedAt: clock.now(), expiresAt: clock.now() + 1e10, 'legs.1.payload': { sealed } },
      unset: ['open', 'due'],
    };
    const { outcome } = await collection.patchIf(ids[i]!, { epoch: 1, status: 'running' }, settle);
    if (outcome !== 'patched') throw new Error(outcome);
  });
  report('settle (light)', count, started);
}

async function lists(collection: Collection<ExecutionDocument>): Promise<void> {
  await concurrently(CALLERS, 2000, async (i) => void (await collection.insert(newExecution(i))));
  const [some] = await collection.find({ status: 'completed' }, { sort: ['-acceptedAt'], limit: 1 });
  await time('list a partition of 30', 300, (i) => collection.find({ part: i % 64, open: true }, { sort: ['lane.seq'], limit: 100 }));
  await time('search by business key', 300, () => collection.find({ keys: some!.keys[0]! }, { sort: ['-acceptedAt'], limit: 50 }));
  await time('newest 50 of a flow', 300, (i) => collection.find({ flowId: `flw_${i % 20}` }, { sort: ['-acceptedAt'], limit: 50 }));
}

async function time(name: string, count: number, action: (i: number) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    await action(i);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Number(times[Math.floor(share * count)]!.toFixed(2));
  console.log(JSON.stringify({ step: name, p50Ms: at(0.5), p95Ms: at(0.95) }));
}

async function concurrently(callers: number, count: number, action: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (next < count) await action(next++);
    }),
  );
}

function report(step: string, count: number, started: number): void {
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ step, count, perSecond: Math.round(count / seconds) }));
}
