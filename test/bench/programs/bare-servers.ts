/** The floor of durable work on servers, without an engine: three single-row writes a message on PostgreSQL, one job added to and processed by BullMQ on Redis. */
import { Queue, Worker, type ConnectionOptions } from 'bullmq';
import pg from 'pg';
import { serveProgram } from '../measure/program.ts';

export interface BareServersOptions {
  readonly storeAddress: string;
  readonly redisPort: number;
}

export interface BareOrder {
  readonly messages: number;
  /** Messages under way at once. */
  readonly window: number;
}

export interface BareResult {
  readonly perSecond: number;
}

const CONNECTIONS = 10;
const PAYLOAD = 'x'.repeat(1500);

await serveProgram<BareServersOptions, BareOrder, BareResult>(async ({ storeAddress, redisPort }) => {
  const pool = new pg.Pool({ connectionString: storeAddress, max: CONNECTIONS });
  await pool.query('CREATE TABLE IF NOT EXISTS bench_rows (id text PRIMARY KEY, doc text NOT NULL)');
  const connection: ConnectionOptions = { host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null };
  const queue = new Queue('bench-bare', { connection });
  const finish = new Map<string, () => void>();
  const worker = new Worker(
    'bench-bare',
    async ({ name }) => {
      for (const step of ['claim', 'settle'])
        await pool.query({ name: 'update', text: 'UPDATE bench_rows SET doc = $2 WHERE id = $1', values: [name, step + PAYLOAD] });
      finish.get(name)?.();
      finish.delete(name);
    },
    { connection, concurrency: 64, removeOnComplete: { count: 0 } },
  );
  await worker.waitUntilReady();
  let orders = 0;
  return {
    port: 0,
    async answer({ messages, window }) {
      const order = (orders += 1);
      let next = 0;
      const startedAt = performance.now();
      const lines = Array.from({ length: window }, async () => {
        for (let number = next++; number < messages; number = next++) {
          const id = `exe_${order}_${number}`;
          const done = new Promise<void>((resolve) => finish.set(id, resolve));
          await pool.query({ name: 'insert', text: 'INSERT INTO bench_rows VALUES ($1, $2)', values: [id, PAYLOAD] });
          await queue.add(id, {});
          await done;
        }
      });
      await Promise.all(lines);
      const perSecond = (messages / (performance.now() - startedAt)) * 1000;
      await pool.query('TRUNCATE bench_rows');
      return { perSecond };
    },
    async stop() {
      await worker.close();
      await queue.close();
      await pool.end();
    },
  };
});
