/**
 * The whole engine on one storage, created once by each root that runs flows. Control, gateways and triggers reach it
 * only through its parts.
 */
import type { Clock } from './contract/values/clock.ts';
import { createTimedId } from './contract/values/ids.ts';
import type { FlowVersion } from './contract/flow/flow-document.ts';
import type { TriggerContext } from './contract/node/node.ts';
import type { Logger, Metrics, Tracer } from './contract/values/observe.ts';
import type { Blobs } from './contract/ports/blobs.ts';
import type { Documents } from './contract/ports/documents.ts';
import type { SharedState } from './contract/ports/shared-state.ts';
import type { WorkQueue } from './contract/ports/work-queue.ts';
import type { RunFlow } from './contract/node/run-flow.ts';
import type { Seal } from './contract/values/seal.ts';
import { openArchiveRuns, type ArchiveRuns } from './archive/archive-runs.ts';
import { startArchive } from './archive/start-archive.ts';
import { createArchiveReader, type ArchiveReader } from './archive/read-archive.ts';
import { createBindings, type RunningBindings } from './bindings/create-bindings.ts';
import { createChanges, type Changes } from './changes/create-changes.ts';
import { createExaminer } from './examine/create-examiner.ts';
import { createFits } from './examine/create-fits.ts';
import { createBuildContext } from './expression/create-build-context.ts';
import { createScriptPool, type ScriptInput, type ScriptPool } from './script/script-pool.ts';
import { openOutbound, targetsOfAdapters, type Outbound } from './outbound/open-outbound.ts';
import { createProcesses, type Processes } from './processes/create-processes.ts';
import type { ProcessAbout, ProcessParts } from './processes/process-document.ts';
import { createFlowCatalog } from './publish/flow-catalog.ts';
import { openFlowStores } from './publish/flow-stores.ts';
import { createPublishedFlows, type RunningPublishedFlows } from './publish/published-flows.ts';
import { loadNodes, type LoadedNodes } from './registry/load-nodes.ts';
import { createAccept, toArrivalResult } from './accept/accept.ts';
import { createAdapterCalls, type AdapterCalls } from './run/adapter-calls.ts';
import { createAdapterGates } from './run/adapter-gates.ts';
import { countedQueue } from './observe/counted-queue.ts';
import { compileFlow, compileFlowInTurns } from './compile/compile-flow.ts';
import { createCallFlow } from './run/create-call-flow.ts';
import { createEndNotes } from './observe/end-notes.ts';
import { createStoreTime } from './observe/store-time.ts';
import { createRunFlow } from './accept/create-run-flow.ts';
import { createExecutionCatalog } from './operate/execution-catalog.ts';
import { executionsSpec, lateOutcomesSpec, legsSpec, resumesSpec } from './execution/execution-document.ts';
import { workersSpec } from './ownership/worker-document.ts';
import { createLiveCounters, type LiveCounters } from './observe/live-counters.ts';
import { createPayloads } from './execution/payloads.ts';
import { createQueueAge, showQueue, type QueueAge } from './observe/queue-age.ts';
import type { RunDeps } from './run/run-deps.ts';
import { createRecordQuota, type RecordQuota } from './execution/record-quota.ts';
import { createTraffic, type Traffic } from './observe/traffic.ts';
import { runTrial } from './run/run-trial.ts';
import type { ExecutionCatalog } from './operate/interface.ts';
import type { FlowCatalog } from './publish/interface.ts';
import { TRIGGER_STATES } from './trigger/trigger-run.ts';
import { createTriggers, type Triggers } from './trigger/create-triggers.ts';
import { showWorkerCounts, WorkerCounts } from './worker/worker-counts.ts';
import { CANCEL_CHANNEL, createWorker, type Worker } from './worker/create-worker.ts';
import { createOwners } from './ownership/owners.ts';
import { createLeases } from './ownership/leases.ts';
import { createServes } from './worker/create-serves.ts';
import { startBlobSweep } from './worker/sweep-blobs.ts';

