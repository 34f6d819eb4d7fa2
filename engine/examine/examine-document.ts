import { AppError, type Issue } from '../contract/values/errors.ts';
import type { FlowDocument, FlowVersion } from '../contract/flow/flow-document.ts';
import { checkFlow } from '../flow/check-flow.ts';
import { contentHash } from '../flow/content-hash.ts';
import type { ValidateDeps } from '../flow/validate-deps.ts';
import { isPublishable } from '../flow/validate-flow.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';

export interface ExamineDeps extends ValidateDeps {
  /**
   * Runs `compileFlow` with bound dependencies. Throws FLOW_INVALID (input) with issues if the flow cannot be compiled.
   */
  compile(version: FlowVersion): CompiledFlow;
}

export interface Examined {
  readonly flow?: CompiledFlow;
  readonly issues: readonly Issue[];
}

/**
 * Checks a document against the schema and the rules. If they find no error, compiles the document to find the
 * remaining problems.
 */
export function examineDocument(raw: unknown, deps: ExamineDeps): Examined {
  const { flow, issues } = checkFlow(raw, deps);
  if (flow === undefined || !isPublishable(issues)) return { issues };
  try {
    return { issues, flow: deps.compile(asVersion(flow)) };
  } catch (error) {
    if (!(error instanceof AppError) || error.issues.length === 0) throw error;
    return { issues: [...error.issues, ...issues] };
  }
}

/** Wraps an unpublished document as a version, for compiling. */
export function asVersion(document: FlowDocument): FlowVersion {
  return { flowId: document.flowId, version: 0, contentHash: contentHash(document), document };
}
