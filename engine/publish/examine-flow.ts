import type { Clock } from '../contract/values/clock.ts';
import type { Issue } from '../contract/values/errors.ts';
import type { FlowVersion } from '../contract/flow/flow-document.ts';
import type { Logger } from '../contract/values/observe.ts';
import { factsOf, type Examiner } from '../examine/create-examiner.ts';
import { asVersion, examineDocument, type ExamineDeps } from '../examine/examine-document.ts';
import type { DocumentFacts } from '../examine/examine-protocol.ts';
import { isLight } from '../examine/is-light.ts';
import type { Fits } from '../flow/schema-issues.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { Bindings } from '../bindings/interface.ts';
import type { NodeRegistry } from '../registry/load-nodes.ts';
import { invalid } from './flow-errors.ts';
import type { FlowStores } from './flow-stores.ts';
import type { RunningPublishedFlows } from './published-flows.ts';
import type { RunTrial } from './run-tests.ts';

export interface FlowCatalogDeps {
  readonly stores: FlowStores;
  readonly published: RunningPublishedFlows;
  readonly nodes: NodeRegistry;
  readonly bindings: Bindings;
  /** The one that the bindings are resolved for. */
  readonly environment: string;
  /** `compileFlow` with its dependencies bound; throws FLOW_INVALID with issues. */
  compile(version: FlowVersion): CompiledFlow;
  /** The same, giving the event loop back between nodes. */
  compileInTurns(version: FlowVersion, signal: AbortSignal): Promise<CompiledFlow>;
  /** Absent: every document is examined on the event loop. */
  readonly examiner?: Examiner;
  /** Checks by generated code, for schemas of the product. */
  readonly fits: Fits;
  /** `runTrial` with its dependencies bound. */
  readonly runTrial: RunTrial;
  /** Throws an `input` AppError when the text does not compile. */
  checkExpression?(text: string): void;
  /** Compiles a script and runs nothing. Rejects with an `input` AppError when it has a syntax error. */
  checkScript?(source: string): Promise<void>;
  /** Can this process listen for the flow? Rejects with the reason. Runs before the commit, on what does not listen yet. */
  prepareTrigger?(flow: CompiledFlow, signal: AbortSignal): Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Every problem of a document that anybody may have written, as far as it shows by itself. `by`: whose share of the examiner is used. */
export async function documentIssues(deps: FlowCatalogDeps, raw: unknown, by = ''): Promise<readonly Issue[]> {
  if (deps.examiner === undefined || isLight(raw)) return examineDocument(raw, hereOf(deps)).issues;
  return (await deps.examiner.examine(raw, factsFor(deps, raw), { wants: 'issues', by })).issues;
}

/** The flow compiled, or FLOW_INVALID with every issue. */
export async function readyFlow(deps: FlowCatalogDeps, raw: unknown, signal: AbortSignal, by = ''): Promise<CompiledFlow> {
  if (deps.examiner === undefined || isLight(raw)) {
    const { flow, issues } = examineDocument(raw, hereOf(deps));
    if (flow === undefined) throw invalid(issues);
    return flow;
  }
  const { document, issues } = await deps.examiner.examine(raw, factsFor(deps, raw), { wants: 'document', by, signal });
  if (document === undefined) throw invalid(issues);
  return deps.compileInTurns(asVersion(document), signal);
}

function hereOf(deps: FlowCatalogDeps): ExamineDeps {
  const { bindings, checkExpression } = deps;
  return {
    nodes: deps.nodes,
    adapters: { environment: deps.environment, protocolOf: (id) => bindings.adapter(id)?.protocol },
    hasTable: (id) => bindings.tables().has(id),
    ...(checkExpression === undefined ? {} : { checkExpression }),
    compile: deps.compile,
  };
}

function factsFor({ bindings, environment }: FlowCatalogDeps, raw: unknown): DocumentFacts {
  return factsOf(
    raw,
    environment,
    (id) => bindings.adapter(id)?.protocol,
    (id) => bindings.tables().has(id),
  );
}
