import { Check } from 'typebox/value';
import type { FlowDocument, FlowEdge, FlowNode } from '../contract/flow/flow-document.ts';
import type { NodeDefinition, PortSpec } from '../contract/node/node.ts';
import { withDefaults } from './with-defaults.ts';

export interface NodeView {
  readonly node: FlowNode;
  /** The position in `document.nodes`, for JSON Pointers. */
  readonly index: number;
  readonly definition: NodeDefinition | undefined;
  /** The configuration with the schema's defaults; it may still break the schema. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The role in the planner. A disabled control node, except a join, counts as an action that passes its input on. */
  readonly role: 'trigger' | 'action' | 'unknown' | Extract<NodeDefinition, { kind: 'control' }>['role'];
  /**
   * Undefined if the ports are not known: the type is unknown, or the ports depend on a configuration that breaks its
   * schema.
   */
  readonly outPorts: readonly PortSpec[] | undefined;
  readonly ins: readonly FlowEdge[];
  readonly outs: readonly FlowEdge[];
}

/**
 * A flow document as a graph, with the definitions of its nodes. A missing node that edges name is part of the graph
 * as an unknown node. So the missing node is reported once, without the problems that follow from it.
 */
export interface GraphView {
  readonly document: FlowDocument;
  readonly nodes: ReadonlyMap<string, NodeView>;
  /** Nodes with the id of an earlier node; they are not part of the graph. */
  readonly repeated: readonly NodeView[];
  readonly edgesTo: ReadonlyMap<string, readonly FlowEdge[]>;
  readonly edgesFrom: ReadonlyMap<string, readonly FlowEdge[]>;
  /** The position of each id in topological order; undefined if there is a cycle. */
  readonly order: ReadonlyMap<string, number> | undefined;
  /** The ids of nodes on a cycle or after one. */
  readonly cyclic: readonly string[];
}

export function viewGraph(document: FlowDocument, getNode: (type: string) => NodeDefinition | undefined): GraphView {
  const edgesFrom = Map.groupBy(document.edges, (edge) => edge.from.node);
  const edgesTo = Map.groupBy(document.edges, (edge) => edge.to.node);
  const views = document.nodes.map((node, index): NodeView => {
    const definition = getNode(node.type);
    const config =
      definition === undefined ? node.config : (withDefaults(definition.config, structuredClone(node.config)) as FlowNode['config']);
    return {
      node,
      index,
      definition,
      config,
      role: roleOf(node, definition),
      outPorts: outPortsOf(config, definition),
      ins: edgesTo.get(node.id) ?? [],
      outs: edgesFrom.get(node.id) ?? [],
    };
  });
  const nodes = new Map<string, NodeView>();
  for (const view of views) if (!nodes.has(view.node.id)) nodes.set(view.node.id, view);
  const repeated = views.filter((view) => nodes.get(view.node.id) !== view);
  const ids = new Set([...views.map(({ node }) => node.id), ...edgesFrom.keys(), ...edgesTo.keys()]);
  return { document, nodes, repeated, edgesFrom, edgesTo, ...sortIds(ids, edgesFrom, edgesTo) };
}

/**
 * Returns the ids of all nodes that can be reached from `starts` along edges that `follows` accepts, including the
 * starts.
 */
export function reachable(view: GraphView, starts: readonly string[], follows: (edge: FlowEdge) => boolean = () => true): Set<string> {
  const seen = new Set(starts);
  const queue = [...starts];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (const edge of view.edgesFrom.get(id) ?? []) {
      if (seen.has(edge.to.node) || !follows(edge)) continue;
      seen.add(edge.to.node);
      queue.push(edge.to.node);
    }
  }
  return seen;
}

/**
 * Returns the nodes where paths start: the trigger, and catch nodes, which have no incoming edge. Includes unknown
 * nodes that may be one of these.
 */
export function startsOf(view: GraphView): string[] {
  const ids = new Set([...view.nodes.keys(), ...view.edgesFrom.keys()]);
  return [...ids].filter((id) => {
    const role = roleAt(view, id);
    return role === 'trigger' || role === 'catch' || (role === 'unknown' && !view.edgesTo.has(id));
  });
}

/**
 * Returns true if an edge leaves the node by this port. Also true if an edge has an unknown port of the node or an
 * unknown start node, because its author may have meant this port.
 */
export function isConnected(view: GraphView, { node }: NodeView, port: string): boolean {
  return view.document.edges.some(({ from }) => {
    if (from.node === node.id) return from.port === port || !isPortThere(view, from);
    return !view.nodes.has(from.node) && (from.port === port || from.port === '');
  });
}

/** Returns true if the node is known to have this output port. */
export function isPortThere(view: GraphView, { node, port }: FlowEdge['from']): boolean {
  return view.nodes.get(node)?.outPorts?.some(({ name }) => name === port) === true;
}

/**
 * Returns true if an edge that may carry a message ends at a missing node. Its author may have meant any other node.
 */
export function hasOpenEnd(view: GraphView): boolean {
  return [...reachable(view, startsOf(view))].some((id) => !view.nodes.has(id) && !view.edgesFrom.has(id));
}

/** Returns the role of a node; `unknown` also if the node does not exist. */
export function roleAt(view: GraphView, id: string): NodeView['role'] {
  return view.nodes.get(id)?.role ?? 'unknown';
}

function roleOf(node: FlowNode, definition: NodeDefinition | undefined): NodeView['role'] {
  if (definition === undefined) return 'unknown';
  if (definition.kind !== 'control') return definition.kind;
  return node.disabled === true && definition.role !== 'join' ? 'action' : definition.role;
}

function outPortsOf(config: FlowNode['config'], definition: NodeDefinition | undefined): NodeView['outPorts'] {
  if (definition === undefined) return undefined;
  const { out } = definition.ports;
  if (typeof out !== 'function') return out;
  return Check(definition.config, config) ? out(config as never) : undefined;
}

function sortIds(ids: Iterable<string>, from: GraphView['edgesFrom'], to: GraphView['edgesTo']): Pick<GraphView, 'order' | 'cyclic'> {
  const open = new Map([...ids].map((id) => [id, to.get(id)?.length ?? 0]));
  const order = new Map<string, number>();
  const ready = [...open].filter(([, ins]) => ins === 0).map(([id]) => id);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    order.set(id, order.size);
    open.delete(id);
    for (const edge of from.get(id) ?? []) {
      const left = open.get(edge.to.node)! - 1;
      open.set(edge.to.node, left);
      if (left === 0) ready.push(edge.to.node);
    }
  }
  return open.size === 0 ? { order, cyclic: [] } : { order: undefined, cyclic: [...open.keys()] };
}
