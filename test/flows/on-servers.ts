import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareRedis, startRedis } from '../servers/redis.ts';
import { flowSuite } from './flow-suite.ts';

interface Server {
  readonly address: string;
  stop(): Promise<void>;
}

/** The suite with documents on this server, doorbell and shared state on Redis. */
export function flowSuiteOn(name: string, prepare: () => string | undefined, start: () => Promise<Server>): void {
  const missing = prepareRedis() ?? prepare();
  flowSuite(
    `${name} and Redis`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'kangqiao-flows-'));
      const [store, redis] = [await start(), await startRedis()];
      return {
        address: store.address,
        sharedAddress: redis.address,
        kekFile: join(folder, 'city.kek'),
        async close() {
          await Promise.all([store.stop(), redis.stop()]);
          await rm(folder, { recursive: true, force: true });
        },
      };
    },
    missing,
  );
}
