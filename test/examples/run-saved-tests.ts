/** Runs the saved tests of a document as a publish does, without a platform. */
import type { CodeTable } from '../../engine/contract/node/adapter.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { BuildContext } from '../../engine/contract/node/node.ts';
import { silentLogger, silentMetrics } from '../../engine/contract/values/observe.ts';
import { contentHash } from '../../engine/flow/content-hash.ts';
import { runTests } from '../../engine/publish/run-tests.ts';
import { createAdapterGates } from '../../engine/run/adapter-gates.ts';
import { compileFlow, type CompiledFlow } from '../../engine/compile/compile-flow.ts';
import { runTrial } from '../../engine/run/run-trial.ts';
import type { TestReport } from '../../engine/publish/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import { anyFile, anywhere, noCollections, noState } from '../../engine/testing/anywhere.ts';
import { memoryBlobs, wallClock } from '../../engine/testing/public.ts';
import { tableSnapshot } from './city-fixtures.ts';

export interface Surroundings {
  readonly nodes: Pick<NodeRegistry, 'get'>;
  readonly build: BuildContext;
  readonly tables?: readonly CodeTable[];
}

function compileAlone(document: FlowDocument, { nodes, build }: Surroundings): CompiledFlow {
  const version = { flowId: document.flowId, version: 1, contentHash: contentHash(document), document };
  return compileFlow(version, { getNode: (type) => nodes.get(type), build });
}

export function runSavedTests(flow: FlowDocument, around: Surroundings): Promise<TestReport> {
  const clock = wallClock();
  const tables = tableSnapshot(around.tables ?? []);
  const deps = {
    clock,
    log: silentLogger,
    metrics: silentMetrics,
    blobs: memoryBlobs(),
    bindings: {
      adapter: () => undefined,
      secret: () => Promise.reject(new Error('no secrets here')),
      tables: () => tables,
      tablesAt: () => Promise.resolve(tables),
    },
    gates: createAdapterGates(clock),
    outbound: anywhere,
    files: anyFile,
    stateOf: () => noState,
    collectionsOf: () => noCollections,
    compileExpression: around.build.compileExpression,
    runScript: () => Promise.reject(new Error('no scripts here')),
    callFlow: () => Promise.reject(new Error('no sub-flows here')),
  };
  return runTests(
    compileAlone(flow, around),
    flow.tests,
    (...run) => runTrial(run[0], run[1], run[2], deps, run[3]),
    clock,
    AbortSignal.timeout(30_000),
  );
}
