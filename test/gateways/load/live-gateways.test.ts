import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { LiveGateways } from '../../../gateways/load/live-gateways.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';

test('gateways count each other by front, at once when they start and ten seconds after they have gone', async () => {
  const clock = fakeClock();
  const shared = createMemorySharedState({ clock });
  const open = (...fronts: string[]) => new LiveGateways({ clock, shared, fronts });
  const [one, other] = [open('open'), open('open', 'bus')];
  assert.equal(one.count('open'), 1, 'before the first count');
  one.start();
  await clock.advance(6_000);
  assert.equal(one.count('open'), 1);
  other.start();
  await clock.advance(5_000);
  assert.deepEqual([one.count('open'), other.count('open'), other.count('bus')], [2, 2, 1]);
  other.stop();
  await clock.advance(15_000);
  assert.equal(one.count('open'), 1);
  one.stop();
});

test('while the shared state is down, the last count stays', async () => {
  const clock = fakeClock();
  const shared = createMemorySharedState({ clock });
  let isDown = false;
  const increment: typeof shared.increment = (...given) => (isDown ? Promise.reject(new Error('down')) : shared.increment(...given));
  const [one, other] = [0, 1].map(() => new LiveGateways({ clock, shared: { increment }, fronts: ['open'] })) as [
    LiveGateways,
    LiveGateways,
  ];
  one.start();
  other.start();
  await clock.advance(12_000);
  assert.equal(one.count('open'), 2);
  isDown = true;
  await clock.advance(60_000);
  assert.equal(one.count('open'), 2);
  one.stop();
  other.stop();
});