export interface EngineDeps {
  readonly documents: Documents;
  readonly workQueue: WorkQueue;
  readonly shared: SharedState;
  readonly blobs: Blobs;
  readonly seal: Seal;
  /** From when payloads are bound to their place (`createPayloads`). */
  readonly boundSince?: (() => number | undefined) | undefined;
  /** Folders of node types; the product's own is first. */
  readonly nodeFolders: readonly (string | URL)[];
  /** The store server's time, in epoch milliseconds; absent if the store has only one process. */
  readonly serverTime?: (() => Promise<number>) | undefined;
  readonly environment: string;
  /** Additional outbound targets from `KQ_OUTBOUND_ALLOWED`, and the ports of the platform itself. */
  readonly outbound?: { readonly allowed?: readonly string[]; readonly ownPorts?: readonly number[] };
  readonly tls: TriggerContext<unknown>['tls'];
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** If absent, no spans are created. */
  readonly tracer?: Tracer | undefined;
  readonly workerSlots?: number;
  /** Tags of flows and ids of adapters that this process works for; empty: everything. */
  readonly serves?: readonly string[];
  /** Where executions that ended days ago are moved; if absent, they stay until they expire. */
  readonly archive?: { readonly folder: string; readonly afterDays: number } | undefined;
  /** The description of the process for other processes. */
  readonly about?: ProcessAbout;
  /** The state of the process's other parts. */
  readonly parts?: () => ProcessParts;
}

/** The archived executions, and the runs that archive them. */
export interface Archive extends ArchiveReader {
  readonly runs: ArchiveRuns;
  readonly afterDays: number;
}

export interface Engine {
  readonly nodes: LoadedNodes;
  readonly changes: Changes;
  readonly bindings: RunningBindings;
  readonly outbound: Outbound;
  readonly published: RunningPublishedFlows;
  readonly catalog: FlowCatalog;
  readonly executions: ExecutionCatalog;
  readonly runFlow: RunFlow;
  readonly worker: Worker;
  readonly triggers: Triggers;
  readonly live: LiveCounters;
  readonly traffic: Traffic;
  readonly queue: QueueAge;
  readonly quota: Pick<RecordQuota, 'exceeded'>;
  /** All processes of the installation, including this one. */
  readonly processes: Processes;
  /** Undefined if nothing is archived. */
  readonly archive: Archive | undefined;
  /** Claims durable work and starts listeners: for worker processes. */
  startWork(): Promise<void>;
  /**
   * Starts nothing new and waits for running work, while listeners and fronts continue. Call it before the process
   * ends.
   */
  drain(boundMs: number): Promise<void>;
  /** Takes nothing new, waits for running work (up to `boundMs`), and closes what it opened. Storage stays open. */
  stop(boundMs: number): Promise<void>;
}

/** The number of sandbox threads for scripts and expressions. */
const SCRIPT_THREADS = 2;

/** Used in tests and tools, whose process needs no description. */
const NOBODY = { role: 'engine', version: '', host: '', pid: process.pid };

/** How often flows with a waiting caller are checked while the process drains. */
const ACTIVE_LOOK_MS = 50;

