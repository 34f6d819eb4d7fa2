import { Type } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';
import type { Arrival, ArrivalResult, Emit, Stop, TriggerContext, TriggerNode } from '../contract/node/node.ts';
import type { Logger, Metrics } from '../contract/values/observe.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { canonicalJson } from '../flow/content-hash.ts';
import type { RunningPublishedFlows } from '../publish/published-flows.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { FileAccess } from '../contract/node/file-access.ts';
import type { OutboundGuard } from '../contract/node/outbound-guard.ts';
import type { Bindings } from '../bindings/interface.ts';
import type { Collections } from '../contract/node/collections.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { Leases } from '../ownership/leases.ts';
import type { BusTopicStore } from '../topics/bus-topic-store.ts';
import { createBusEvents } from '../topics/create-bus-events.ts';
import { NO_POSITION, openTriggerPositions, type TriggerPositions } from './trigger-positions.ts';
import { TriggerRun, type TriggerStatus } from './trigger-run.ts';

export interface TriggersDeps {
  readonly published: Pick<RunningPublishedFlows, 'list' | 'onChange'>;
  readonly bindings: Bindings;
  readonly outbound: OutboundGuard;
  readonly files: FileAccess;
  /** Called after each change of the bindings; returns a function that unsubscribes. */
  onBindingsChange?(listener: () => void): () => void;
  readonly documents: Documents;
  readonly blobs: Blobs;
  readonly busTopics: BusTopicStore;
  readonly collectionsOf: (domain: string) => Collections;
  /** The leases that decide which process listens. */
  readonly leases: Pick<Leases, 'acquire' | 'release'>;
  /** Returns whether this process serves the flow. If absent, it serves every flow. */
  serves?(flow: CompiledFlow): boolean;
  /** Stores the message. Resolves when it is durably stored. */
  accept(flow: CompiledFlow, arrival: Arrival, options: { readonly seq: string }): Promise<ArrivalResult>;
  readonly tls: TriggerContext<unknown>['tls'];
  readonly seal: Pick<Seal, 'seal' | 'openText'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Triggers {
  /**
   * Starts the listeners of all published flows, current and future. Resolves when each listens, is on standby, or
   * has failed for the first time.
   */
  start(): Promise<void>;
  status(): readonly TriggerStatus[];
  /**
   * Checks whether this process could listen for the flow, before a publication's commit. Rejects with the listener's
   * error. A process that listens for nothing (control without workers) cannot check this.
   */
  prepare(flow: CompiledFlow, signal: AbortSignal): Promise<void>;
  /** Stops all listeners; resolves when messages in flight have settled. */
  stop(): Promise<void>;
}

/** The planned time of a timer's last accepted run. */
interface TriggerMark extends StoredDocument {
  readonly planned: number;
}
const marksSpec: CollectionSpec<TriggerMark> = {
  name: 'trigger_marks',
  schema: Type.Object({ _id: Type.String(), planned: Type.Number() }),
  indexes: [],
};

/** What outlives the listeners. */
interface Kept {
  readonly marks: Collection<TriggerMark>;
  readonly positions: TriggerPositions;
}

/** Runs the listeners of published flows. A failed listener is retried automatically and does not stop others. */
export async function createTriggers(deps: TriggersDeps): Promise<Triggers> {
  const kept: Kept = { marks: await deps.documents.open(marksSpec), positions: await openTriggerPositions(deps.documents, deps.seal) };
  const runs = new Map<string, TriggerRun>();
  let isStarted = false;
  let isStopped = false;
  const runDeps = {
    ...deps,
    accept: (flow: CompiledFlow, arrival: Arrival, options: { readonly seq: string }) =>
      acceptAndMark(flow, arrival, options, deps, kept.marks),
    listen: (flow: CompiledFlow, emit: Emit, reportRefusal: (error: ErrorRecord) => void) =>
      listen(flow, { emit, reportRefusal }, deps, kept),
    identify: (flow: CompiledFlow) => identify(flow, deps.bindings),
  };

  async function swap(flowId: string, flow: CompiledFlow | undefined): Promise<void> {
    if (!isStarted || isStopped) return;
    const run = runs.get(flowId);
    if (flow !== undefined && listeningDefinition(flow) !== undefined && (deps.serves?.(flow) ?? true)) {
      const next = run ?? new TriggerRun(flow, runDeps);
      runs.set(flowId, next);
      return next.update(flow);
    }
    runs.delete(flowId);
    await run?.close();
  }
  const swapAll = async () => void (await Promise.all(deps.published.list().map((flow) => swap(flow.flowId, flow))));
  const unsubscribe = [deps.published.onChange(swap), deps.onBindingsChange?.(() => void swapAll())];

  return {
    start() {
      isStarted = true;
      return swapAll();
    },
    status: () => [...runs.values()].map((run) => run.status()),
    async prepare(flow, signal) {
      // Do not try a listener that is already running, because this process itself uses the port.
      if (!isStarted || listeningDefinition(flow) === undefined || runs.get(flow.flowId)?.identity !== undefined) return;
      const emit: Emit = async () => ({ status: 'refused', error: toErrorRecord(notYet()) });
      const trial = listen(flow, { emit, reportRefusal: () => undefined }, deps, kept, true).then((started) => started.stop());
      await Promise.race([trial, rejectOnAbort(signal)]);
    },
    async stop() {
      isStopped = true;
      for (const end of unsubscribe) end?.();
      await Promise.all([...runs.values()].map((run) => run.close()));
      runs.clear();
    },
  };
}

function listeningDefinition({ trigger: { definition } }: CompiledFlow): (TriggerNode & Required<Pick<TriggerNode, 'listen'>>) | undefined {
  return definition.kind === 'trigger' && definition.listen !== undefined
    ? (definition as TriggerNode & Required<Pick<TriggerNode, 'listen'>>)
    : undefined;
}

/** Rejects when the signal is aborted. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/**
 * Returns a text that identifies a listener. If node, configuration and adapter are unchanged, so is the text, and the
 * running listener can be kept.
 */
function identify({ document, trigger }: CompiledFlow, bindings: Bindings): string {
  const adapter = trigger.node.adapter === undefined ? undefined : bindings.adapter(trigger.node.adapter);
  return canonicalJson([document.mode, trigger.id, trigger.node.type, trigger.config, adapter]);
}

async function listen(
  flow: CompiledFlow,
  { emit, reportRefusal }: { readonly emit: Emit; readonly reportRefusal: (error: ErrorRecord) => void },
  deps: TriggersDeps,
  { marks, positions }: Kept,
  isTrial = false,
): Promise<Stop> {
  const { trigger, flowId } = flow;
  const { bindings, clock, tls } = deps;
  const adapterId = trigger.node.adapter;
  const adapter = adapterId === undefined ? undefined : bindings.adapter(adapterId);
  if (adapterId !== undefined && adapter === undefined) {
    throw new AppError('ADAPTER_UNKNOWN', 'input', `There is no adapter ${adapterId} in this environment.`, {
      values: { adapter: adapterId },
      fix: 'Create it.',
    });
  }
  const log = deps.logger.child({ flowId, node: trigger.id });
  const context: TriggerContext<Record<string, unknown>> = {
    config: trigger.config,
    adapter,
    outbound: deps.outbound,
    files: deps.files,
    flowId,
    nodeId: trigger.id,
    replies: flow.document.mode === 'sync',
    clock,
    log,
    tls,
    secret: (name = adapterId ?? '') => bindings.secret(name),
    reportRefusal,
    lastPlanned: () => (isTrial ? Promise.resolve(undefined) : lastPlanned(flow, marks, clock)),
    blobs: deps.blobs,
    busEvents: createBusEvents(deps.busTopics, flow.document.domain),
    collections: deps.collectionsOf(flow.document.domain),
    position: isTrial ? NO_POSITION : positions.of(flowId, trigger.id),
  };
  return listeningDefinition(flow)!.listen(context, emit);
}

/**
 * Returns the time after which a timer's planned times must be run. This is the last planned time that was accepted.
 * Before the first one, it is the time when a process first listened. That time is stored too, because the process may
 * crash before its first planned time.
 */
async function lastPlanned(flow: CompiledFlow, marks: Collection<TriggerMark>, clock: Clock): Promise<number> {
  const first: TriggerMark = { _id: markId(flow), planned: clock.now() };
  return (await marks.insert(first)).inserted ? first.planned : ((await marks.get(first._id))?.planned ?? first.planned);
}

/** Accepts a message. For a timer, also stores that the planned time was accepted. */
async function acceptAndMark(
  flow: CompiledFlow,
  arrival: Arrival,
  options: { readonly seq: string },
  deps: TriggersDeps,
  marks: Collection<TriggerMark>,
): Promise<ArrivalResult> {
  const result = await deps.accept(flow, arrival, options);
  const planned = plannedInstant(flow, arrival);
  if (planned === undefined || result.status === 'refused') return result;
  const mark: TriggerMark = { _id: markId(flow), planned };
  // The mark only avoids runs that the dedupe would refuse anyway, so a lost mark does no harm.
  await marks
    .insert(mark)
    .then(({ inserted }) => (inserted ? undefined : marks.patchIf(mark._id, { planned: { lt: planned } }, { set: { planned } })))
    .catch((error: unknown) => deps.logger.warn('trigger.mark-failed', { flowId: flow.flowId, reason: toErrorRecord(error).code }));
  return result;
}

/**
 * Returns the planned time of a timer, the only listener without an adapter. The timer uses this time as dedupe key, in
 * epoch milliseconds or ISO 8601.
 */
function plannedInstant(flow: CompiledFlow, { dedupeKey }: Arrival): number | undefined {
  if (dedupeKey === undefined || listeningDefinition(flow)?.adapter !== undefined) return undefined;
  const planned = /^\d{1,15}$/.test(dedupeKey) ? Number(dedupeKey) : Date.parse(dedupeKey);
  return Number.isNaN(planned) ? undefined : planned;
}

function markId(flow: CompiledFlow): string {
  return `${flow.flowId}/${flow.trigger.id}`;
}

function notYet(): AppError {
  return new AppError('TRIGGER_NOT_PUBLISHED', 'transient', 'The flow is being published.', { fix: 'Send the message again in a moment.' });
}
