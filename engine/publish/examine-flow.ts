import type { Clock } from '../contract/clock.ts';
import { AppError, type Issue } from '../contract/errors.ts';
import type { FlowVersion } from '../contract/flow-document.ts';
import type { Logger } from '../contract/observe.ts';
import { checkFlow } from '../flow/check-flow.ts';
import { contentHash } from '../flow/content-hash.ts';
import { isPublishable } from '../flow/validate-flow.ts';
import type { CompiledFlow } from '../run/compile-flow.ts';
import type { Bindings, NodeRegistry } from '../services.ts';
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
  /** `runTrial` with its dependencies bound. */
  readonly runTrial: RunTrial;
  /** Throws an `input` AppError when the text does not compile. */
  checkExpression?(text: string): void;
  /** Can this process listen for the flow? Rejects with the reason. Runs before the commit, on what does not listen yet. */
  prepareTrigger?(flow: CompiledFlow, signal: AbortSignal): Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Schema, rules and, when these find no error, what compiling alone can tell. */
export function examineFlow(deps: FlowCatalogDeps, raw: unknown): { readonly flow?: CompiledFlow; readonly issues: readonly Issue[] } {
  const { bindings, checkExpression } = deps;
  const { flow, issues } = checkFlow(raw, {
    nodes: deps.nodes,
    adapters: { environment: deps.environment, protocolOf: (id) => bindings.adapter(id)?.protocol },
    hasTable: (id) => bindings.tables().has(id),
    ...(checkExpression === undefined ? {} : { checkExpression }),
  });
  if (flow === undefined || !isPublishable(issues)) return { issues };
  try {
    return { issues, flow: deps.compile({ flowId: flow.flowId, version: 0, contentHash: contentHash(flow), document: flow }) };
  } catch (error) {
    if (!(error instanceof AppError) || error.issues.length === 0) throw error;
    return { issues: [...error.issues, ...issues] };
  }
}

/** The flow compiled, or FLOW_INVALID with every issue. */
export function readyFlow(deps: FlowCatalogDeps, raw: unknown): CompiledFlow {
  const { flow, issues } = examineFlow(deps, raw);
  if (flow === undefined) throw invalid(issues);
  return flow;
}
