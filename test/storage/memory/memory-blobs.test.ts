import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryBlobs } from '../../../storage/memory/memory-blobs.ts';
import { blobsConformance } from '../../conformance/blobs.ts';

blobsConformance('memory', async () => {
  const clock = fakeClock();
  const blobs = createMemoryBlobs({ clock });
  return { blobs, passTime: (ms) => clock.advance(ms), close: () => blobs.close() };
});
