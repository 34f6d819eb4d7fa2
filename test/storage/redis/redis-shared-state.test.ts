import { sharedStateConformance } from '../../conformance/shared-state.ts';
import { describeOnRedis, openRedis, wait } from './open-redis.ts';

describeOnRedis('shared state', (server) => {
  sharedStateConformance('Redis', async () => {
    const { sharedState, close } = await openRedis(server());
    return { state: sharedState, passTime: wait, close };
  });
});
