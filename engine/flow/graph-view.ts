import { Check } from 'typebox/value';
import type { FlowDocument, FlowEdge, FlowNode } from '../contract/flow/flow-document.ts';
import type { NodeDefinition, PortSpec } from '../contract/node/node.ts';
import { withDefaults } from './with-defaults.ts';

export interface NodeView {
  readonly node: FlowNode;
  /** Position in `document.nodes`: for JSON Pointers. */
  readonly index: number;
  readonly definition: NodeDefinition | undefined;
  /** The configuration with the schema's defaults filled in; it may still break the schema. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the planner makes of it: a disabled control node (but a join) is an action that passes its input on. */
  readonly role: 'trigger' | 'action' | 'unknown' | Extract<NodeDefinition, { kind: 'control' }>['role'];
  /** Undefined while they cannot be known: the type is unknown, or the configuration they depend on breaks its schema. */
  readonly outPorts: readonly PortSpec[] | undefined;
  readonly ins: readonly FlowEdge[];
  readonly outs: readonly FlowEdge[];
}

/**
 * A flow document as a graph of nodes whose definitions were looked up. A node that edges name and that is not there has its place in the graph
 * all the same, as one of which nothing is known: it alone is told, and nothing that is so only because it is missing.
 */
export interface GraphView {
  readonly document: FlowDocument;
  readonly nodes: ReadonlyMap<string, NodeView>;
  /** Nodes whose id an earlier one has; they are not part of the graph. */
  readonly repeated: readonly NodeView[];
  readonly edgesTo: ReadonlyMap<string, readonly FlowEdge[]>;
  readonly edgesFrom: ReadonlyMap<string, readonly FlowEdge[]>;
  /** Ids in an order in which every edge leads forward; undefined when there is a cycle. */
  readonly order: ReadonlyMap<string, number> | undefined;
  /** Ids of what stands on a cycle or behind one. */
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

/** Ids of every node that can be reached from `starts` along edges that `follows` lets pass; the starts are among them. */
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

/** Where tokens come into being: the trigger, and catch nodes, into which no edge leads; and what may be one of these for all that is known. */
export function startsOf(view: GraphView): string[] {
  const ids = new Set([...view.nodes.keys(), ...view.edgesFrom.keys()]);
  return [...ids].filter((id) => {
    const role = roleAt(view, id);
    return role === 'trigger' || role === 'catch' || (role === 'unknown' && !view.edgesTo.has(id));
  });
}

/** True when an edge leaves by this port of the node, or may be meant to: its own port, or its node, is not there. */
export function isConnected(view: GraphView, { node }: NodeView, port: string): boolean {
  return view.document.edges.some(({ from }) => {
    if (from.node === node.id) return from.port === port || !isPortThere(view, from);
    return !view.nodes.has(from.node) && (from.port === port || from.port === '');
  });
}

/** Whether the node has this output port, as far as that is known. */
export function isPortThere(view: GraphView, { node, port }: FlowEdge['from']): boolean {
  return view.nodes.get(node)?.outPorts?.some(({ name }) => name === port) === true;
}

/** True when an edge that may carry something ends nowhere: it may be meant for any node. */
export function hasOpenEnd(view: GraphView): boolean {
  return [...reachable(view, startsOf(view))].some((id) => !view.nodes.has(id) && !view.edgesFrom.has(id));
}

/** The role of a node; unknown too where edges name one that is not there. */
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
