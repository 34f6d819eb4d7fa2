import type { FlowDocument, FlowNode } from '../../../engine/contract/flow/flow-document.ts';

/** A straight line of nodes: each one's main port leads to the next. */
export function lineOf(
  flowId: string,
  mode: FlowDocument['mode'],
  nodes: readonly (readonly [node: Omit<FlowNode, 'label'>, mainPort: string])[],
  fields: Partial<FlowDocument> = {},
): FlowDocument {
  return {
    schema: 'flow/1',
    flowId,
    revision: 0,
    name: { 'zh-CN': flowId, en: flowId },
    domain: 'bench',
    tags: [],
    mode,
    deadlineMs: 10_000,
    nodes: nodes.map(([node]) => ({ ...node, label: node.id })),
    edges: nodes.slice(1).map(([node], index) => {
      const [before, port] = nodes[index]!;
      return { id: `e_${index}`, from: { node: before.id, port }, to: { node: node.id, port: 'in' } };
    }),
    tests: [],
    layout: { nodes: {}, groups: [], notes: [] },
    ...fields,
  };
}
