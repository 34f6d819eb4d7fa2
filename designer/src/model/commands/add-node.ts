import type { FlowDocument, FlowEdge, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import { boxOf, cardHeight, CARD_WIDTH, freePlace, GAP_X, placeOf, type Point } from '../flow/card-geometry.ts';
import { nodesBehind } from '../flow/graph-walk.ts';
import { isErrorPort, type NodeTypes } from '../flow/node-types.ts';
import { MOST_EDGES, MOST_NODES, type PortEnd, whyNotConnect } from './connect.ts';
import { findNode, place, shift } from '../flow/draft-parts.ts';
import { newNode, type NewNodeOptions } from './new-node.ts';
import { refuse, type Planned } from './refusal.ts';

type Made = Planned<{ readonly nodeId: string }>;

export interface AddNode extends NewNodeOptions {
  /** The type of the node, as `name@major`. */
  readonly type: string;
  /** Upper left corner of the card. The card is moved down if it would overlap another one. */
  readonly at: Point;
}

/** Adds a new, unconnected node to the canvas. */
export function addNode(document: FlowDocument, types: NodeTypes, wish: AddNode): Made {
  const type = types.get(wish.type);
  if (type === undefined) return refuse('NODE_TYPE_UNKNOWN');
  if (document.nodes.length >= MOST_NODES) return refuse('TOO_LARGE');
  const node = newNode(document, type, wish);
  const at = freePlace(document, types, wish.at, cardHeight(types.outPorts(node)));
  return {
    nodeId: node.id,
    command: { name: 'node.add', subject: node.label, change: (draft) => put(draft, node, at) },
  };
}

/** Adds a new node behind a port, and draws the wire. Without a port, the main output of the node is used. */
export function addAfter(
  document: FlowDocument,
  types: NodeTypes,
  wish: Omit<AddNode, 'at'> & { readonly after: { readonly node: string; readonly port?: string }; readonly at?: Point },
): Made {
  const before = findNode(document, wish.after.node);
  const type = types.get(wish.type);
  if (before === undefined) return refuse('NODE_UNKNOWN');
  if (type === undefined) return refuse('NODE_TYPE_UNKNOWN');
  if (document.nodes.length >= MOST_NODES || document.edges.length >= MOST_EDGES) return refuse('TOO_LARGE');
  const port = wish.after.port ?? types.mainOutPort(before);
  if (port === undefined) return refuse('NO_OUTPUT', { node: before.id });
  const node = newNode(document, type, wish);
  const into = types.mainInPort(node);
  if (into === undefined) return refuse('NO_INPUT');
  const at = freePlace(document, types, wish.at ?? behind(document, types, before, port), cardHeight(types.outPorts(node)));
  return connected(document, types, node, at, wire({ node: before.id, port }, { node: node.id, port: into }));
}

/**
 * Adds a new node in front of a node without an incoming wire. It is used when the user drags a wire from an input into
 * empty space.
 */
export function addBefore(
  document: FlowDocument,
  types: NodeTypes,
  wish: Omit<AddNode, 'at'> & { readonly before: PortEnd; readonly at?: Point },
): Made {
  const target = findNode(document, wish.before.node);
  const type = types.get(wish.type);
  if (target === undefined) return refuse('NODE_UNKNOWN');
  if (type === undefined) return refuse('NODE_TYPE_UNKNOWN');
  if (document.nodes.length >= MOST_NODES || document.edges.length >= MOST_EDGES) return refuse('TOO_LARGE');
  const node = newNode(document, type, wish);
  const port = types.mainOutPort(node);
  if (port === undefined) return refuse('NO_OUTPUT');
  const { x, y } = placeOf(document, target.id);
  const at = freePlace(document, types, wish.at ?? { x: x - CARD_WIDTH - GAP_X, y }, cardHeight(types.outPorts(node)));
  return connected(document, types, node, at, wire({ node: node.id, port }, wish.before));
}

/** Adds a new node together with the wire that connects it to the flow. */
function connected(document: FlowDocument, types: NodeTypes, node: FlowNode, at: Point, edge: FlowEdge): Made {
  const refusal = whyNotConnect({ ...document, nodes: [...document.nodes, node] }, types, edge.from, edge.to);
  if (refusal !== undefined) return { refusal };
  return {
    nodeId: node.id,
    command: {
      name: 'node.add',
      subject: node.label,
      change(draft) {
        put(draft, node, at);
        draft.edges.push(structuredClone(edge));
      },
    },
  };
}

/** Inserts a new node into a wire; the cards behind it move to make room. */
export function insertOnEdge(document: FlowDocument, types: NodeTypes, edgeId: string, wish: Omit<AddNode, 'at'>): Made {
  const type = types.get(wish.type);
  if (type === undefined) return refuse('NODE_TYPE_UNKNOWN');
  if (document.nodes.length >= MOST_NODES) return refuse('TOO_LARGE');
  return spliced(document, types, edgeId, newNode(document, type, wish), true);
}

/** Inserts an existing node into a wire, when the user drops its card on the wire. */
export function insertExistingOnEdge(document: FlowDocument, types: NodeTypes, edgeId: string, nodeId: string): Made {
  const node = findNode(document, nodeId);
  return node === undefined ? refuse('NODE_UNKNOWN') : spliced(document, types, edgeId, node, false);
}

function spliced(document: FlowDocument, types: NodeTypes, edgeId: string, node: FlowNode, isNew: boolean): Made {
  const edge = document.edges.find(({ id }) => id === edgeId);
  if (edge === undefined) return refuse('EDGE_UNKNOWN');
  const [into, outOf] = [types.mainInPort(node), types.mainOutPort(node)];
  if (into === undefined) return refuse('NO_INPUT');
  if (outOf === undefined) return refuse('NO_OUTPUT');
  const second = wire({ node: node.id, port: outOf }, edge.to);
  const split: FlowDocument = {
    ...document,
    nodes: isNew ? [...document.nodes, node] : document.nodes,
    edges: document.edges.map((one) => (one === edge ? { ...edge, to: { node: node.id, port: into } } : one)),
  };
  const first = { node: node.id, port: into };
  const refusal =
    whyNotConnect({ ...split, edges: split.edges.filter(({ id }) => id !== edgeId) }, types, edge.from, first) ??
    whyNotConnect(split, types, second.from, second.to);
  if (refusal !== undefined) return { refusal };
  return {
    nodeId: node.id,
    command: {
      name: 'node.insert',
      subject: node.label,
      change(draft) {
        if (isNew) makeRoom(draft, types, edge, node);
        const drawn = draft.edges.find(({ id }) => id === edgeId);
        if (drawn !== undefined) drawn.to = { ...first };
        draft.edges.push(structuredClone(second));
      },
    },
  };
}

/**
 * Places the new card at the right of the wire's source. If there is too little room before the wire's target, moves
 * the target and every node behind it to the right.
 */
function makeRoom(draft: FlowDocument, types: NodeTypes, edge: FlowEdge, node: FlowNode): void {
  const [start, end] = [placeOf(draft, edge.from.node), placeOf(draft, edge.to.node)];
  const x = start.x + CARD_WIDTH + GAP_X;
  // The wire continues in the next row of cards. At the end of this row nothing has to be moved.
  const isToNextRow = end.x <= start.x;
  const missing = isToNextRow ? 0 : x + CARD_WIDTH + GAP_X - end.x;
  if (missing > 0) {
    const moved = [...nodesBehind(draft, edge.to.node)].filter((id) => placeOf(draft, id).x >= end.x);
    shift(draft, moved, { x: missing, y: 0 });
  }
  put(draft, node, freePlace(draft, types, { x, y: isToNextRow ? start.y : end.y }, cardHeight(types.outPorts(node))));
}

function put(draft: FlowDocument, node: FlowNode, at: Point): void {
  draft.nodes.push(structuredClone(node));
  place(draft, node.id, at);
}

function wire(from: PortEnd, to: PortEnd): FlowEdge {
  return { id: createId('e'), from, to };
}

/**
 * Returns the place for a node behind a port: at the right of the card. For the error port, and for every port after
 * the first one, the place is lower.
 */
function behind(document: FlowDocument, types: NodeTypes, node: FlowNode, port: string): Point {
  const { x, y, width, height } = boxOf(document, node, types);
  const index = (types.outPorts(node) ?? []).findIndex(({ name }) => name === port);
  const lower = isErrorPort(port) ? height + 48 : Math.max(0, index) * (height + 48);
  return { x: x + width + GAP_X, y: y + lower };
}
