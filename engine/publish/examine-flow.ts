import type { Clock } from '../contract/values/clock.ts';
import type { Issue } from '../contract/values/errors.ts';
import type { FlowVersion } from '../contract/flow/flow-document.ts';
import type { Logger } from '../contract/values/observe.ts';
import { factsOf, type Examiner } from '../examine/create-examiner.ts';
import { asVersion, examineDocument, type ExamineDeps } from '../examine/examine-document.ts';
import type { DocumentFacts } from '../examine/examine-protocol.ts';
import type { ExtensionNodeType } from '../extensions/extension-node.ts';
import { isRecord } from '../contract/values/is-record.ts';
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
  /** The environment that bindings are resolved for. */
  readonly environment: string;
  /**
   * Calls `compileFlow` with bound dependencies. Throws FLOW_INVALID (input) with issues if the flow cannot be
   * compiled.
   */
  compile(version: FlowVersion): CompiledFlow;
  /** Compiles a flow as `compile` does, but yields to the event loop between nodes. */
  compileInTurns(version: FlowVersion, signal: AbortSignal): Promise<CompiledFlow>;
  /** Returns the node types of extensions among these, for the examiner. */
  extensionTypes?(names: Iterable<string>): readonly ExtensionNodeType[];
  /** If absent, every document is examined on the event loop. */
  readonly examiner?: Examiner;
  /** Checks the product's schemas with generated code. */
  readonly fits: Fits;
  /** Calls `runTrial` with bound dependencies. */
  readonly runTrial: RunTrial;
  /** Throws an error of kind `input` if the text does not compile. */
  checkExpression?(text: string): void;
  /** Compiles a script without running it. Rejects with an error of kind `input` if its syntax is wrong. */
  checkScript?(source: string): Promise<void>;
  /**
   * Checks that this process can listen for the flow; rejects with the reason if not. Called before the commit, if the
   * process does not listen for it yet.
   */
  prepareTrigger?(flow: CompiledFlow, signal: AbortSignal): Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Returns every problem of an untrusted document that can be found without other flows. `by` is the account that sends
 * it; accounts take turns in the examiner.
 */
export async function documentIssues(deps: FlowCatalogDeps, raw: unknown, by = ''): Promise<readonly Issue[]> {
  if (deps.examiner === undefined || isLight(raw)) return examineDocument(raw, hereOf(deps)).issues;
  return (await deps.examiner.examine(raw, factsFor(deps, raw), { wants: 'issues', by })).issues;
}

/** Returns the compiled flow. Rejects with FLOW_INVALID (input) and every issue if the document has errors. */
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

function factsFor({ bindings, environment, extensionTypes }: FlowCatalogDeps, raw: unknown): DocumentFacts {
  const facts = factsOf(
    raw,
    environment,
    (id) => bindings.adapter(id)?.protocol,
    (id) => bindings.tables().has(id),
  );
  return { ...facts, extensions: extensionTypes?.(typesIn(raw)) ?? [] };
}

function typesIn(raw: unknown): readonly string[] {
  const nodes = isRecord(raw) && Array.isArray(raw['nodes']) ? (raw['nodes'] as readonly unknown[]) : [];
  return nodes.flatMap((node) => (isRecord(node) && typeof node['type'] === 'string' ? [node['type']] : []));
}
