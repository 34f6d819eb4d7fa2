import type { FlowDocument, FlowNode } from '../../engine/contract/flow/flow-document.ts';

export type NodeSpec = Omit<FlowNode, 'label'>;

/** `type` without its major version. */
export function node(id: string, type: string, config: Readonly<Record<string, unknown>> = {}): NodeSpec {
  return { id: `n_${id}`, type: `${type}@1`, config };
}

/**
 * Begins with an interface call. An edge is `from>to`, or `from.port>to`; a name alone is what the call leads to. The port is the name of
 * the other end where a parallel node has one of that name, else `out` after control nodes and `ok` after others.
 */
export function flowOf(
  flowId: string,
  mode: FlowDocument['mode'],
  edges: readonly string[],
  nodes: readonly NodeSpec[],
  more: Partial<FlowDocument> = {},
): FlowDocument {
  const all = [node('call', 'interface.call'), ...nodes];
  const drawn = edges.flatMap((edge) => {
    const [from = '', to] = edge.split('>');
    if (to === undefined) return [['call', 'out', from] as const, ...branchesOf(from, nodes)];
    const [id = '', port] = from.split('.');
    return [[id, port ?? defaultPort(id, all), to] as const];
  });
  return {
    schema: 'flow/1',
    flowId,
    revision: 0,
    name: { 'zh-CN': flowId, en: flowId },
    domain: 'test',
    tags: [],
    mode,
    deadlineMs: 20_000,
    nodes: all.map((each) => ({ ...each, label: each.id })),
    edges: drawn.map(([from, port, to], index) => ({
      id: `e_${index}`,
      from: { node: `n_${from}`, port },
      to: { node: `n_${to}`, port: 'in' },
    })),
    tests: [],
    layout: { nodes: {}, groups: [], notes: [] },
    ...more,
  };
}

function branchesOf(id: string, nodes: readonly NodeSpec[]): (readonly [from: string, port: string, to: string])[] {
  const branches = nodes.find((each) => each.id === `n_${id}`)?.config['branches'] as { port: string }[] | undefined;
  return (branches ?? []).map(({ port }) => [id, port, port] as const);
}

function defaultPort(id: string, nodes: readonly NodeSpec[]): string {
  return nodes.find((each) => each.id === `n_${id}`)?.type.startsWith('control.') ? 'out' : 'ok';
}
