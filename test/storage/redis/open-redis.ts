/** What every test on a real Redis needs. */
import { after, before, describe } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { redisBackend } from '../../../storage/redis/redis-backend.ts';
import type { OpenedShared } from '../../../storage/shared/storage-backend.ts';
import { prepareRedis, startRedis, type RedisServer } from '../../servers/redis.ts';

/** One server for the tests within; skipped by name where there is none. */
export function describeOnRedis(name: string, tests: (server: () => RedisServer) => void): void {
  const missing = prepareRedis();
  describe(`${name} on Redis`, { skip: missing ?? false }, () => {
    let server: RedisServer;
    before(async () => void (server = await startRedis()));
    after(() => server.stop());
    tests(() => server);
  });
}

/** `port`: that of a proxy before it. */
export function openRedis({ port }: { readonly port: number }): Promise<OpenedShared> {
  return redisBackend.open(`redis://127.0.0.1:${port}`, { clock: systemClock, logger: silentLogger });
}

/** A server keeps the time: there is no other way than to wait. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
