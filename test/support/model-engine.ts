/** The engine's real parts put together by hand for tests: given nodes, one published flow, a seal that hides nothing. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { NodeDefinition } from '../../engine/contract/node/node.ts';
import { silentLogger, silentMetrics, type Logger, type Tracer } from '../../engine/contract/values/observe.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { WorkQueue } from '../../engine/contract/ports/work-queue.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import { createArchiveReader } from '../../engine/archive/read-archive.ts';
import { createBuildContext } from '../../engine/expression/create-build-context.ts';
import { createAdapterCalls, type AdapterCalls } from '../../engine/run/adapter-calls.ts';
import { createAdapterGates } from '../../engine/run/adapter-gates.ts';
import { createAccept, type Accept, type AcceptDeps } from '../../engine/accept/accept.ts';
import { compileFlow, type CompiledFlow } from '../../engine/compile/compile-flow.ts';
import { createCallFlow } from '../../engine/run/create-call-flow.ts';
import { createEndNotes } from '../../engine/observe/end-notes.ts';
import { createRunFlow } from '../../engine/accept/create-run-flow.ts';
import type { RunFlowDeps } from '../../engine/accept/run-flow-deps.ts';
import { createExecutionCatalog } from '../../engine/operate/execution-catalog.ts';
import { executionsSpec, lateOutcomesSpec, legsSpec, resumesSpec } from '../../engine/execution/execution-document.ts';
import { workersSpec } from '../../engine/ownership/worker-document.ts';
import type { LiveCounters } from '../../engine/observe/live-counters.ts';
import { createRecordQuota, type RecordQuota } from '../../engine/execution/record-quota.ts';
import { createPayloads } from '../../engine/execution/payloads.ts';
import type { RunDeps } from '../../engine/run/run-deps.ts';
import type { Bindings, TableSnapshot } from '../../engine/bindings/interface.ts';
import type { PublishedFlows } from '../../engine/compile/published-flows.ts';
import { CANCEL_CHANNEL, createWorker, type Worker } from '../../engine/worker/create-worker.ts';
import { WorkerCounts } from '../../engine/worker/worker-counts.ts';
import { createOwners, type Owners } from '../../engine/ownership/owners.ts';
import { createMemoryBlobs } from '../../storage/memory/memory-blobs.ts';
import { anyFile, anywhere, noCollections, noState } from '../../engine/testing/anywhere.ts';

export interface ModelEngine {
  readonly flow: CompiledFlow;
  readonly accept: Accept;
  readonly worker: Worker;
  readonly counts: WorkerCounts;
  readonly owners: Owners;
  readonly runFlow: ReturnType<typeof createRunFlow>;
  readonly catalog: ReturnType<typeof createExecutionCatalog>;
  readonly acceptDeps: AcceptDeps;
  readonly callFlow: RunDeps['callFlow'];
  readonly quota: RecordQuota;
  readonly calls: AdapterCalls;
}

export interface ModelEngineOptions {
  readonly clock: Clock;
  readonly documents: Documents;
  readonly workQueue: WorkQueue;
  readonly shared: SharedState;
  readonly nodes: readonly NodeDefinition[];
  readonly document: FlowDocument;
  readonly owner: string;
  /** Shared by several engines on one store; a fresh one by default. */
  readonly blobs?: Blobs;
  readonly slots?: number;
  /** Counts what runs. */
  readonly live?: (published: PublishedFlows) => LiveCounters;
  readonly tracer?: Tracer | undefined;
  /** The adapter of its environment that nodes name. */
  readonly adapter?: Bindings['adapter'];
  /** Gets the lines of executions that did not complete. */
  readonly log?: Logger;
  /** Where archived executions are read from. */
  readonly archiveFolder?: string;
  readonly serves?: (flow: CompiledFlow) => boolean;
  /** The sandbox; without one, scripts are refused. */
  readonly runScript?: RunDeps['runScript'];
  /** The node types of a build that lacks some of the flow's: it accepts, and cannot run. */
  readonly lacks?: readonly string[];
}

/** Readable at rest, for tests that look into the store; the real one has its own suite. */
export const openSeal: Seal = {
  seal: (_place, plain) => Buffer.from(plain).toString('base64'),
  open: (_place, sealed) => Buffer.from(sealed, 'base64'),
  openText: (_place, sealed) => Buffer.from(sealed, 'base64').toString('utf8'),
  token: (name, value) => `${name}=${value}`,
  rotate: () => Promise.resolve(),
};

