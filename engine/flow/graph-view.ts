import { Default } from 'typebox/value';
import type { FlowDocument, FlowEdge, FlowNode } from '../contract/flow-document.ts';
import { outPort, type NodeDefinition, type PortSpec } from '../contract/node.ts';

export interface NodeView {
  readonly node: FlowNode;
  /** Position in `document.nodes`: for JSON Pointers. */
  readonly index: number;
  readonly definition: NodeDefinition | undefined;
  /** The configuration with the schema's defaults filled in; it may still break the schema. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the planner makes of it: a disabled control node (but a join) is an action that passes its input on. */
  readonly role: 'trigger' | 'action' | 'unknown' | Extract<NodeDefinition, { kind: 'control' }>['role'];
  readonly outPorts: readonly PortSpec[];
  readonly ins: readonly FlowEdge[];
  readonly outs: readonly FlowEdge[];
}

/** A flow document as a graph of nodes whose definitions were looked up. Edges whose ends do not exist are left out. */
export interface GraphView {
  readonly document: FlowDocument;
  readonly nodes: ReadonlyMap<string, NodeView>;
  /** Nodes in an order in which every edge leads forward; undefined when there is a cycle. */
  readonly order: ReadonlyMap<string, number> | undefined;
  /** Ids of the nodes that stand on a cycle or behind one. */
  readonly cyclic: readonly string[];
}

export function viewGraph(document: FlowDocument, getNode: (type: string) => NodeDefinition | undefined): GraphView {
  const ids = new Set(document.nodes.map((node) => node.id));
  const edges = document.edges.filter((edge) => ids.has(edge.from.node) && ids.has(edge.to.node));
  const byFrom = Map.groupBy(edges, (edge) => edge.from.node);
  const byTo = Map.groupBy(edges, (edge) => edge.to.node);
  const nodes = new Map<string, NodeView>();
  document.nodes.forEach((node, index) => {
    if (nodes.has(node.id)) return;
    const definition = getNode(node.type);
    const config =
      definition === undefined ? node.config : (Default(definition.config, structuredClone(node.config)) as FlowNode['config']);
    nodes.set(node.id, {
      node,
      index,
      definition,
      config,
      role: roleOf(node, definition),
      outPorts: outPortsOf(config, definition),
      ins: byTo.get(node.id) ?? [],
      outs: byFrom.get(node.id) ?? [],
    });
  });
  return { document, nodes, ...sortNodes(nodes) };
}

/** Ids of every node that can be reached from `starts` along edges that `follows` lets pass; the starts are among them. */
export function reachable(view: GraphView, starts: readonly string[], follows: (edge: FlowEdge) => boolean = () => true): Set<string> {
  const seen = new Set(starts);
  const queue = [...starts];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (const edge of view.nodes.get(id)?.outs ?? []) {
      if (seen.has(edge.to.node) || !follows(edge)) continue;
      seen.add(edge.to.node);
      queue.push(edge.to.node);
    }
  }
  return seen;
}

/** Where tokens come into being: the trigger, and catch nodes, into which no edge leads. */
export function startsOf(view: GraphView): string[] {
  return [...view.nodes.values()].filter(({ role }) => role === 'trigger' || role === 'catch').map(({ node }) => node.id);
}

function roleOf(node: FlowNode, definition: NodeDefinition | undefined): NodeView['role'] {
  if (definition === undefined) return 'unknown';
  if (definition.kind !== 'control') return definition.kind;
  return node.disabled === true && definition.role !== 'join' ? 'action' : definition.role;
}

function outPortsOf(config: FlowNode['config'], definition: NodeDefinition | undefined): readonly PortSpec[] {
  if (definition === undefined) return [];
  const { out } = definition.ports;
  if (typeof out !== 'function') return out;
  try {
    return out(config as never);
  } catch {
    // A configuration that breaks its schema; the schema's issues tell it.
    return [outPort];
  }
}

function sortNodes(nodes: ReadonlyMap<string, NodeView>): Pick<GraphView, 'order' | 'cyclic'> {
  const open = new Map([...nodes].map(([id, view]) => [id, view.ins.length]));
  const order = new Map<string, number>();
  const ready = [...open].filter(([, ins]) => ins === 0).map(([id]) => id);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    order.set(id, order.size);
    open.delete(id);
    for (const { to } of nodes.get(id)!.outs) {
      const left = open.get(to.node)! - 1;
      open.set(to.node, left);
      if (left === 0) ready.push(to.node);
    }
  }
  return open.size === 0 ? { order, cyclic: [] } : { order: undefined, cyclic: [...open.keys()] };
}
