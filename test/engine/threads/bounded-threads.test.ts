import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { BoundedThreads, ThreadLimit, type BoundedThreadsOptions } from '../../../engine/threads/bounded-threads.ts';
import type { TrialTask } from './trial-thread.ts';

const CPU_MS = 200;

function open(t: TestContext, options: Partial<BoundedThreadsOptions> = {}): BoundedThreads<TrialTask, unknown> {
  const file = new URL('./trial-thread.ts', import.meta.url);
  const threads = new BoundedThreads<TrialTask, unknown>({
    ...{ file, size: 1, heapMb: 64, waiting: 100, waitingPerKey: 10, clock: wallClock() },
    ...options,
  });
  t.after(() => threads.close());
  return threads;
}

const faultOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof ThreadLimit ? `${error.fault} ${error.step}` : String(error)),
  );

test('a task has its answer, or the refusal that it throws', async (t) => {
  const threads = open(t, { data: { folder: 'x' } });
  assert.equal(await threads.run({ what: 'double', value: 21 }, { cpuMs: CPU_MS }), 42);
  assert.deepEqual(await threads.run({ what: 'data' }, { cpuMs: CPU_MS }), { folder: 'x' });
  const refused = threads.run({ what: 'refuse', value: 7 }, { cpuMs: CPU_MS });
  await assert.rejects(refused, { code: 'TRIAL_REFUSED', kind: 'input', values: { value: 7 } });
  assert.equal(await faultOf(threads.run({ what: 'fail' }, { cpuMs: CPU_MS })), 'failed 0');
});

test('a task that runs away ends with its thread and says how far it was; what waited behind it goes on in another', async (t) => {
  const threads = open(t);
  const first = await threads.run({ what: 'thread' }, { cpuMs: CPU_MS });
  const bomb = threads.run({ what: 'spin', value: 12 }, { cpuMs: CPU_MS, key: 'bomber' });
  const waiting = [1, 2, 3].map((value) => threads.run({ what: 'double', value }, { cpuMs: CPU_MS, key: 'neighbour' }));
  assert.equal(await faultOf(bomb), 'time 12');
  assert.deepEqual(await Promise.all(waiting), [2, 4, 6]);
  assert.notEqual(await threads.run({ what: 'thread' }, { cpuMs: CPU_MS }), first);
});

test('a task that eats memory ends with its thread, and its neighbours do not', async (t) => {
  const threads = open(t);
  const bomb = threads.run({ what: 'eat', value: 3 }, { cpuMs: 60_000 });
  const waiting = threads.run({ what: 'double', value: 4 }, { cpuMs: CPU_MS });
  assert.equal(await faultOf(bomb), 'memory 3');
  assert.equal(await waiting, 8);
});

test('what counts is computing: a task that waits longer than its limit is not ended', async (t) => {
  assert.equal(await open(t).run({ what: 'sleep', value: 600 }, { cpuMs: 100 }), 600);
});

test('a thread that has computed for long ends a task as soon as a new one does, also where it cannot be asked for a while', async (t) => {
  const threads = open(t);
  await threads.run({ what: 'compute', value: 6000 }, { cpuMs: 60_000 });
  const before = process.cpuUsage();
  // On a busy machine it is ended within the call, before it could report its step.
  assert.match(await faultOf(threads.run({ what: 'call', value: 4 }, { cpuMs: CPU_MS })), /^time [04]$/);
  const { user } = process.cpuUsage(before);
  assert.ok(user / 1000 < 4000, `computed ${user / 1000} ms in all`);
});

test('a task that cannot be cloned fails by itself: the thread goes on with the next', async (t) => {
  const threads = open(t);
  const uncloneable = { what: 'double', value: () => 1 } as unknown as TrialTask;
  await assert.rejects(threads.run(uncloneable, { cpuMs: CPU_MS }), { name: 'DataCloneError' });
  assert.equal(await threads.run({ what: 'double', value: 2 }, { cpuMs: CPU_MS }), 4);
  const slow = threads.run({ what: 'compute', value: 100 }, { cpuMs: 5000 });
  await Promise.all([slow, assert.rejects(threads.run(uncloneable, { cpuMs: CPU_MS }), { name: 'DataCloneError' })]);
  assert.equal(await threads.run({ what: 'double', value: 3 }, { cpuMs: CPU_MS }), 6);
});

test('keys take turns, and one key cannot fill the queue of the others', async (t) => {
  const threads = open(t, { waitingPerKey: 3 });
  const order: string[] = [];
  const ask = async (key: string) => {
    await threads.run({ what: 'double' }, { cpuMs: CPU_MS, key });
    order.push(key);
  };
  const many = Array.from({ length: 10 }, () => ask('many').catch((error: unknown) => (error as ThreadLimit).fault));
  await Promise.all([...many, ask('few')]);
  assert.ok(order.indexOf('few') <= 1);
  assert.equal((await Promise.all(many)).filter((fault) => fault === 'busy').length, 7);
});

test('a key that ended a thread is refused for a while, with the time to wait; others are not', async (t) => {
  const threads = open(t, { pauseMs: 60_000 });
  assert.equal(await faultOf(threads.run({ what: 'spin' }, { cpuMs: CPU_MS, key: 'bomber' })), 'time 0');
  const again = await threads.run({ what: 'double' }, { cpuMs: CPU_MS, key: 'bomber' }).catch((error: unknown) => error as ThreadLimit);
  assert.ok(again instanceof ThreadLimit && again.fault === 'busy' && again.retryAfterMs > 50_000);
  assert.equal(await threads.run({ what: 'double', value: 1 }, { cpuMs: CPU_MS, key: 'other' }), 2);
});

test('a task that nobody waits for any more is not begun; a thread that cannot start tells whoever waits', async (t) => {
  const threads = open(t);
  const leaving = new AbortController();
  const left = threads.run({ what: 'spin' }, { cpuMs: 60_000, signal: leaving.signal });
  leaving.abort(new Error('left'));
  await assert.rejects(left, /left/);
  assert.equal(await threads.run({ what: 'double', value: 1 }, { cpuMs: CPU_MS }), 2);
  const missing = open(t, { file: new URL('./nothing-there.ts', import.meta.url) });
  assert.equal(await faultOf(missing.run({ what: 'double' }, { cpuMs: CPU_MS })), 'failed 0');
});
