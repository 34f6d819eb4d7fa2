import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { SharedState } from '../../../engine/contract/ports/shared-state.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import type { CachedAnswer } from '../../../gateways/cache/memory-cache.ts';
import { SharedCache } from '../../../gateways/cache/shared-cache.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';
import { crypto } from '../support/city-plan.ts';
import { createTestSeal, testSeal } from '../support/test-seal.ts';

const ID = '110101199003070011';

function createLab(change: (shared: SharedState) => Partial<SharedState> = () => ({}), limitBytes = 10_000_000) {
  const clock = fakeClock();
  const memory = createMemorySharedState({ clock });
  const values = new Map<string, string>();
  const set: SharedState['set'] = (name, value, options) => (values.set(name, value), memory.set(name, value, options));
  const shared = { ...memory, set, ...change(memory) };
  const downs: string[] = [];
  const open = (seal = testSeal) =>
    new SharedCache({ shared, sharedSeal: seal, clock, crypto, limitBytes, onDown: (code) => void downs.push(code) });
  const entry = (key: string, body: Uint8Array = Buffer.from(ID)): CachedAnswer => ({
    ...{ key, interfaceId: 'ifc_a', tags: [], number: 7, status: 200, headers: { 'content-type': 'text/plain' }, body, retryAt: 0 },
    ...{ bornAt: clock.monotonic(), freshUntil: clock.monotonic() + 1000, staleUntil: clock.monotonic() + 2000 },
  });
  return { clock, shared, values, downs, open, entry };
}

test('another gateway reads what one has written, large bodies too, with the times that are left', async () => {
  const { clock, open, entry } = createLab();
  const body = Buffer.from(crypto.randomBytes(1024 * 1024));
  assert.ok(await open().write(entry('k', body)));
  await clock.advance(400);
  const read = await open().read('k');
  assert.ok(Buffer.from(read!.body).equals(body));
  assert.equal(read!.number, 7);
  assert.deepEqual([read!.bornAt, read!.freshUntil, read!.staleUntil], [0, 1000, 2000]);
  await clock.advance(1600);
  assert.equal(await open().read('k'), undefined);
});

test('the shared state sees neither content nor key, and a value works only for its key, whole and under its seal', async () => {
  const { values, open, entry, shared } = createLab();
  const cache = open();
  await cache.write(entry(`key of ${ID}`, Buffer.alloc(300_000, ID)));
  await cache.write(entry('other', Buffer.alloc(300_000, 'other')));
  const [[name, value], [otherName, other]] = [...values] as [[string, string], [string, string]];
  assert.doesNotMatch(name + value + Buffer.from(value, 'base64').toString('latin1'), new RegExp(ID));
  const pieces = value.split('.');
  const otherPieces = other.split('.');
  for (const wrong of [
    other,
    pieces.slice(0, -1).join('.'),
    [...pieces, pieces.at(-1)].join('.'),
    [pieces[0], pieces[2], pieces[1], ...pieces.slice(3)].join('.'),
    [pieces[0], ...otherPieces.slice(1)].join('.'),
    'rubbish',
    '',
  ]) {
    await shared.set(name, wrong, { ttlMs: 1000 });
    assert.equal(await cache.read(`key of ${ID}`), undefined);
  }
  await shared.set(otherName, other, { ttlMs: 1000 });
  assert.ok(await cache.read('other'));
  assert.equal(await open(createTestSeal(Buffer.alloc(32, 8))).read('other'), undefined);
});

test('a gateway puts at most its limit of bytes there, and has room again when they end', async () => {
  const { clock, open, entry } = createLab(undefined, 10_000);
  const cache = open();
  assert.equal(await cache.write(entry('a', Buffer.alloc(5000))), true);
  assert.equal(await cache.write(entry('b', Buffer.alloc(5000))), false);
  assert.equal(await cache.write(entry('a', Buffer.alloc(4000))), true, 'replaces its own');
  await clock.advance(2000);
  assert.equal(await cache.write(entry('b', Buffer.alloc(5000))), true);
});

test('a state that is down or slow is a miss', async () => {
  const fails = () => Promise.reject(new AppError('SHARED_STATE_DOWN', 'transient', 'down'));
  const { open, downs, entry } = createLab(() => ({ get: fails, set: fails, delete: fails }));
  const cache = open();
  assert.equal(await cache.read('k'), undefined);
  assert.equal(await cache.write(entry('k')), false);
  await cache.remove('k');
  assert.deepEqual(downs, ['SHARED_STATE_DOWN', 'SHARED_STATE_DOWN', 'SHARED_STATE_DOWN']);

  const slow = createLab(() => ({ get: () => new Promise(() => undefined) }));
  const read = slow.open().read('k');
  await slow.clock.advance(200);
  assert.equal(await read, undefined);
});
