import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';
import { sharedStateConformance } from '../../conformance/shared-state.ts';

sharedStateConformance('memory', async () => {
  const clock = fakeClock();
  const state = createMemorySharedState({ clock });
  return { state, passTime: (ms) => clock.advance(ms), close: () => state.close() };
});
