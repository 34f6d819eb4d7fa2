/** Control and one bus front in one process, with many interfaces. Each change of one of them reports how long it held the event loop. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '../../../engine/host/logger.ts';
import { createMetrics } from '../../../engine/host/metrics.ts';
import { systemClock as clock } from '../../../engine/host/system-clock.ts';
import { tuneMemory } from '../../../engine/host/tune-memory.ts';
import { anywhere } from '../../../engine/testing/anywhere.ts';
import { openRegistry } from '../../../control/registry/registry.ts';
import { startPlanPublisher } from '../../../control/registry/build-plan.ts';
import { createGateway } from '../../../gateways/fronts/create-gateway.ts';
import { createInterfaceCheck } from '../../../gateways/pipeline/check-interface.ts';
import { loadPolicies } from '../../../gateways/pipeline/load-policies.ts';
import { createStoredQuotas } from '../../../gateways/load/stored-quotas.ts';
import { createPlanFeed } from '../../../gateways/plan/create-plan-feed.ts';
import { keepPlanFile } from '../../../gateways/plan/keep-plan-file.ts';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { openStorage } from '../../../storage/open-storage.ts';
import { busPlan } from '../cases/bus-plan.ts';

tuneMemory();
const count = Number(process.argv[2] ?? 10_000);
const folder = await mkdtemp(join(tmpdir(), 'kq-bench-'));
const logger = createLogger({ level: 'warn', format: 'json' });
const crypto = createSoftwareCrypto();
const storage = await openStorage({ address: `embedded:${join(folder, 'data')}`, clock, logger });
const registry = await openRegistry({ documents: storage.documents, seal: storage.seal, crypto, clock });
const plan = await busPlan(
  Array.from({ length: count }, (_, i) => ({
    interfaceId: `ifc_${i}`,
    revision: 0,
    path: `/bus/v1/things-${i}`,
    target: { kind: 'upstream' as const, instances: [`http://10.0.${i % 250}.1:8080`] },
  })),
);
for (const document of plan.interfaces) await registry.interfaces.save(document);
for (const app of plan.apps) await registry.apps.save({ ...app, revision: 0 });
for (const grant of plan.grants) await registry.grants.save({ ...grant, revision: 0 });
const feed = createPlanFeed();
const policies = await loadPolicies();
const file = keepPlanFile(feed, { path: join(folder, 'plan'), seal: storage.seal, crypto, clock, log: logger });
const publisher = await startPlanPublisher({
  documents: storage.documents,
  changes: { announce: () => Promise.resolve(), follow: () => () => {} } as never,
  registry,
  publishPlan: (next) => feed.publish(next),
  checkInterface: createInterfaceCheck(policies),
  outbound: { exceptions: { targets: () => [] } } as never,
  bindingStore: { listSecrets: () => Promise.resolve([]), revealSecret: () => Promise.reject(new Error('no secrets')) },
  ...{ clock, logger, defaultAppId: 'CITIZEN_APP', onInterfaces: () => undefined, onPublished: () => {} },
});
globalThis.gc?.();
const heapBefore = process.memoryUsage().heapUsed;
const gateway = await createGateway({
  outbound: anywhere,
  ...{ front: 'bus', planSource: feed, policies, crypto, clock, logger, metrics: createMetrics() },
  runFlow: { mode: () => undefined, call: () => Promise.reject(new Error('no flows here')) },
  ...{
    shared: storage.sharedState,
    quotas: createStoredQuotas(() => storage.documents),
    seal: storage.seal,
    logFolder: join(folder, 'logs'),
  },
  settings: { host: '127.0.0.1', port: 0, trustedProxies: [] },
});
while (gateway.applied() === 0) await pause(10);
await file.settled();
globalThis.gc?.();
console.log(JSON.stringify({ heapPerInterface: Math.round((process.memoryUsage().heapUsed - heapBefore) / count) }));
for (let round = 0; round < 8; round++) {
  const document = (await registry.interfaces.get(`ifc_${round}`))!;
  await pause(300);
  let most = 0;
  let last = performance.now();
  const beat = setInterval(() => {
    const now = performance.now();
    most = Math.max(most, now - last);
    last = now;
  }, 1);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await registry.interfaces.save({ ...document, timeoutMs: 1000 + round });
  const number = publisher.current();
  publisher.changed();
  while (gateway.applied() <= number) await pause(1);
  const applied = performance.now() - begun;
  await file.settled();
  clearInterval(beat);
  const used = process.cpuUsage(cpu);
  console.log(
    JSON.stringify({ mostMs: Math.round(most), appliedMs: Math.round(applied), cpuMs: Math.round((used.user + used.system) / 1000) }),
  );
}
await gateway.stop();
await publisher.stop();
await file.close();
await storage.close();
await rm(folder, { recursive: true, force: true });
