import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { SharedState } from '../../../engine/contract/ports/shared-state.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { PurgeLog, type Purgeable } from '../../../gateways/cache/purge-log.ts';
import { purgeCaches } from '../../../gateways/documents/cache-purge.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';

const down = () => Promise.reject(new AppError('SHARED_STATE_DOWN', 'transient', 'down'));

async function startLog(t: TestContext, change: (shared: SharedState) => Partial<SharedState> = () => ({})) {
  const clock = fakeClock();
  let memory = createMemorySharedState({ clock });
  const shared = { ...memory, ...change(memory) };
  const purged: (string | undefined)[] = [];
  const changes: boolean[] = [];
  const log = new PurgeLog({
    shared,
    clock,
    onPurge: (purge) => void purged.push(purge?.interfaceId),
    onChange: (isDown) => void changes.push(isDown),
  });
  t.after(() => log.stop());
  await clock.advance(0);
  const at = (interfaceId: string, key = 'k', tags: readonly string[] = []): Purgeable => ({ interfaceId, key, tags, number: log.number });
  return {
    ...{ clock, shared, log, purged, changes, at },
    purge: (purge: Parameters<typeof purgeCaches>[1]) => purgeCaches(memory, purge),
    /** As a Redis that was emptied. */
    empty: () => Object.assign(shared, (memory = createMemorySharedState({ clock })), change(memory)),
  };
}

test('a purge concerns the responses of its interface, tag or key that come from before it', async (t) => {
  const { log, purge, at, clock } = await startLog(t);
  const [a, b, tagged, keyed] = [at('a'), at('b'), at('b', 'k', ['t']), at('b', 'x')];
  await purge({ interfaceId: 'a' });
  await purge({ interfaceId: 'b', tag: 't' });
  await purge({ interfaceId: 'b', key: 'x' });
  await clock.advance(0);
  assert.deepEqual(
    [a, b, tagged, keyed].map((response) => log.isCurrent(response)),
    [false, true, false, false],
  );
  assert.ok(log.isCurrent(at('a')), 'from after the purge');
});

test('a lost hint is made up for within a second', async (t) => {
  const { log, purge, at, clock, purged } = await startLog(t, () => ({ subscribe: async () => () => {} }));
  const [a, b] = [at('a'), at('b')];
  for (const interfaceId of ['a', 'c']) await purge({ interfaceId });
  assert.ok(log.isCurrent(a));
  await clock.advance(999);
  assert.deepEqual([log.isCurrent(a), log.isCurrent(b)], [false, true]);
  assert.deepEqual(purged, ['a', 'c']);
});

test('a purge that cannot be read, and a state that was lost, concern every response', async (t) => {
  const { log, purge, at, clock, purged, empty } = await startLog(t, () => ({
    subscribe: async () => () => {},
    get: async () => undefined,
  }));
  const a = at('a');
  await purge({ interfaceId: 'other' });
  await clock.advance(999);
  assert.equal(log.isCurrent(a), false);
  const b = at('a');
  empty();
  await clock.advance(999);
  assert.equal(log.isCurrent(b), false);
  assert.deepEqual(purged, [undefined, undefined]);
});

test('while the state is down, responses stay current; it is reported once, and once when it is back', async (t) => {
  let isDown = false;
  const { log, at, clock, changes, purge } = await startLog(t, (memory) => ({
    increment: (...given) => (isDown ? down() : memory.increment(...given)),
  }));
  const a = at('a');
  isDown = true;
  await clock.advance(5000);
  assert.ok(log.isCurrent(a));
  assert.equal(log.isConnected, false);
  isDown = false;
  await clock.advance(5000);
  assert.deepEqual(changes, [true, false]);
  assert.ok(log.isConnected && log.isCurrent(a));
  await purge({ interfaceId: 'a' });
  await clock.advance(0);
  assert.equal(log.isCurrent(a), false);
});

test('keeps a bounded list: what is older than it is no longer current', async (t) => {
  const { log, at, purge, clock } = await startLog(t);
  const a = at('a');
  for (let i = 0; i < 256; i++) await purge({ interfaceId: 'b' });
  await clock.advance(0);
  assert.ok(log.isCurrent(a));
  await purge({ interfaceId: 'b' });
  await clock.advance(0);
  assert.equal(log.isCurrent(a), false);
});
