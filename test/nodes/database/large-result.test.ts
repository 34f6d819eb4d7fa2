import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import databaseQuery from '../../../nodes/database/query.node.ts';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { prepareMariadb, startMariadb } from '../../servers/mariadb.ts';
import { preparePostgres, startPostgres } from '../../servers/postgres.ts';

const ROWS = 1_000_000;
const MAX_GROWTH = 256 * 1024 * 1024;

/** Counts what a store of files would write. */
function countingBlobs(): Blobs & { readonly lines: () => number } {
  let lines = 0;
  return {
    ...memoryBlobs(),
    async put(source) {
      let sizeBytes = 0;
      for await (const chunk of source) {
        sizeBytes += chunk.byteLength;
        for (const byte of chunk) if (byte === 10) lines++;
        // Writing to a disk takes a turn of the event loop.
        await new Promise((resolve) => setImmediate(resolve));
      }
      return { blobId: 'blb_counted', sizeBytes };
    },
    lines: () => lines,
  };
}

async function growthOf(settings: object, sql: string): Promise<number> {
  const run = async (maxRows: number) => {
    const blobs = countingBlobs();
    const outcome = await runNode(databaseQuery, {
      config: { sql, result: 'blob', maxRows },
      adapter: { settings: settings as Record<string, unknown>, limits: { timeoutMs: 300_000 } },
      secrets: { '': 'Wei-1' },
      blobs,
    }).catch((error: { readonly code: string }) => error.code);
    return { outcome, lines: blobs.lines() };
  };
  // What starting takes is no growth: modules, threads, the first connection.
  assert.equal((await run(100)).outcome, 'DATABASE_TOO_MANY_ROWS');
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  const { outcome, lines } = await run(ROWS);
  clearInterval(timer);
  assert.ok(typeof outcome === 'object' && 'emit' in outcome, String(outcome));
  assert.equal(lines, ROWS);
  assert.equal((outcome.emit!['ok']![0]!.data as { readonly rows: number }).rows, ROWS);
  return most - before;
}

const noPostgres = preparePostgres();
test('a million rows of PostgreSQL go into a blob without growing the process', { skip: noPostgres ?? false }, async (t) => {
  const server = await startPostgres({ password: 'Wei-1' });
  try {
    const settings = { engine: 'postgresql', host: '127.0.0.1', port: server.port, database: 'postgres', user: 'postgres' };
    const growth = await growthOf(settings, `SELECT n, repeat('检验结果', 40) AS t FROM generate_series(1, ${ROWS}) AS n`);
    t.diagnostic(`grew by ${Math.round(growth / 1024 / 1024)} MB`);
    assert.ok(growth <= MAX_GROWTH, `${growth}`);
  } finally {
    await server.stop();
  }
});

const noMariadb = prepareMariadb();
test('a million rows of MariaDB go into a blob without growing the process', { skip: noMariadb ?? false }, async (t) => {
  const server = await startMariadb({ password: 'Wei-1' });
  try {
    const settings = { engine: 'mariadb', host: '127.0.0.1', port: server.port, database: 'kq', user: 'kq' };
    const growth = await growthOf(settings, `SELECT seq AS n, REPEAT('检验结果', 40) AS t FROM seq_1_to_${ROWS}`);
    t.diagnostic(`grew by ${Math.round(growth / 1024 / 1024)} MB`);
    assert.ok(growth <= MAX_GROWTH, `${growth}`);
  } finally {
    await server.stop();
  }
});