const tables: TableSnapshot = { id: 'tables-1', lookup: (_table, key) => key, has: () => true };
const bindings: Bindings = {
  adapter: () => undefined,
  secret: () => Promise.resolve(''),
  tables: () => tables,
  tablesAt: () => Promise.resolve(tables),
};

export async function createModelEngine(options: ModelEngineOptions): Promise<ModelEngine> {
  const { clock, documents, workQueue, shared, owner } = options;
  const build = createBuildContext({} as Parameters<typeof createBuildContext>[0]);
  const byType = new Map(options.nodes.map((node) => [`${node.type}@${node.major}`, node]));
  const flow = compileFlow(
    { flowId: options.document.flowId, version: 1, contentHash: '', document: options.document },
    { getNode: (type) => byType.get(type), build },
  );
  const modelBindings: Bindings = options.adapter === undefined ? bindings : { ...bindings, adapter: options.adapter };
  const published = options.lacks === undefined ? publishedHere(flow) : publishedByNewer(flow, options.lacks);
  const blobs = options.blobs ?? createMemoryBlobs({ clock });
  const payloads = createPayloads(openSeal, blobs);
  const gates = createAdapterGates(clock);
  const calls = createAdapterCalls({ clock, metrics: silentMetrics, gates });
  const run: RunDeps = {
    clock,
    log: silentLogger,
    metrics: silentMetrics,
    tracer: options.tracer,
    blobs,
    bindings: modelBindings,
    outbound: anywhere,
    files: anyFile,
    stateOf: () => noState,
    collectionsOf: () => noCollections,
    gates,
    calls,
    compileExpression: build.compileExpression,
    runScript: options.runScript ?? (() => Promise.reject(new TypeError('no scripts here'))),
    callFlow: createCallFlow(published, clock, () => run),
  };
  const archive =
    options.archiveFolder === undefined ? undefined : createArchiveReader({ folder: options.archiveFolder, seal: openSeal, clock });
  const stores = {
    executions: await documents.open(executionsSpec),
    legs: await documents.open(legsSpec),
    lateOutcomes: await documents.open(lateOutcomesSpec),
    resumes: await documents.open(resumesSpec),
  };
  const owners = createOwners({
    workers: await documents.open(workersSpec),
    isExclusive: documents.isExclusive,
    clock,
    log: silentLogger,
    processId: owner,
  });
  const live = options.live?.(published);
  const endNotes = createEndNotes({ clock, log: options.log ?? silentLogger, metrics: silentMetrics });
  const common = {
    endNotes,
    ...(live === undefined ? {} : { live }),
    ...stores,
    quota: await createRecordQuota({ documents, clock, log: silentLogger, metrics: silentMetrics }),
    workQueue,
    shared,
    payloads,
    seal: openSeal,
    bindings,
    clock,
    log: silentLogger,
    metrics: silentMetrics,
    tracer: options.tracer,
    processId: owner,
    owners,
    published,
    run,
  };
  const active = new Set<string>();
  const counts = new WorkerCounts();
  const accept = createAccept(common);
  const deps: RunFlowDeps = { ...common, accept, active, storeTime: clock };
  return {
    flow,
    accept,
    acceptDeps: common,
    callFlow: run.callFlow,
    quota: common.quota,
    calls,
    owners,
    counts,
    worker: createWorker({
      ...common,
      active,
      counts,
      ...(options.serves === undefined ? {} : { serves: options.serves }),
      ...(options.slots === undefined ? {} : { slots: options.slots }),
    }),
    runFlow: createRunFlow(deps),
    catalog: createExecutionCatalog({ ...common, cancelChannel: CANCEL_CHANNEL, archive }),
  };
}

function publishedHere(flow: CompiledFlow): PublishedFlows {
  return { current: () => flow, list: () => [flow], at: () => Promise.resolve(flow), cached: () => flow };
}

/** As this build sees what a newer one published. */
function publishedByNewer(flow: CompiledFlow, lacks: readonly string[]): PublishedFlows {
  const getNode = (type: string) =>
    lacks.includes(type) ? undefined : flow.nodes.values().find(({ node }) => node.type === type)?.definition;
  return {
    ...publishedHere(flow),
    cached: () => undefined,
    at: async () => compileFlow(flow, { getNode, build: createBuildContext({} as Parameters<typeof createBuildContext>[0]) }),
  };
}
