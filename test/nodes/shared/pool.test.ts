import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { Pool, Pools, type Pooled } from '../../../nodes/shared/pool.ts';

type Fake = { -readonly [K in keyof Pooled]: Pooled[K] } & { isClosed: boolean };

const busy = () => new AppError('TEST_BUSY', 'transient', 'Busy.');
const stopped = () => new AppError('TEST_STOPPED', 'transient', 'Stopped.');

function lab({ connections = 2 } = {}) {
  const clock = fakeClock();
  const pool = new Pool<Fake>({ connections, idleCloseMs: 1000, waitMs: 5000, clock, busy, stopped });
  const opened: Fake[] = [];
  const open = async () => {
    const close = () => void ((connection.isUsable = false), (connection.isClosed = true));
    const connection: Fake = { isUsable: true, isClosed: false, setIdle: () => undefined, close };
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

test('a connection that is lost or spoilt is not used again', async () => {
  const { pool, opened, acquire } = lab();
  const lost = await acquire();
  lost.isUsable = false;
  pool.release(lost);
  assert.equal(lost.isClosed, true);
  const spoilt = await acquire();
  pool.release(spoilt, true);
  assert.equal(spoilt.isClosed, true);
  const idle = await acquire();
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
  const late = assert.rejects(acquire(), { code: 'TEST_BUSY' });
  await clock.advance(5001);
  await late;
  const stop = new AbortController();
  const stopped = assert.rejects(acquire(stop.signal), { code: 'TEST_STOPPED' });
  stop.abort();
  await stopped;
  await assert.rejects(acquire(AbortSignal.abort()), { code: 'TEST_STOPPED' });
  const waiting = Array.from({ length: 1000 }, () => acquire());
  await assert.rejects(acquire(), { code: 'TEST_BUSY' });
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

test('an adapter keeps its pool until its settings change', async () => {
  const pools = new Pools<Fake>();
  const options = { connections: 1, idleCloseMs: 1000, waitMs: 5000, clock: fakeClock(), busy, stopped };
  const first = pools.of('adp_a', 'old', options);
  assert.equal(pools.of('adp_a', 'old', options), first);
  assert.notEqual(pools.of('adp_b', 'old', options), first);
  assert.notEqual(pools.of('adp_a', 'new', options), first);
});
