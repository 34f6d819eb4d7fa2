/** Prints the niceness of a thread of `BoundedThreads`: that of its process counts where it is higher. */
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { BoundedThreads } from '../../../engine/threads/bounded-threads.ts';
import type { TrialTask } from './trial-thread.ts';

const file = new URL('./trial-thread.ts', import.meta.url);
const threads = new BoundedThreads<TrialTask, number>({
  ...{ file, size: 1, heapMb: 64, waiting: 1, waitingPerKey: 1, clock: wallClock() },
});
process.stdout.write(`${await threads.run({ what: 'niceness' }, { cpuMs: 5000 })}\n`);
await threads.close();
