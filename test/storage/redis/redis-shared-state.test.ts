import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { CLAIMS_SINCE, openRedisSharedState } from '../../../storage/redis/redis-shared-state.ts';
import { eventually } from '../../conformance/eventually.ts';
import { sharedStateConformance } from '../../conformance/shared-state.ts';
import { startFaultProxy } from '../../servers/fault-proxy.ts';
import type { RedisServer } from '../../servers/redis.ts';
import { describeOnRedis, openRedis, wait } from './open-redis.ts';

const DOWN = { code: 'SHARED_STATE_DOWN', kind: 'transient' };
const FULL = { code: 'SHARED_STATE_FULL', kind: 'transient' };

describeOnRedis('shared state', (server) => {
  sharedStateConformance('Redis', async () => {
    const { sharedState, close } = await openRedis(server());
    return { state: sharedState, passTime: wait, close };
  });

  it('gives one share at most half, all together no more than there is, and the room again once claims have ended', async (t) => {
    await server().command('FLUSHALL');
    const state = await openState(t, server(), 100);
    const claim = (share: string, from: number, to: number) =>
      Promise.all(Array.from({ length: to - from }, (_, i) => state.claimOnce(`${share}${from + i}`, 1, share)));
    await claim('greedy', 0, 50);
    await assert.rejects(claim('greedy', 50, 51), FULL);
    await state.claimOnce('held', 600_000, 'modest');
    await claim('modest', 0, 39);
    await claim('', 0, 10);
    await assert.rejects(claim('fourth', 0, 1), FULL);
    assert.equal(await state.claimOnce('held', 600_000, 'modest'), false, 'a replay is one also when all is full');
    // The window in which they ended has passed: as if it were a minute later.
    await server().command('EVAL', ENDS_WINDOWS, '0');
    await claim('fourth', 0, 50);
    await assert.rejects(claim('fourth', 50, 51), FULL);
    await claim('modest', 0, 49);
    await assert.rejects(claim('modest', 49, 50), FULL, 'the claim that is still held counts');
  });

  it('keeps no more in Redis than what lives', async (t) => {
    const state = await openState(t, server());
    await server().command('FLUSHALL');
    for (let value = 0; value < 200; value++) await state.set(`v${value}`, 'x', { ttlMs: 20, tags: ['always', `tag${value}`] });
    await wait(60);
    await state.set('last', 'x', { ttlMs: 60_000, tags: ['always'] });
    assert.match(await server().command('ZCARD', 'kq:{values}:t:always'), /^:1\r/);
    await state.deleteByTag('always');
    // What has ended is counted until Redis comes by.
    await eventually(async () => /^:0\r/.test(await server().command('DBSIZE')));
  });

  it('deletes ten thousand values by their tag, and those alone', async (t) => {
    const state = await openState(t, server());
    await Promise.all(Array.from({ length: 10_000 }, (_, i) => state.set(`many${i}`, 'x', { ttlMs: 60_000, tags: ['many', 'more'] })));
    await state.set('other', 'x', { ttlMs: 60_000, tags: ['more'] });
    await state.deleteByTag('many');
    assert.deepEqual(await Promise.all(['many0', 'many9999', 'other'].map((key) => state.get(key))), [undefined, undefined, 'x']);
    assert.match(await server().command('ZCARD', 'kq:{values}:t:more'), /^:1\r/);
  });

  it('says that it is full when Redis has no memory left, and goes on when it has', async (t) => {
    const state = await openState(t, server());
    t.after(() => server().command('CONFIG', 'SET', 'maxmemory', '0'));
    await server().command('CONFIG', 'SET', 'maxmemory', '1');
    await assert.rejects(state.claimOnce('n', 1000), FULL);
    await assert.rejects(state.set('n', 'x', { ttlMs: 1000 }), FULL);
    await server().command('CONFIG', 'SET', 'maxmemory', '0');
    assert.equal(await state.claimOnce('n', 1000), true);
  });

  it('goes on after FLUSHALL and SCRIPT FLUSH as if everything had ended', async (t) => {
    const state = await openState(t, server());
    assert.equal(await state.claimOnce('flushed', 60_000), true);
    assert.ok(await state.acquireLease('flushed', 'p1', 60_000));
    await server().command('FLUSHALL');
    await server().command('SCRIPT', 'FLUSH');
    assert.equal(await state.claimOnce('flushed', 60_000), true);
    assert.ok(await state.acquireLease('flushed', 'p2', 60_000));
  });

  it('tells claims of before it was emptied from those that are surely new', async (t) => {
    const state = await openState(t, server());
    await server().command('FLUSHALL');
    const claim = (key: string, bornAt: number) => state.claimOnce(key, 60_000, '', bornAt);
    await assert.rejects(claim('a', Date.now()), { code: 'CLAIMS_FORGOTTEN', kind: 'transient' });
    assert.equal(await claim('b', Date.now() + 61_000), true);
    assert.equal(await claim('b', Date.now()), false);
    assert.equal(await state.claimOnce('c', 60_000), true, 'one whose age is of no concern');
  });

  it('notes the loss when Redis is emptied, though nobody claims anything', async (t) => {
    const state = await openState(t, server());
    await state.noteLosses();
    await server().command('FLUSHALL');
    await eventually(async () => (await server().command('EXISTS', CLAIMS_SINCE)).startsWith(':1'));
  });

  for (const way of ['stop', 'kill'] as const)
    it(`refuses quickly after a ${way} of Redis, and heals by itself when it is back, subscriptions too`, async (t) => {
      const state = await openState(t, server());
      const heard: string[] = [];
      await state.subscribe('news', (payload) => void heard.push(payload));
      const inFlight = Promise.allSettled(Array.from({ length: 200 }, (_, i) => state.increment(`n${i}`, 1, 1000)));
      await server()[way]();
      await inFlight;
      await assert.rejects(within(ANSWERED_MS, state.claimOnce('a', 1000)), DOWN);
      await assert.rejects(within(ANSWERED_MS, state.get('a')), DOWN);
      await assert.rejects(within(ANSWERED_MS, state.publish('news', 'lost')), DOWN);
      // A subscriber that comes in the meantime receives the next message.
      await within(
        ANSWERED_MS,
        state.subscribe('more', (payload) => void heard.push(payload)),
      );
      await server().restart();
      await eventually(() => state.claimOnce(`back after ${way}`, 1000).catch(() => false));
      await eventually(async () => {
        await state.publish('news', 'one').catch(() => undefined);
        await state.publish('more', 'two').catch(() => undefined);
        return heard.includes('one') && heard.includes('two');
      });
      assert.ok(!heard.includes('lost'));
    });

  it('takes a connection that swallows everything for dead within seconds, and heals', async (t) => {
    const proxy = await startFaultProxy({ targetPort: server().port });
    t.after(() => proxy.stop());
    const state = await openState(t, proxy);
    const heard: string[] = [];
    await state.subscribe('news', (payload) => void heard.push(payload));
    assert.equal(await state.claimOnce('before', 60_000), true);
    proxy.swallow();
    await Promise.all(Array.from({ length: 100 }, (_, i) => assert.rejects(within(ANSWERED_MS, state.claimOnce(`deaf${i}`, 1000)), DOWN)));
    // Subscribers find out by themselves, although they send nothing.
    await wait(5_000);
    proxy.heal();
    await eventually(async () => {
      await state.publish('news', 'one').catch(() => undefined);
      return heard.includes('one');
    });
    assert.equal(await state.claimOnce('before', 60_000), false);
  });

  it('never says twice that a claim was taken, whatever is cut while it is asked', async (t) => {
    const proxy = await startFaultProxy({ targetPort: server().port });
    t.after(() => proxy.stop());
    const states = await Promise.all([openState(t, proxy), openState(t, proxy)]);
    const wins = new Map<string, number>();
    const cutting = setInterval(() => proxy.cut(), 15);
    for (let round = 0; round < 200; round++) {
      const key = `cut${round % 50}`;
      const answers = await Promise.allSettled(states.map((state) => state.claimOnce(key, 60_000)));
      for (const answer of answers) if (answer.status === 'fulfilled' && answer.value) wins.set(key, (wins.get(key) ?? 0) + 1);
      await wait(2);
    }
    clearInterval(cutting);
    assert.ok(wins.size > 0, 'some were answered');
    assert.deepEqual(
      [...wins.values()].filter((count) => count !== 1),
      [],
    );
  });
});

/** Every window of claims ends now, but for the one whose end is far off. */
const ENDS_WINDOWS = `
  local time = redis.call('TIME')
  for _, window in ipairs(redis.call('ZRANGEBYSCORE', 'kq:{claims}:windows', '-inf', time[1] * 1000 + 300000)) do
    redis.call('ZADD', 'kq:{claims}:windows', 0, window)
  end`;

async function openState(t: TestContext, { port }: Pick<RedisServer, 'port'>, maxClaims?: number) {
  const state = await openRedisSharedState({
    place: { host: '127.0.0.1', port, db: 0 },
    clock: systemClock,
    logger: silentLogger,
    ...(maxClaims === undefined ? {} : { maxClaims }),
  });
  t.after(() => state.close());
  return state;
}

/** Two seconds on an idle machine. */
const ANSWERED_MS = 10_000;

/** Fails where the answer takes longer: a caller's time is bounded. */
async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => (timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)));
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
