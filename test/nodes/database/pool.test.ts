import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import type { Connection } from '../../../nodes/database/drivers/driver.ts';
import { Pool } from '../../../nodes/database/pool.ts';

type Fake = { -readonly [K in keyof Connection]: Connection[K] } & { isClosed: boolean };

function lab({ connections = 2 } = {}) {
  const clock = fakeClock();
  const pool = new Pool({ connections, idleCloseMs: 1000, waitMs: 5000, clock });
  const opened: Fake[] = [];
  const open = async () => {
    const connection = { isUsable: true, isInTransaction: false, isClosed: false, setIdle: () => undefined } as unknown as Fake;
    connection.close = () => void ((connection.isUsable = false), (connection.isClosed = true));
    opened.push(connection);
    return connection;
  };
  const acquire = (signal = new AbortController().signal) => pool.acquire(open, signal);
  return { clock, pool, opened, acquire };
}

test('an idle connection is used again, and closed when it has been idle for long', async () => {
  const { clock, pool, opened, acquire } = lab();
  const first = await acquire();
  pool.release(first);
  assert.equal(await acquire(), first);
  pool.release(first);
  await clock.advance(1001);
  assert.equal(opened[0]!.isClosed, true);
  assert.equal(pool.isEmpty, true);
});

test('a connection that is lost, or within a transaction, is not used again', async () => {
  const { pool, opened, acquire } = lab();
  for (const spoil of [(one: Fake) => (one.isUsable = false), (one: Fake) => (one.isInTransaction = true)]) {
    const connection = (await acquire()) as Fake;
    spoil(connection);
    pool.release(connection);
    assert.equal(connection.isClosed, true);
  }
  const idle = (await acquire()) as Fake;
  pool.release(idle);
  idle.isUsable = false;
  assert.notEqual(await acquire(), idle);
  assert.equal(opened.length, 4);
});

test('more steps than connections wait for one, in order', async () => {
  const { pool, opened, acquire } = lab({ connections: 1 });
  const first = await acquire();
  const [second, third] = [acquire(), acquire()];
  pool.release(first);
  assert.equal(await second, first);
  first.close();
  pool.release(first);
  assert.notEqual(await third, first);
  assert.equal(opened.length, 2);
});

test('waiting ends with the time, with a cancel, and where too many wait', async () => {
  const { clock, pool, acquire } = lab({ connections: 1 });
  const first = await acquire();
  const late = assert.rejects(acquire(), { code: 'DATABASE_BUSY' });
  await clock.advance(5001);
  await late;
  const stop = new AbortController();
  const stopped = assert.rejects(acquire(stop.signal), { code: 'DATABASE_STOPPED' });
  stop.abort();
  await stopped;
  await assert.rejects(acquire(AbortSignal.abort()), { code: 'DATABASE_STOPPED' });
  const waiting = Array.from({ length: 1000 }, () => acquire());
  await assert.rejects(acquire(), { code: 'DATABASE_BUSY' });
  for (const one of [first, ...waiting]) pool.release(await one);
});

test('a failed opening frees its place', async () => {
  const { pool, acquire } = lab({ connections: 1 });
  await assert.rejects(
    pool.acquire(() => Promise.reject(new Error('no')), new AbortController().signal),
    /no/,
  );
  assert.ok(await acquire());
});

test('a retired pool closes what is idle now, and what is used when it is released', async () => {
  const { pool, opened, acquire } = lab();
  const [busy, idle] = [await acquire(), await acquire()];
  pool.release(idle);
  pool.retire();
  assert.deepEqual(
    opened.map(({ isClosed }) => isClosed),
    [false, true],
  );
  pool.release(busy);
  assert.equal(pool.isEmpty, true);
});
