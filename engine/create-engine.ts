/**
 * Creates the whole engine on one storage. Each program that runs flows does so once. Control, gateways and triggers
 * use the engine only through the parts it returns.
 */
import type { Clock } from './contract/values/clock.ts';
import { createTimedId } from './contract/values/ids.ts';
import type { FlowVersion } from './contract/flow/flow-document.ts';
import type { TriggerContext } from './contract/node/node.ts';
import type { Logger, Metrics, Tracer } from './contract/values/observe.ts';
import type { FileAccess } from './contract/node/file-access.ts';
import type { Blobs } from './contract/ports/blobs.ts';
import type { Crypto } from './contract/ports/crypto.ts';
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
import { openExtensions, type Extensions } from './extensions/open-extensions.ts';
import { withExtensions } from './extensions/with-extensions.ts';
import { createFits } from './examine/create-fits.ts';
import { createBuildContext } from './expression/create-build-context.ts';
import { createScriptPool, type ScriptInput, type ScriptPool } from './script/script-pool.ts';
import { createFileAccess, type FileRoots } from './outbound/create-file-access.ts';
import { openOutbound, targetsOfAdapters, type Outbound } from './outbound/open-outbound.ts';
import { createProcesses, type Processes } from './processes/create-processes.ts';
import type { ProcessAbout, ProcessParts } from './processes/process-document.ts';
import { createFlowCatalog } from './publish/flow-catalog.ts';
import { openFlowStores } from './publish/flow-stores.ts';
import { createPublishedFlows, type RunningPublishedFlows } from './publish/published-flows.ts';
import { loadNodes, type LoadedNodes } from './registry/load-nodes.ts';
import { createAccept } from './accept/accept.ts';
import { createTakeArrival } from './accept/take-arrival.ts';
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
import { openBusTopicStore } from './topics/bus-topic-store.ts';
import { createTriggers, type Triggers } from './trigger/create-triggers.ts';
import { showWorkerCounts, WorkerCounts } from './worker/worker-counts.ts';
import { CANCEL_CHANNEL, createWorker, type Worker } from './worker/create-worker.ts';
import { createOwners } from './ownership/owners.ts';
import { createLeases } from './ownership/leases.ts';
import { openCollections } from './collections/open-collections.ts';
import { openWaitingCollections, showCollections } from './collections/waiting-collections.ts';
import { openFlowState } from './state/flow-state-store.ts';
import { createServes } from './worker/create-serves.ts';
import { startBlobSweep } from './worker/sweep-blobs.ts';

export interface EngineDeps {
  readonly documents: Documents;
  readonly workQueue: WorkQueue;
  readonly shared: SharedState;
  readonly blobs: Blobs;
  readonly seal: Seal;
  /** Returns the time from which payloads are bound to their place (see `createPayloads`). */
  readonly boundSince?: (() => number | undefined) | undefined;
  /** Verifies the signatures of extensions; without it no extension is loaded. */
  readonly crypto?: Crypto | undefined;
  /** The folders of node types; the folder of the product is the first. */
  readonly nodeFolders: readonly (string | URL)[];
  /** Returns the store server's time, in epoch milliseconds; absent if only one process uses the store. */
  readonly serverTime?: (() => Promise<number>) | undefined;
  readonly environment: string;
  /** Additional outbound targets from `KQ_OUTBOUND_ALLOWED`, and the ports of the platform itself. */
  readonly outbound?: { readonly allowed?: readonly string[]; readonly ownPorts?: readonly number[] };
  /** The folders that adapters may use; none by default. */
  readonly files?: FileRoots | undefined;
  readonly tls: TriggerContext<unknown>['tls'];
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** If absent, no spans are created. */
  readonly tracer?: Tracer | undefined;
  readonly workerSlots?: number;
  /** The tags of flows and the ids of adapters for which this process works; if empty, it works for all flows. */
  readonly serves?: readonly string[];
  /**
   * The folder to which executions that ended days ago are moved; if absent, they stay in the store until they expire.
   */
  readonly archive?: { readonly folder: string; readonly afterDays: number } | undefined;
  /** The description of this process that other processes see. */
  readonly about?: ProcessAbout;
  /** Returns the state of the other parts of this process. */
  readonly parts?: () => ProcessParts;
}