export async function createEngine(deps: EngineDeps): Promise<Engine> {
  const { clock, log, metrics, tracer, documents, shared, seal, blobs } = deps;
  const workQueue = countedQueue(deps.workQueue, metrics);
  const counts = new WorkerCounts();
  const processId = createTimedId('own', clock.now());
  const pool = createScriptPool({ clock, logger: log, metrics, size: SCRIPT_THREADS });
  const nodes = await loadNodes(deps.nodeFolders);
  const changes = await createChanges({ documents, shared, clock, log });
  const bindings = await createBindings({
    documents,
    seal,
    changes,
    environment: deps.environment,
    adapterTypes: nodes.adapterTypes(),
    clock,
    logger: log,
  });
  const { allowed = [], ownPorts = [] } = deps.outbound ?? {};
  const outbound = await openOutbound({ documents, changes, clock, log, settings: allowed, ownPorts });
  await outbound.seed('adapters', () => targetsOfAdapters(bindings.store, nodes.adapterTypes(), deps.environment));
  const stores = await openFlowStores(documents, seal);
  const compile = (version: FlowVersion) =>
    compileFlow(version, { getNode: nodes.get, build: createBuildContext({ pool, key: version.flowId }) });
  const draft = (key: string) => ({ getNode: nodes.get, build: createBuildContext({ pool, key, isDraft: true }) });
  const examiner = createExaminer(deps.nodeFolders, clock);
  const published = await createPublishedFlows({ stores, changes, nodes, compile, clock, logger: log });
  const gates = createAdapterGates(clock);
  const calls = createAdapterCalls({ clock, metrics, gates });
  const parts = deps.parts ?? (() => ({}));
  const run: RunDeps = {
    clock,
    log,
    metrics,
    tracer,
    blobs,
    bindings: bindings.bindings,
    outbound: outbound.guard,
    gates,
    calls,
    compileExpression: createBuildContext({ pool }).compileExpression,
    runScript: (source, input, options) => pool.run(source, input as ScriptInput, options),
    callFlow: createCallFlow(
      published,
      clock,
      () => run,
      () => live,
    ),
  };
  const traffic = await createTraffic({ documents, clock, log, owner: processId, calls: () => callTotals(calls, parts()) });
  const live = createLiveCounters({ published, clock, traffic });
  const quota = await createRecordQuota({ documents, clock, log, metrics });
  const endNotes = createEndNotes({ clock, log, metrics });
  const common = {
    live,
    quota,
    endNotes,
    executions: await documents.open(executionsSpec),
    legs: await documents.open(legsSpec),
    lateOutcomes: await documents.open(lateOutcomesSpec),
    resumes: await documents.open(resumesSpec),
    workQueue,
    shared,
    payloads: createPayloads(seal, blobs, deps.boundSince),
    seal,
    bindings: bindings.bindings,
    published,
    run,
    processId,
    clock,
    log,
    metrics,
    tracer,
  };
  const serves = deps.serves ?? [];
  const isServed = createServes(serves, { published, nodes });
  const { isExclusive } = documents;
  const owners = createOwners({ workers: await documents.open(workersSpec), isExclusive, clock, log, processId });
  const storeTime = await createStoreTime({ serverTime: deps.serverTime, clock, log });
  const leases = await createLeases({ documents, clock, log, processId });
  const active = new Set<string>();
  const accept = createAccept(common);
  const triggers = await createTriggers({
    published,
    bindings: bindings.bindings,
    outbound: outbound.guard,
    onBindingsChange: bindings.onChange,
    documents,
    leases,
    serves: isServed,
    accept: async (flow, arrival, { seq }) => toArrivalResult(await accept(flow, { ...arrival, seq, onOtherContent: 'accept' })),
    tls: deps.tls,
    clock,
    logger: log,
    metrics,
  });
  const worker = createWorker({
    ...common,
    owners,
    active,
    counts,
    serves: isServed,
    ...(deps.workerSlots === undefined ? {} : { slots: deps.workerSlots }),
  });
  let stopped: Promise<void> | undefined;
  const stopWorker = (boundMs: number) => (stopped ??= worker.stop(boundMs));
  const catalog = createFlowCatalog({
    stores,
    published,
    nodes,
    bindings: bindings.bindings,
    environment: deps.environment,
    compile: (version) => compileFlow(version, draft(version.flowId)),
    compileInTurns: (version, signal) => compileFlowInTurns(version, draft(version.flowId), signal),
    examiner,
    fits: createFits(),
    runTrial: (flow, input, mocks, signal, options) => runTrial(flow, input, mocks, run, signal, options),
    checkExpression: (text) => void draft('').build.compileExpression(text),
    checkScript: (source) => pool.checkScript(source),
    prepareTrigger: (flow, signal) => triggers.prepare(flow, signal),
    clock,
    logger: log,
  });
  const queue = createQueueAge(common);
  showQueue(queue, metrics);
  showWorkerCounts(counts, metrics);
  showParts({ metrics, documents, pool, worker, triggers });
  const processes = await createProcesses({
    ...{ documents, clock, log, processId, live, serves, listeners: () => triggers.status() },
    about: deps.about ?? { ...NOBODY, startedAt: clock.now() },
    parts,
    changes,
    adapterCalls: () => calls.counts(),
    forgetAdapter: (adapterId) => calls.forget(adapterId),
    flowCalls: () => endNotes.counts(),
    load: () => ({ running: live.inFlight(), inHand: worker.status().waiting }),
  });
  await owners.start();
  await processes.start();
  let stopSweep = () => {};
  let stopArchive = () => Promise.resolve();
  const archive = deps.archive && (await openArchive(deps.archive, deps));

  return {
    nodes,
    changes,
    bindings,
    outbound,
    published,
    catalog,
    executions: createExecutionCatalog({ ...common, cancelChannel: CANCEL_CHANNEL, archive }),
    runFlow: createRunFlow({ ...common, accept, active, owners, storeTime }),
    worker,
    triggers,
    live,
    traffic,
    queue,
    quota,
    processes,
    archive,
    async startWork() {
      stopSweep = startBlobSweep({ ...common, blobs }).stop;
      await leases.start();
      await worker.start();
      await triggers.start();
      if (deps.archive && archive) stopArchive = startArchive({ ...common, ...deps.archive, runs: archive.runs, blobs, leases }).stop;
    },
    async drain(boundMs) {
      const untilMs = clock.monotonic() + boundMs;
      await stopWorker(boundMs);
      while (active.size > 0 && clock.monotonic() < untilMs) await new Promise<void>((resolve) => clock.after(ACTIVE_LOOK_MS, resolve));
    },
    async stop(boundMs) {
      stopSweep();
      await stopArchive();
      await triggers.stop();
      await stopWorker(boundMs);
      await leases.stop();
      await owners.stop(active.size === 0);
      storeTime.stop();
      await processes.stop();
      live.stop();
      await traffic.stop();
      await quota.stop();
      changes.stop();
      await published.stop();
      outbound.exceptions.stop();
      await bindings.stop();
      await pool.close();
      await examiner.close();
    },
  };
}

