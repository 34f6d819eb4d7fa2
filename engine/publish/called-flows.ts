/** Checks flows that call other flows: the requirements on a called flow, and cycles of calls. */
import { fieldKind } from '../contract/values/field-kind.ts';
import type { ErrorValues, Issue } from '../contract/values/errors.ts';
import type { FlowDocument, FlowNode } from '../contract/flow/flow-document.ts';
import { pointerStep } from '../contract/schema/schema-problem.ts';
import { isStronger } from '../compile/compile-flow.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import type { NodeRegistry } from '../registry/load-nodes.ts';
import { isPublished, type FlowStores } from './flow-stores.ts';

export interface CalledFlowsDeps {
  readonly stores: Pick<FlowStores, 'drafts' | 'pointers'>;
  readonly published: Pick<PublishedFlows, 'current'>;
  readonly nodes: Pick<NodeRegistry, 'get'>;
}

export interface FlowCall {
  readonly flowId: string;
  readonly node: FlowNode;
  /** JSON Pointer into the flow document. */
  readonly path: string;
}

/** Returns every call of another flow in a document. Disabled nodes do not count. */
export function callsOf(document: FlowDocument, nodes: Pick<NodeRegistry, 'get'>): readonly FlowCall[] {
  return document.nodes.flatMap((node, index) => {
    if (node.disabled === true) return [];
    const properties = Object.entries(nodes.get(node.type)?.config.properties ?? {});
    return properties.flatMap(([name, schema]) => {
      const flowId = node.config[name];
      if (fieldKind(schema) !== 'flow' || typeof flowId !== 'string' || flowId === '') return [];
      return [{ flowId, node, path: `/nodes/${index}/config${pointerStep(name)}` }];
    });
  });
}

/** Returns the ids of the flows that a document calls directly. */
export function calledFlowIds(document: FlowDocument, nodes: Pick<NodeRegistry, 'get'>): readonly string[] {
  return [...new Set(callsOf(document, nodes).map(({ flowId }) => flowId))];
}

/**
 * Reports calls that would always fail: the flow does not exist, is not published, is durable, has a stronger effect
 * than the node declares, or calls this flow back.
 */
export async function calledFlowIssues(document: FlowDocument, deps: CalledFlowsDeps): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  for (const call of callsOf(document, deps.nodes)) {
    const found = circleIssue(document, call, deps) ?? (await stateIssue(call, deps)) ?? contractIssue(call, deps);
    if (found !== undefined) issues.push(found);
  }
  return issues;
}

async function stateIssue(call: FlowCall, { stores, published }: CalledFlowsDeps): Promise<Issue | undefined> {
  const { flowId } = call;
  if (published.current(flowId) !== undefined || isPublished(await stores.pointers.get(flowId))) return undefined;
  if ((await stores.drafts.get(flowId)) === undefined) return unknownCall(call);
  return issueOf(call, 'FLOW_CALLED_UNPUBLISHED', `The flow ${flowId} is not published.`, 'Publish it first, or choose another flow.');
}

export function unknownCall(call: FlowCall): Issue {
  const fix = 'Choose another flow, or create this one and publish it.';
  return issueOf(call, 'FLOW_CALLED_UNKNOWN', `There is no flow ${call.flowId}.`, fix);
}

function contractIssue(call: FlowCall, { published, nodes }: CalledFlowsDeps): Issue | undefined {
  const flow = published.current(call.flowId);
  if (flow === undefined) return undefined;
  if (flow.document.mode !== 'sync')
    return issueOf(
      call,
      'FLOW_CALLED_DURABLE',
      `The flow ${call.flowId} is durable, so it gives no reply to wait for.`,
      'Choose a sync flow.',
    );
  const definition = nodes.get(call.node.type);
  if (definition?.kind !== 'action') return undefined;
  const declared = typeof definition.effect === 'function' ? definition.effect(call.node.config as never) : definition.effect;
  if (declared === undefined || !isStronger(flow.effect, declared)) return undefined;
  const message = `The flow ${call.flowId} has a stronger effect outside (${flow.effect}) than the node declares (${declared}).`;
  return issueOf(call, 'FLOW_CALLED_EFFECT', message, 'Set the effect of the node to that of the called flow.', {
    effect: flow.effect,
    declared,
  });
}

function circleIssue(document: FlowDocument, call: FlowCall, deps: CalledFlowsDeps): Issue | undefined {
  const way = wayTo(document.flowId, call.flowId, deps, new Set());
  if (way === undefined) return undefined;
  const circle = [document.flowId, ...way].join(' → ');
  return issueOf(call, 'FLOW_CALLED_CIRCLE', `The flow would call itself: ${circle}.`, 'Remove one of these calls.', { circle });
}

/**
 * Returns the chain of calls that leads from one published flow to another, including the first and the last flow;
 * undefined if there is none.
 */
function wayTo(target: string, from: string, deps: CalledFlowsDeps, seen: Set<string>): readonly string[] | undefined {
  if (from === target) return [from];
  if (seen.has(from)) return undefined;
  seen.add(from);
  const document = deps.published.current(from)?.document;
  for (const next of document === undefined ? [] : calledFlowIds(document, deps.nodes)) {
    const way = wayTo(target, next, deps, seen);
    if (way !== undefined) return [from, ...way];
  }
  return undefined;
}

function issueOf({ path, node, flowId }: FlowCall, code: string, message: string, fix: string, values: ErrorValues = {}): Issue {
  return { path, code, severity: 'error', message, fix, node: node.id, values: { node: node.label || node.id, flowId, ...values } };
}
