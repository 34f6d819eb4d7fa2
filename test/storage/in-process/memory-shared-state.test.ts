import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createClaims } from '../../../storage/in-process/claims.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';
import { sharedStateConformance } from '../../conformance/shared-state.ts';

sharedStateConformance('memory', async () => {
  const clock = fakeClock();
  const state = createMemorySharedState({ clock });
  return { state, passTime: (ms) => clock.advance(ms), close: () => state.close() };
});

it('gives no lease whose fencing number could not be stored, and gives none out twice', async () => {
  const clock = fakeClock();
  const stored = new Map<string, number>();
  let isDown = true;
  const journal = () => ({
    claims: createClaims(clock),
    fencing: [...stored],
    saveClaim: () => Promise.resolve(),
    async saveFencing(name: string, fencing: number) {
      if (isDown) throw new Error('disk full');
      stored.set(name, fencing);
    },
  });
  const state = createMemorySharedState({ clock, journal: journal() });
  await assert.rejects(state.acquireLease('timer', 'p1', 1000), /disk full/);
  await assert.rejects(state.acquireLease('timer', 'p1', 1000), /disk full/);
  isDown = false;
  const [won, lost] = await Promise.all([state.acquireLease('timer', 'p1', 1000), state.acquireLease('timer', 'p2', 1000)]);
  assert.ok(won);
  assert.equal(lost, undefined);
  assert.deepEqual([...stored], [['timer', won.fencing]]);
  const restarted = createMemorySharedState({ clock, journal: journal() });
  assert.equal((await restarted.acquireLease('timer', 'p2', 1000))?.fencing, won.fencing + 1);
});
