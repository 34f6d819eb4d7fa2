/** The same feed as `durable-adt`, on PostgreSQL and BullMQ instead of the embedded store, compared with the bare work of both without an engine. */
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { median, rounded } from '../measure/compare.ts';
import { startProgram } from '../measure/program.ts';
import { withStarted, type Keep } from '../measure/with-started.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { startRedis } from '../../servers/redis.ts';
import type { BareOrder, BareResult } from '../programs/bare-servers.ts';
import { runThroughput, withFeed } from './durable-feed.ts';

const BARE_MESSAGES = 5_000;
const WINDOW = 64;

export const durableServerCases: readonly BenchCase[] = [{ name: 'durable-postgres', run: () => withStarted(runPostgres) }];

async function runPostgres(keep: Keep): Promise<readonly BenchLine[]> {
  const store = keep(await startPostgres({ isDurable: true }));
  const redis = keep(await startRedis());
  const bare = keep(await startProgram<BareOrder, BareResult>('bare-servers', { storeAddress: store.address, redisPort: redis.port }));
  const rows = async () => (await bare.ask({ messages: BARE_MESSAGES, window: WINDOW })).perSecond;
  const before = await rows();
  const measured = await withFeed(runThroughput, { address: store.address, sharedAddress: redis.address });
  const after = await rows();
  const baselinePerSecond = Math.round(median([before, after]));
  const ratio = rounded(measured.perSecond / baselinePerSecond);
  return [
    {
      case: 'durable-postgres',
      ...measured,
      ...{ baselinePerSecond, ratio },
      target: 'ratio >= 0.6, perSecond >= 1000, writesPerMessage <= 3, readsPerMessage <= 0.1, queueOpsPerMessage <= 2',
      isReached:
        ratio >= 0.6 &&
        measured.perSecond >= 1000 &&
        measured.writesPerMessage <= 3.005 &&
        measured.readsPerMessage <= 0.1 &&
        measured.queueOpsPerMessage <= 2,
      baseline: 'three single-row writes on PostgreSQL and one BullMQ job added and processed a message, no engine',
    },
  ];
}
