import { workQueueConformance } from '../../conformance/work-queue.ts';
import { describeOnRedis, openRedis, wait } from '../redis/open-redis.ts';

describeOnRedis('the doorbell', (server) => {
  workQueueConformance('BullMQ', async () => {
    const { workQueue, close } = await openRedis(server());
    return { queue: workQueue, passTime: wait, close };
  });
});
