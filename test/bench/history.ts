/**
 * `node test/bench/history.ts [rows] [folder]`: how long people wait for lists and searches in a history of so many executions on PostgreSQL.
 * One JSON line; a second one says what the history costs a durable feed. With a folder the database stays there and a later call goes on: ten millions are filled in pieces (`HISTORY_PIECE` rows a call; exit code 3 until all is there).
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '../servers/postgres.ts';
import { measureGrowth } from './cases/history-growth.ts';
import { measureHistory } from './cases/history.ts';
import { fillHistory, historyShape } from './programs/fill-history.ts';

const rows = Number(process.argv[2] ?? 1_000_000);
const folder = process.argv[3];
const piece = Number(process.env['HISTORY_PIECE'] ?? rows);
/** No index is begun after so long. */
const PIECE_MS = 180_000;
const settings = { shared_buffers: '1GB', max_wal_size: '8GB', effective_cache_size: '8GB' };
const server = await startPostgres({ ...(folder === undefined ? {} : { folder }), settings, isDurable: true });
try {
  const kept = folder === undefined ? undefined : join(folder, 'begun');
  const now = kept !== undefined && existsSync(kept) ? Number(await readFile(kept, 'utf8')) : Date.now();
  if (kept !== undefined) await writeFile(kept, String(now));
  const shape = historyShape(rows, now);
  const tell = (text: string) => void process.stderr.write(`${text}\n`);
  const startedAt = performance.now();
  const done = kept === undefined || !existsSync(`${kept}.rows`) ? 0 : Number(await readFile(`${kept}.rows`, 'utf8'));
  const until = Math.min(rows, done + piece);
  const isFilled = await fillHistory(server.address, shape, until, tell, PIECE_MS);
  if (kept !== undefined) await writeFile(`${kept}.rows`, String(until));
  const fillSeconds = Math.round((performance.now() - startedAt) / 1000);
  const figures = isFilled ? await measureHistory(server.address, shape) : { filled: until, of: rows };
  process.stdout.write(`${JSON.stringify({ fillSeconds, ...figures })}\n`);
  if (isFilled) process.stdout.write(`${JSON.stringify(await measureGrowth(server, rows, settings))}\n`);
  process.exitCode = isFilled ? 0 : 3;
} finally {
  await server.stop();
}
