/** A bus front whose plan changes on request: one interface at a time gets another instance. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '../../../engine/host/logger.ts';
import { createMetrics } from '../../../engine/host/metrics.ts';
import { systemClock as clock } from '../../../engine/host/system-clock.ts';
import { tuneMemory } from '../../../engine/host/tune-memory.ts';
import { anywhere } from '../../../engine/testing/anywhere.ts';
import { createGateway } from '../../../gateways/fronts/create-gateway.ts';
import { createStoredQuotas } from '../../../gateways/load/stored-quotas.ts';
import { createPlanFeed } from '../../../gateways/plan/create-plan-feed.ts';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { openStorage } from '../../../storage/open-storage.ts';
import { busPlan } from '../cases/bus-plan.ts';
import { serveProgram } from '../measure/program.ts';

export interface ChangingOptions {
  readonly upstream: string;
  readonly interfaces: number;
}

/** `change`: the interface gets an instance whose path begins with its next revision. `heap`: bytes after a collection. */
export type ChangingQuestion = { readonly change: number } | { readonly heap: true };

tuneMemory();
await serveProgram<ChangingOptions, ChangingQuestion, number>(async ({ upstream, interfaces }) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-bench-'));
  const logger = createLogger({ level: 'warn', format: 'json' });
  const storage = await openStorage({ address: `embedded:${join(folder, 'data')}`, clock, logger });
  const revisions = Array.from({ length: interfaces }, () => 1);
  const targetOf = (i: number) => ({ kind: 'upstream' as const, instances: [`${upstream}/r${revisions[i]}`] });
  let plan = await busPlan(
    revisions.map((_, i) => ({
      ...{ interfaceId: `ifc_${i}`, method: i % 2 === 0 ? ('GET' as const) : ('POST' as const), path: `/bus/v1/things-${i}/:id` },
      target: targetOf(i),
    })),
  );
  const feed = createPlanFeed();
  feed.publish(plan);
  const gateway = await createGateway({
    outbound: anywhere,
    ...{ front: 'bus', planSource: feed, crypto: createSoftwareCrypto(), clock, logger, metrics: createMetrics() },
    runFlow: { mode: () => undefined, call: () => Promise.reject(new Error('no flows here')) },
    ...{
      shared: storage.sharedState,
      quotas: createStoredQuotas(() => storage.documents),
      seal: storage.seal,
      logFolder: join(folder, 'logs'),
    },
    settings: { host: '127.0.0.1', port: 0, trustedProxies: [], limits: { maxRequestsPerIp: 1_000_000, maxRequestsPerApp: 1_000_000 } },
  });
  return {
    port: gateway.port,
    async answer(question) {
      if ('heap' in question) {
        globalThis.gc?.();
        return process.memoryUsage().heapUsed;
      }
      const changed = question.change;
      revisions[changed]!++;
      const changedInterfaces = plan.interfaces.map((document, i) => (i === changed ? { ...document, target: targetOf(i) } : document));
      plan = { ...plan, number: plan.number + 1, interfaces: changedInterfaces };
      feed.publish(plan);
      while (gateway.applied() < plan.number) await pause(1);
      return revisions[changed]!;
    },
    async stop() {
      await gateway.stop();
      await storage.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
