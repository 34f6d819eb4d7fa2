/** The engine on the embedded store or on servers, sealing as the product does, with flows published; and the bus front before it when a plan is given. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import type { Engine } from '../../../engine/create-engine.ts';
import { createLogger } from '../../../engine/host/logger.ts';
import { createMetrics } from '../../../engine/host/metrics.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { tuneMemory } from '../../../engine/host/tune-memory.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { createGateway } from '../../../gateways/fronts/create-gateway.ts';
import type { Gateway } from '../../../gateways/fronts/gateway-options.ts';
import { createStoredQuotas } from '../../../gateways/load/stored-quotas.ts';
import { createPlanFeed } from '../../../gateways/plan/create-plan-feed.ts';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { openStorage } from '../../../storage/open-storage.ts';
import { engineOn } from '../../support/engine-on.ts';
import { serveProgram } from '../measure/program.ts';
import { anywhere } from '../../../engine/testing/anywhere.ts';

export interface FlowsOptions {
  readonly flows: readonly FlowDocument[];
  /** Adapter -> protocol, settings and credential. */
  readonly adapters: Readonly<Record<string, BenchAdapter>>;
  readonly plan?: GatewayPlan;
  /** Absent: the embedded store. */
  readonly storage?: { readonly address: string; readonly sharedAddress: string };
}

interface BenchAdapter {
  readonly protocol: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly maxConcurrency: number;
  readonly credential?: string;
}

export interface StoreCounts {
  readonly writes: number;
  readonly reads: number;
  /** Commands that the doorbell sent to its server. */
  readonly queueOps: number;
  readonly completed: number;
}

const DOMAIN = 'bench';

// As `runUntilSignal` does for the same parts.
tuneMemory();
await serveProgram<FlowsOptions, 'counts', StoreCounts>(async (options) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-bench-'));
  const log = createLogger({ level: 'warn', format: 'json' });
  const [clock, metrics] = [systemClock, createMetrics()];
  const servers = options.storage ?? { address: `embedded:${join(folder, 'data')}` };
  const storage = await openStorage({ ...servers, kekFile: join(folder, 'bench.kek'), clock, logger: log });
  const { documents, workQueue, sharedState: shared, seal } = storage;
  const engine = await engineOn(storage, 'TEST', { log, metrics });
  await publish(engine, options);
  await engine.startWork();
  let gateway: Gateway | undefined;
  if (options.plan !== undefined) {
    const planSource = createPlanFeed();
    planSource.publish(options.plan);
    gateway = await createGateway({
      outbound: anywhere,
      ...{
        front: 'bus',
        planSource,
        runFlow: engine.runFlow,
        crypto: createSoftwareCrypto(),
        shared,
        quotas: createStoredQuotas(() => documents),
        seal,
        clock,
        logger: log,
        metrics,
      },
      settings: { host: '127.0.0.1', port: 0, trustedProxies: [], limits: { maxRequestsPerIp: 1_000_000, maxRequestsPerApp: 1_000_000 } },
      logFolder: join(folder, 'logs'),
    });
  }
  return {
    port: gateway?.port ?? 0,
    async answer() {
      const counts = { ...documents.counters };
      const statuses = await engine.executions.counts();
      return { ...counts, queueOps: workQueue.counters.operations, completed: statuses.completed };
    },
    async stop() {
      await gateway?.stop();
      await engine.stop(1000);
      await storage.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

async function publish(engine: Engine, { flows, adapters }: FlowsOptions): Promise<void> {
  for (const [adapterId, { protocol, settings, maxConcurrency, credential }] of Object.entries(adapters)) {
    if (credential !== undefined) await engine.bindings.store.saveSecret(adapterId, credential, [adapterId]);
    const secret = credential === undefined ? {} : { credential: adapterId };
    const names = { name: { 'zh-CN': adapterId, en: adapterId }, owner: DOMAIN, domain: DOMAIN };
    await engine.bindings.store.saveAdapter(
      { adapterId, revision: 0, protocol, ...names, ...secret, environments: { TEST: settings }, limits: { maxConcurrency } },
      0,
    );
  }
  for (const flow of flows) {
    await engine.catalog.saveDraft(flow, 'bench');
    await engine.catalog.publish(flow.flowId, 'bench', AbortSignal.timeout(10_000));
  }
}
