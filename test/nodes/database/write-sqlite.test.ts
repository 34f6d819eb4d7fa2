import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import databaseWrite from '../../../nodes/database/write.node.ts';

const folder = await mkdtemp(join(tmpdir(), 'kq-sqlite-'));
const file = join(folder, 'lis.db');
const direct = new DatabaseSync(file);
direct.exec(`CREATE TABLE items (code text PRIMARY KEY, label text, photo blob);
  CREATE TABLE kq_ledger (step_key varchar(64) PRIMARY KEY, result text NOT NULL, written_at timestamp DEFAULT CURRENT_TIMESTAMP);
  CREATE TABLE numbered (id integer PRIMARY KEY, label text NOT NULL)`);
after(async () => {
  direct.close();
  await rm(folder, { recursive: true, force: true });
});

const column = (name: string, isKey = false, isBase64 = false) => ({ name, value: { path: `data.${name}` }, isKey, isBase64 });

async function write(config: object, data: unknown, idempotencyKey = 'step') {
  const adapter = { adapterId: 'adp_sqlite', settings: { engine: 'sqlite', file } };
  const outcome = await runNode(databaseWrite, { config: config as Record<string, unknown>, adapter, data, idempotencyKey });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data;
}
const count = (table: string) => direct.prepare(`SELECT count(*) AS n FROM ${table}`).get()!['n'];

test('rows are written into a SQLite file, once by key', async () => {
  const columns = [column('code', true), column('label'), column('photo', false, true)];
  const insert = { table: 'items', columns, idempotency: 'key' };
  for (let run = 0; run < 2; run += 1) assert.deepEqual(await write(insert, { code: 'a', photo: 'AP8n' }), { affected: 1 });
  await assert.rejects(write(insert, { code: 'a', label: 'other' }), (error: AppError) => error.code === 'DATABASE_ROW_DIFFERS');
  assert.deepEqual(await write({ ...insert, mode: 'upsert' }, { code: 'a', label: '甲' }), { affected: 1 });
  assert.deepEqual(await write({ ...insert, mode: 'update' }, { code: 'a', label: '乙' }), { affected: 1 });
  assert.deepEqual({ ...direct.prepare('SELECT * FROM items').get() }, { code: 'a', label: '乙', photo: null });
  assert.deepEqual(await write({ ...insert, mode: 'delete', columns: [column('code', true)] }, { code: 'a' }), { affected: 1 });
});

test('rows are written into a SQLite file, once by the ledger', async () => {
  const config = { table: 'numbered', columns: [column('label')], returning: ['id'], idempotency: 'ledger' };
  const first = await write(config, { label: 'x' }, 'one');
  assert.deepEqual(first, { affected: 1, rows: [{ id: 1 }] });
  assert.deepEqual(await write(config, { label: 'x' }, 'one'), first);
  assert.equal(count('numbered'), 1);
  await assert.rejects(write(config, {}, 'two'), (error: AppError) => error.code === 'DATABASE_CONSTRAINT');
  assert.equal(count('kq_ledger'), 1);
});