/** The archived executions, and the runs that archive them. */
export interface Archive extends ArchiveReader {
  readonly runs: ArchiveRuns;
  readonly afterDays: number;
}

export interface Engine {
  readonly nodes: LoadedNodes;
  readonly extensions: Extensions;
  readonly changes: Changes;
  readonly bindings: RunningBindings;
  readonly outbound: Outbound;
  readonly files: FileAccess;
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
  /** All processes of the installation, including the process that created this engine. */
  readonly processes: Processes;
  /** Undefined if the installation has no archive. */
  readonly archive: Archive | undefined;
  /** Starts to claim durable work, and starts listeners. For worker processes. */
  startWork(): Promise<void>;
  /**
   * Starts no new durable work and waits for running work, while listeners and fronts continue. Call it before the
   * process ends.
   */
  drain(boundMs: number): Promise<void>;
  /**
   * Takes no new work, waits for running work (up to `boundMs`), and closes what the engine opened. The storage stays
   * open.
   */
  stop(boundMs: number): Promise<void>;
}

/** The number of sandbox threads for scripts and expressions. */
const SCRIPT_THREADS = 2;

/** The default description of a process, for tests and tools. */
const NOBODY = { role: 'engine', version: '', host: '', pid: process.pid };

/** How often a draining process checks whether the executions with a waiting caller have ended, in milliseconds. */
const ACTIVE_LOOK_MS = 50;

export async function createEngine(deps: EngineDeps): Promise<Engine> {
  const { clock, metrics } = deps;
  const processId = createTimedId('own', clock.now());
  const parts = deps.parts ?? (() => ({}));
  const flows = await openFlows(deps);
  const runs = await createRuns(flows, processId, parts, deps);
  const { live, quota } = runs;
  const common = await openExecutions(flows, runs, processId, deps);
  const work = await createWork(flows, common, deps);
  const { worker, triggers, owners } = work;
  const catalog = createCatalog(flows, runs.run, triggers, deps);
  const queue = createQueueAge(common);
  showQueue(queue, metrics);
  showCollections(await openWaitingCollections(deps.documents, deps.seal, clock), metrics, clock);
  showParts({ metrics, documents: deps.documents, pool: flows.pool, worker, triggers });
  const processes = await describeProcess(flows, runs, work, { processId, parts }, deps);
  await owners.start();
  await processes.start();
  const archive = deps.archive && (await openArchive(deps.archive, deps));
  const life = new EngineLife({ flows, runs, common, work, processes, archive }, deps);
  const { nodes, extensions, changes, bindings, outbound, files, published } = flows;

  return {
    ...{ nodes, extensions, changes, bindings, outbound, files, published, catalog },
    executions: createExecutionCatalog({ ...common, cancelChannel: CANCEL_CHANNEL, archive }),
    runFlow: work.runFlow,
    ...{ worker, triggers, live, traffic: runs.traffic, queue, quota, processes, archive },
    startWork: () => life.startWork(),
    drain: (boundMs) => life.drain(boundMs),
    stop: (boundMs) => life.stop(boundMs),
  };
}

type Flows = Awaited<ReturnType<typeof openFlows>>;
type Runs = Awaited<ReturnType<typeof createRuns>>;
type Executions = Awaited<ReturnType<typeof openExecutions>>;
type Work = Awaited<ReturnType<typeof createWork>>;

/** Opens the published flows, and everything they are compiled from and bound to. */
async function openFlows(deps: EngineDeps) {
  const { clock, log, metrics, documents, shared, seal, environment } = deps;
  const pool = createScriptPool({ clock, logger: log, metrics, size: SCRIPT_THREADS });
  const changes = await createChanges({ documents, shared, clock, log });
  const extensions = await openExtensions({ documents, changes, crypto: deps.crypto, clock, log });
  const nodes = withExtensions(await loadNodes(deps.nodeFolders), extensions);
  const adapterTypes = nodes.adapterTypes();
  const bindings = await createBindings({ documents, seal, changes, environment, adapterTypes, clock, logger: log });
  const { allowed = [], ownPorts = [] } = deps.outbound ?? {};
  const outbound = await openOutbound({ documents, changes, clock, log, settings: allowed, ownPorts });
  await outbound.seed('adapters', () => targetsOfAdapters(bindings.store, nodes.adapterTypes(), environment));
  const files = createFileAccess(deps.files ?? { roots: [], forbidden: [] });
  const flowState = await openFlowState(documents, seal, clock);
  const payloads = createPayloads(seal, deps.blobs, deps.boundSince);
  const collections = await openCollections(documents, payloads, seal, clock);
  const stores = await openFlowStores(documents, seal);
  const compile = (version: FlowVersion) =>
    compileFlow(version, { getNode: nodes.get, build: createBuildContext({ pool, key: version.flowId }) });
  const examiner = createExaminer(deps.nodeFolders, clock);
  const published = await createPublishedFlows({ stores, changes, nodes, compile, clock, logger: log });
  return { pool, nodes, extensions, changes, bindings, outbound, files, flowState, payloads, collections, stores, examiner, published };
}

