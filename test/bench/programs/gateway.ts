/** One front, wired as the product wires it (log, metrics, access log, nonces in the embedded store), leading to one upstream service. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Front } from '../../../engine/contract/access/access.ts';
import { createLogger } from '../../../engine/host/logger.ts';
import { createMetrics } from '../../../engine/host/metrics.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { tuneMemory } from '../../../engine/host/tune-memory.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { createGateway } from '../../../gateways/fronts/create-gateway.ts';
import { createStoredQuotas } from '../../../gateways/load/stored-quotas.ts';
import { createPlanFeed } from '../../../gateways/plan/create-plan-feed.ts';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { openStorage } from '../../../storage/open-storage.ts';
import { serveProgram } from '../measure/program.ts';
import type { GatewayEvent } from '../../../gateways/documents/gateway-questions.ts';
import { anywhere } from '../../../engine/testing/anywhere.ts';

// As `runUntilSignal` does for the same parts.
tuneMemory();
/** What the program answers to any question. */
export interface GatewayReport {
  readonly connections: number;
  readonly events: readonly GatewayEvent[];
}

interface Options {
  readonly front: Front;
  readonly plan: GatewayPlan;
  /** Adds so many further interfaces like the first one, each with a path and a grant of its own. */
  readonly more?: number;
  /** A port that it shares with other processes; an own one if left out, 0 for a new one. */
  readonly sharedPort?: number;
  /** The Redis that it shares with others; its own memory if left out. */
  readonly sharedAddress?: string;
}

await serveProgram<Options, object, GatewayReport>(async ({ front, plan, more = 0, sharedPort, sharedAddress }) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-bench-'));
  const logger = createLogger({ level: 'warn', format: 'json' });
  const clock = systemClock;
  const storage = await openStorage({
    address: `embedded:${join(folder, 'data')}`,
    ...(sharedAddress === undefined ? {} : { sharedAddress }),
    ...{ clock, logger },
  });
  const feed = createPlanFeed();
  feed.publish(withMore(plan, more));
  const gateway = await createGateway({
    outbound: anywhere,
    front,
    planSource: feed,
    runFlow: { mode: () => undefined, call: () => Promise.reject(new Error('no flows here')) },
    crypto: createSoftwareCrypto(),
    shared: storage.sharedState,
    quotas: createStoredQuotas(() => storage.documents),
    ...{ seal: storage.seal, sharedSeal: storage.seal },
    clock,
    logger,
    metrics: createMetrics(),
    settings: {
      ...{
        host: '127.0.0.1',
        port: sharedPort ?? 0,
        sharesPort: sharedPort !== undefined,
        trustedProxies: [],
        limits: { maxRequestsPerIp: 1_000_000, maxRequestsPerApp: 1_000_000 },
      },
    },
    logFolder: join(folder, 'logs'),
  });
  return {
    port: gateway.port,
    answer: () => Promise.resolve({ connections: gateway.stats().connections, events: gateway.events() }),
    async stop() {
      await gateway.stop();
      await storage.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

function withMore(plan: GatewayPlan, more: number): GatewayPlan {
  const [first] = plan.interfaces;
  const added = Array.from({ length: more }, (_, i) => ({ ...first!, interfaceId: `ifc_more_${i}`, path: `/bench/more/${i}` }));
  const grants = added.map(({ interfaceId }, i) => ({ ...plan.grants.at(-1)!, grantId: `grt_more_${i}`, interfaceId }));
  return { ...plan, interfaces: [...plan.interfaces, ...added], grants: [...plan.grants, ...grants] };
}
