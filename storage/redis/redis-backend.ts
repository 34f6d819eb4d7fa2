import { openBullmqWorkQueue } from '../bullmq/bullmq-work-queue.ts';
import type { SharedBackend } from '../shared/storage-backend.ts';
import { checkRedis } from './check-redis.ts';
import { createRedisClient, parseRedisAddress, type RedisCounters } from './connect-redis.ts';
import { CLAIMS_SINCE, openRedisSharedState } from './redis-shared-state.ts';
import { translateRedisError } from './translate-redis-error.ts';

/** The backend `redis:` and `rediss:`: work queue (BullMQ) and shared state for any number of processes. */
export const redisBackend: SharedBackend = {
  checkAddress: (address) => parseRedisAddress(address, {}),
  async open(address, { clock, logger, password, ca }) {
    const place = parseRedisAddress(address, { ...(password === undefined ? {} : { password }), ...(ca === undefined ? {} : { ca }) });
    await checkRedis(place);
    const counters: RedisCounters = { operations: 0 };
    const sharedState = await openRedisSharedState({ place, clock, logger });
    const client = createRedisClient(place, counters, false);
    try {
      await client.connect();
      const workQueue = await openBullmqWorkQueue({ client, counters, clock, logger });
      return {
        workQueue,
        sharedState,
        async beginClaims(isNew) {
          if (isNew) await client.set(CLAIMS_SINCE, 0, 'NX');
          await sharedState.noteLosses();
        },
        async serverTime() {
          const [seconds, microseconds] = await client.time();
          return Number(seconds) * 1000 + Number(microseconds) / 1000;
        },
        async close() {
          await workQueue.close();
          await sharedState.close();
        },
      };
    } catch (error) {
      client.disconnect();
      await sharedState.close();
      throw translateRedisError(error);
    }
  },
};