/** Creates what every run needs, and the counters of runs. */
async function createRuns(
  { pool, bindings, outbound, files, flowState, collections, published }: Flows,
  owner: string,
  parts: () => ProcessParts,
  deps: EngineDeps,
) {
  const { clock, log, metrics, tracer, documents, blobs } = deps;
  const gates = createAdapterGates(clock);
  const calls = createAdapterCalls({ clock, metrics, gates });
  const run: RunDeps = {
    ...{ clock, log, metrics, tracer, blobs, gates, calls },
    bindings: bindings.bindings,
    outbound: outbound.guard,
    files,
    stateOf: (domain) => flowState.of(domain),
    collectionsOf: (domain) => collections.of(domain),
    compileExpression: createBuildContext({ pool }).compileExpression,
    runScript: (source, input, options) => pool.run(source, input as ScriptInput, options),
    callFlow: createCallFlow(
      published,
      clock,
      () => run,
      () => live,
    ),
  };
  const traffic = await createTraffic({ documents, clock, log, owner, calls: () => callTotals(calls, parts()) });
  const live = createLiveCounters({ published, clock, traffic });
  const quota = await createRecordQuota({ documents, clock, log, metrics });
  const endNotes = createEndNotes({ clock, log, metrics });
  return { run, calls, traffic, live, quota, endNotes };
}

/** Opens the stores of executions, and everything that accepting, running and operating executions share. */
async function openExecutions(
  { bindings, payloads, collections, published }: Flows,
  { run, live, quota, endNotes }: Runs,
  processId: string,
  { documents, workQueue, shared, seal, clock, log, metrics, tracer }: EngineDeps,
) {
  return {
    ...{ run, live, quota, endNotes, published, bindings: bindings.bindings },
    executions: await documents.open(executionsSpec),
    legs: await documents.open(legsSpec),
    lateOutcomes: await documents.open(lateOutcomesSpec),
    resumes: await documents.open(resumesSpec),
    workQueue: countedQueue(workQueue, metrics),
    ...{ payloads, collectionItems: collections.items, shared, seal, processId, clock, log, metrics, tracer },
  };
}

/** Creates the parts that accept messages, and the parts that run executions. */
async function createWork({ nodes, bindings, outbound, files, collections, published }: Flows, common: Executions, deps: EngineDeps) {
  const { documents, clock, log, metrics } = deps;
  const { processId } = common;
  const counts = new WorkerCounts();
  const serves = createServes(deps.serves ?? [], { published, nodes });
  const workers = await documents.open(workersSpec);
  const owners = createOwners({ workers, isExclusive: documents.isExclusive, clock, log, processId });
  const storeTime = await createStoreTime({ serverTime: deps.serverTime, clock, log });
  const leases = await createLeases({ documents, clock, log, processId });
  const active = new Set<string>();
  const accept = createAccept(common);
  const runFlow = createRunFlow({ ...common, owners, storeTime, active, accept });
  const triggers = await createTriggers({
    ...{ published, documents, leases, serves, tls: deps.tls, seal: deps.seal, clock, logger: log, metrics },
    bindings: bindings.bindings,
    outbound: outbound.guard,
    files,
    blobs: deps.blobs,
    busTopics: await openBusTopicStore(documents, clock),
    collectionsOf: (domain) => collections.of(domain),
    onBindingsChange: bindings.onChange,
    accept: createTakeArrival({ accept, runFlow, clock }),
  });
  const slots = deps.workerSlots === undefined ? {} : { slots: deps.workerSlots };
  const worker = createWorker({ ...common, owners, active, counts, serves, ...slots });
  showWorkerCounts(counts, metrics);
  return { owners, storeTime, leases, active, accept, runFlow, triggers, worker };
}

