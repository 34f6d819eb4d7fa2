/**
 * Runs a flow document once, as a saved test of the product does. Nodes that call other systems are mocked. Stores
 * nothing.
 */
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import type { FlowTest } from '../contract/flow/flow-document.ts';
import { createMessage } from '../contract/values/message.ts';
import { typeName, type NodeDefinition } from '../contract/node/node.ts';
import { silentLogger, silentMetrics } from '../contract/values/observe.ts';
import { checkFlow } from '../flow/check-flow.ts';
import { contentHash } from '../flow/content-hash.ts';
import { isPublishable } from '../flow/validate-flow.ts';
import { createAdapterGates } from '../run/adapter-gates.ts';
import { compileFlow } from '../compile/compile-flow.ts';
import type { RunDeps } from '../run/run-deps.ts';
import { runTrial } from '../run/run-trial.ts';
import type { TableSnapshot } from '../bindings/interface.ts';
import type { TrialResult } from '../run/trial-result.ts';
import { memoryBlobs } from './memory-blobs.ts';
import { lookup, type RunNodeOptions } from './run-node.ts';
import { testBuildContext } from './test-build-context.ts';
import { wallClock } from './wall-clock.ts';
import { anyFile, anywhere, noCollections, noState } from './anywhere.ts';

export interface RunFlowOptions {
  /** Definitions of every node type the document names. */
  readonly nodes: readonly NodeDefinition[];
  readonly input: FlowTest['input'];
  /** By node id, what the node returns instead of running. Needed for every node that calls another system. */
  readonly mocks?: FlowTest['mocks'];
  readonly tables?: RunNodeOptions['tables'];
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  readonly runScript?: RunDeps['runScript'];
  readonly callFlow?: RunDeps['callFlow'];
}

/**
 * Runs the flow and returns everything that happens, including its errors. Rejects with FLOW_INVALID (input) and every
 * issue if the document is invalid.
 */
export async function runFlow(document: unknown, options: RunFlowOptions): Promise<TrialResult> {
  const definitions = new Map(options.nodes.map((definition) => [typeName(definition), definition]));
  const getNode = (type: string) => definitions.get(type);
  const { flow, issues } = checkFlow(document, { nodes: { get: getNode } });
  if (flow === undefined || !isPublishable(issues)) throw new AppError('FLOW_INVALID', 'input', 'The flow document is wrong.', { issues });

  const build = testBuildContext();
  const version = { flowId: flow.flowId, version: 1, contentHash: contentHash(flow), document: flow };
  const compiled = compileFlow(version, { getNode, build });
  const { data, ...fields } = options.input;
  const signal = options.signal ?? new AbortController().signal;
  return runTrial(compiled, createMessage(data, fields), options.mocks ?? {}, createDeps(options, build.compileExpression), signal);
}

function createDeps(options: RunFlowOptions, compileExpression: RunDeps['compileExpression']): RunDeps {
  const clock = options.clock ?? wallClock();
  const { tables } = options;
  const snapshot: TableSnapshot = {
    id: 'test',
    lookup: (table, key) => lookup(tables, table, key),
    has: (table) => tables !== undefined && Object.hasOwn(tables, table),
  };
  return {
    clock,
    log: silentLogger,
    metrics: silentMetrics,
    blobs: memoryBlobs(),
    bindings: {
      adapter: () => undefined,
      secret: () => Promise.reject(new TypeError('a mocked run reads no secret')),
      tables: () => snapshot,
      tablesAt: () => Promise.resolve(snapshot),
    },
    outbound: anywhere,
    files: anyFile,
    stateOf: () => noState,
    collectionsOf: () => noCollections,
    gates: createAdapterGates(clock),
    compileExpression,
    runScript: options.runScript ?? (() => Promise.reject(new TypeError('this test passes no runScript'))),
    callFlow: options.callFlow ?? (() => Promise.reject(new TypeError('this test passes no callFlow'))),
  };
}
