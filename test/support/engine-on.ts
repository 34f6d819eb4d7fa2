import { silentLogger, silentMetrics, type Logger, type Metrics } from '../../engine/contract/values/observe.ts';
import { createEngine, type Engine } from '../../engine/create-engine.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import type { Storage } from '../../storage/open-storage.ts';
import { THIS_MACHINE } from './outbound.ts';

/** The real engine with the product's own nodes on an opened storage; its adapters have their settings of `environment`. */
export function engineOn(
  { documents, workQueue, sharedState, blobs, seal }: Storage,
  environment: string,
  { log = silentLogger, metrics = silentMetrics }: { readonly log?: Logger; readonly metrics?: Metrics } = {},
): Promise<Engine> {
  return createEngine({
    ...{ documents, workQueue, shared: sharedState, blobs, seal },
    nodeFolders: [new URL('../../nodes', import.meta.url)],
    environment,
    outbound: { allowed: THIS_MACHINE },
    tls: () => Promise.resolve(undefined),
    clock: systemClock,
    log,
    metrics,
  });
}