/** Ids of adapters and of interfaces have different prefixes. */
function callTotals(calls: AdapterCalls, { interfaces = [] }: ProcessParts) {
  return [...calls.counts(), ...interfaces].map(({ id, totals }) => [id, totals] as const);
}

async function openArchive(
  { folder, afterDays }: NonNullable<EngineDeps['archive']>,
  { documents, seal, clock, boundSince }: EngineDeps,
): Promise<Archive> {
  return { ...createArchiveReader({ folder, seal, clock, boundSince }), runs: await openArchiveRuns(documents, clock), afterDays };
}

interface ShownParts extends Pick<EngineDeps, 'metrics' | 'documents'>, Pick<Engine, 'worker' | 'triggers'> {
  readonly pool: ScriptPool;
}

function showParts({ metrics, documents, pool, worker, triggers }: ShownParts): void {
  metrics.total('store_round_trips_total', () => documents.counters.reads, { kind: 'read' });
  metrics.total('store_round_trips_total', () => documents.counters.writes, { kind: 'write' });
  metrics.gauge('worker_running', () => worker.status().running);
  metrics.gauge('worker_in_hand', () => worker.status().waiting);
  for (const state of TRIGGER_STATES)
    metrics.gauge('listeners', () => triggers.status().filter((status) => status.state === state).length, { state });
  metrics.gauge('script_threads', () => pool.status().threads);
  metrics.gauge('script_busy', () => pool.status().busy);
  metrics.gauge('script_waiting', () => pool.status().waiting);
  metrics.total('script_ended_total', () => pool.status().ended);
}
