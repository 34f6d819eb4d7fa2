/** `node listen-until-killed.ts <port of Redis>` prints READY, and then each list of partitions that it heard. */
import { openRedis } from '../redis/open-redis.ts';

const { workQueue } = await openRedis({ port: Number(process.argv[2]) });
await workQueue.consume(async (partitions) => console.log(partitions.join(',')));
console.log('READY');
