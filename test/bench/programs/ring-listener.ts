/** `ring-listener.ts <address of Redis>`: listens as a worker does, tells its parent when it heard something, and on request what it sent to Redis. */
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { redisBackend } from '../../../storage/redis/redis-backend.ts';

/** A worker's pause between two reads of its store. */
const READ_MS = 10;

const { workQueue } = await redisBackend.open(process.argv[2]!, { clock: wallClock(), logger: silentLogger });
let isWarm = false;
await workQueue.consume(async () => {
  if (isWarm) process.send!({ at: performance.timeOrigin + performance.now() });
  await new Promise((resolve) => setTimeout(resolve, READ_MS));
});
process.on('message', () => process.send!({ operations: workQueue.counters.operations }));
process.once('disconnect', () => process.exit());
isWarm = true;
process.send!({ isReady: true });