function createCatalog(flows: Flows, run: RunDeps, triggers: Triggers, { clock, log, environment }: EngineDeps): FlowCatalog {
  const { pool, nodes, extensions, bindings, stores, examiner, published } = flows;
  const draft = (key: string) => ({ getNode: nodes.get, build: createBuildContext({ pool, key, isDraft: true }) });
  return createFlowCatalog({
    ...{ stores, published, nodes, bindings: bindings.bindings, environment, examiner, fits: createFits(), clock, logger: log },
    extensionTypes: (names) => extensions.typesOf(names),
    compile: (version) => compileFlow(version, draft(version.flowId)),
    compileInTurns: (version, signal) => compileFlowInTurns(version, draft(version.flowId), signal),
    runTrial: (flow, input, mocks, signal, options) => runTrial(flow, input, mocks, run, signal, options),
    checkExpression: (text) => void draft('').build.compileExpression(text),
    checkScript: (source) => pool.checkScript(source),
    prepareTrigger: (flow, signal) => triggers.prepare(flow, signal),
  });
}

/** Creates the list of processes, in which this process publishes its description and counters. */
function describeProcess(
  { changes }: Flows,
  { calls, live, endNotes }: Runs,
  { triggers, worker }: Work,
  process: { readonly processId: string; readonly parts: () => ProcessParts },
  { documents, clock, log, serves = [], about = { ...NOBODY, startedAt: clock.now() } }: EngineDeps,
): Promise<Processes> {
  return createProcesses({
    ...{ ...process, documents, clock, log, live, serves, about, changes },
    listeners: () => triggers.status(),
    adapterCalls: () => calls.counts(),
    forgetAdapter: (adapterId) => calls.forget(adapterId),
    flowCalls: () => endNotes.counts(),
    load: () => ({ running: live.inFlight(), inHand: worker.status().waiting }),
  });
}

interface LivingParts {
  readonly flows: Flows;
  readonly runs: Runs;
  readonly common: Executions;
  readonly work: Work;
  readonly processes: Processes;
  readonly archive: Archive | undefined;
}

/** Starts the work. Stops the parts one after the other, so that no part needs another one that is already closed. */
class EngineLife {
  readonly #parts: LivingParts;
  readonly #deps: EngineDeps;
  #stopSweep = () => {};
  #stopArchive = () => Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(parts: LivingParts, deps: EngineDeps) {
    this.#parts = parts;
    this.#deps = deps;
  }

  async startWork(): Promise<void> {
    const { blobs, archive: settings } = this.#deps;
    const { common, work, archive } = this.#parts;
    const { leases, worker, triggers } = work;
    this.#stopSweep = startBlobSweep({ ...common, blobs }).stop;
    await leases.start();
    await worker.start();
    await triggers.start();
    if (settings && archive) this.#stopArchive = startArchive({ ...common, ...settings, runs: archive.runs, blobs, leases }).stop;
  }

  async drain(boundMs: number): Promise<void> {
    const { clock } = this.#deps;
    const { active } = this.#parts.work;
    const untilMs = clock.monotonic() + boundMs;
    await this.#stopWorker(boundMs);
    while (active.size > 0 && clock.monotonic() < untilMs) await new Promise<void>((resolve) => clock.after(ACTIVE_LOOK_MS, resolve));
  }

  async stop(boundMs: number): Promise<void> {
    const { flows, runs, work, processes } = this.#parts;
    this.#stopSweep();
    await this.#stopArchive();
    await work.triggers.stop();
    await this.#stopWorker(boundMs);
    await work.leases.stop();
    await work.owners.stop(work.active.size === 0);
    work.storeTime.stop();
    await processes.stop();
    runs.live.stop();
    await runs.traffic.stop();
    await runs.quota.stop();
    flows.changes.stop();
    await flows.published.stop();
    flows.outbound.exceptions.stop();
    await flows.bindings.stop();
    flows.extensions.stop();
    await flows.pool.close();
    await flows.examiner.close();
  }

  #stopWorker(boundMs: number): Promise<void> {
    this.#stopped ??= this.#parts.work.worker.stop(boundMs);
    return this.#stopped;
  }
}

/**
 * Returns the call totals of adapters and interfaces in one list. Their ids have different prefixes, so they cannot
 * clash.
 */
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
