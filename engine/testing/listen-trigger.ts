/** Starts one trigger on its own and collects its arrivals. */
import type { Clock } from '../contract/values/clock.ts';
import type { FlowNode } from '../contract/flow/flow-document.ts';
import type { Arrival, ArrivalResult, NodeDefinition, TriggerContext, TriggerPosition } from '../contract/node/node.ts';
import type { ErrorRecord } from '../contract/values/errors.ts';
import { silentLogger, type Logger } from '../contract/values/observe.ts';
import type { Collections } from '../contract/node/collections.ts';
import type { BusEvents } from '../contract/values/bus-event.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { FileAccess } from '../contract/node/file-access.ts';
import type { OutboundGuard } from '../contract/node/outbound-guard.ts';
import { anyFile, anywhere, noCollections } from './anywhere.ts';
import { memoryBlobs } from './memory-blobs.ts';
import { checkConfig, readSecret, resolveAdapter, type TestAdapter } from './run-node.ts';
import { wallClock } from './wall-clock.ts';

export interface ListenTriggerOptions {
  readonly config?: FlowNode['config'];
  readonly adapter?: TestAdapter;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  readonly lastPlanned?: number;
  /** Keeps the position in memory by default; pass one to continue from it in another trigger. */
  readonly position?: TriggerPosition;
  /** By default every address is allowed. */
  readonly outbound?: OutboundGuard;
  /** By default every file is allowed. */
  readonly files?: FileAccess;
  /** In memory by default. */
  readonly blobs?: Blobs;
  /** The topics of the bus; by default they have no events. */
  readonly busEvents?: BusEvents;
  /** By default every use of collections fails. */
  readonly collections?: Collections;
  /** True as in a sync flow; `onArrival` then returns the reply. */
  readonly replies?: boolean;
  /** Returns the engine's result for an arrival; `accepted` by default. */
  readonly onArrival?: (arrival: Arrival) => Promise<ArrivalResult> | ArrivalResult;
}

export interface ListeningTrigger {
  /** All arrivals so far. */
  readonly arrivals: readonly Arrival[];
  /** Resolves with the next arrival that no `next()` has returned yet. */
  next(): Promise<Arrival>;
  stop(): Promise<void>;
  /** Resolves with the reason why the trigger cannot continue, as the trigger reports it. */
  readonly ended: Promise<unknown> | undefined;
  /** What the trigger reported as put aside. */
  readonly refusals: readonly ErrorRecord[];
}

/**
 * Starts the trigger. Resolves when it is listening; rejects with NODE_CONFIG_WRONG (input) if its configuration is
 * invalid, or with the trigger's error if it cannot listen.
 */
export async function listenTrigger(definition: NodeDefinition, options: ListenTriggerOptions = {}): Promise<ListeningTrigger> {
  if (definition.kind !== 'trigger' || definition.listen === undefined) throw new TypeError(`${definition.type} does not listen`);
  const arrivals: Arrival[] = [];
  const refusals: ErrorRecord[] = [];
  const waiting: (() => void)[] = [];
  let taken = 0;
  const stop = await definition.listen(createContext(definition, options, refusals), async (arrival) => {
    arrivals.push(arrival);
    waiting.shift()?.();
    return (await options.onArrival?.(arrival)) ?? { status: 'accepted', executionId: `exe_${arrivals.length}` };
  });
  return {
    arrivals,
    async next() {
      const index = taken++;
      if (arrivals[index] === undefined) await new Promise<void>((resolve) => waiting.push(resolve));
      return arrivals[index]!;
    },
    stop: () => stop.stop(),
    ended: stop.ended,
    refusals,
  };
}

function createContext(
  definition: NodeDefinition & { readonly kind: 'trigger' },
  options: ListenTriggerOptions,
  refusals: ErrorRecord[],
): TriggerContext<Record<string, unknown>> {
  return {
    config: checkConfig(definition, options.config ?? {}),
    adapter: definition.adapter === undefined ? undefined : resolveAdapter(definition.adapter, options.adapter),
    outbound: options.outbound ?? anywhere,
    files: options.files ?? anyFile,
    flowId: 'flw_test',
    nodeId: 'n_test',
    replies: options.replies ?? false,
    clock: options.clock ?? wallClock(),
    log: options.log ?? silentLogger,
    tls: async () => options.tls,
    secret: (name = '') => readSecret(options.secrets, name),
    reportRefusal: (error) => void refusals.push(error),
    lastPlanned: async () => options.lastPlanned,
    blobs: options.blobs ?? memoryBlobs(),
    busEvents: options.busEvents ?? noBusEvents,
    collections: options.collections ?? noCollections,
    position: options.position ?? memoryPosition(),
  };
}

const noBusEvents: BusEvents = {
  newest: () => Promise.resolve(0),
  after: (_topic, after) => Promise.resolve({ events: [], readTo: after, oldest: 1 }),
};

/** A position that lasts as long as the test. */
export function memoryPosition(): TriggerPosition {
  const kept = new Map<string, string>();
  return {
    read: async (source) => kept.get(source),
    async keep(source, position) {
      kept.clear();
      kept.set(source, position);
    },
  };
}
