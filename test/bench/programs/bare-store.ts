/** The floor of durable work: bare node:sqlite, three single-row writes a message, each group of them committed with synchronous = FULL. And a bare fdatasync. */
import { fdatasyncSync, openSync, closeSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveProgram } from '../measure/program.ts';

export type StoreOrder =
  { readonly kind: 'rows'; readonly messages: number; readonly group: number } | { readonly kind: 'fdatasync'; readonly times: number };

export interface StoreResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

await serveProgram<object, StoreOrder, StoreResult>(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-bench-'));
  return {
    port: 0,
    answer: (order) =>
      Promise.resolve(
        order.kind === 'rows' ? writeRows(join(folder, `${Date.now()}.sqlite`), order) : flush(join(folder, 'file'), order.times),
      ),
    stop: () => rm(folder, { recursive: true, force: true }),
  };
});

function writeRows(file: string, { messages, group }: { readonly messages: number; readonly group: number }): StoreResult {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id TEXT PRIMARY KEY, doc TEXT NOT NULL)');
  const insert = database.prepare('INSERT INTO t VALUES (?, ?)');
  const update = database.prepare('UPDATE t SET doc = ? WHERE id = ?');
  const text = 'x'.repeat(1500);
  const durations: number[] = [];
  const startedAt = performance.now();
  for (let from = 0; from < messages; from += group) {
    const begunAt = performance.now();
    // Accept, claim and settle of a message are three commits of its life; each is shared with the others of its group.
    for (const step of ['accept', 'claim', 'settle']) {
      database.exec('BEGIN IMMEDIATE');
      for (let i = from; i < from + group; i++) {
        if (step === 'accept') insert.run(`exe_${i}`, text);
        else update.run(`${step}${text}`, `exe_${i}`);
      }
      database.exec('COMMIT');
    }
    durations.push((performance.now() - begunAt) / 3);
  }
  const elapsedMs = performance.now() - startedAt;
  database.close();
  return { perSecond: (messages / elapsedMs) * 1000, ...percentiles(durations) };
}

function flush(file: string, times: number): StoreResult {
  const descriptor = openSync(file, 'w');
  const page = Buffer.alloc(4096, 1);
  const durations = Array.from({ length: times }, () => {
    const begunAt = performance.now();
    writeSync(descriptor, page);
    fdatasyncSync(descriptor);
    return performance.now() - begunAt;
  });
  closeSync(descriptor);
  return { perSecond: 1000 / (durations.reduce((sum, ms) => sum + ms, 0) / times), ...percentiles(durations) };
}

function percentiles(values: number[]): { p50Ms: number; p99Ms: number } {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
