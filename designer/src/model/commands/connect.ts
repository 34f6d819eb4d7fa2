import type { FlowDocument, FlowEdge } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import { nodesBehind } from '../flow/graph-walk.ts';
import type { NodeTypes } from '../flow/node-types.ts';
import { refuse, type Planned, type Refusal, type RefusalCode } from './refusal.ts';

export type PortEnd = FlowEdge['from'];

export const MOST_NODES = 1000;
export const MOST_EDGES = 4000;

/** Draws a wire. Refuses what the engine would refuse: unknown ports, duplicate wires and cycles. */
export function connect(document: FlowDocument, types: NodeTypes, from: PortEnd, to: PortEnd): Planned<{ readonly edgeId: string }> {
  const refusal = whyNotConnect(document, types, from, to);
  if (refusal !== undefined) return { refusal };
  const edgeId = createId('e');
  return {
    edgeId,
    command: { name: 'edge.connect', change: (draft) => void draft.edges.push({ id: edgeId, from: { ...from }, to: { ...to } }) },
  };
}

/** Moves one end of a wire, or both, to other ports. */
export function reconnect(
  document: FlowDocument,
  types: NodeTypes,
  edgeId: string,
  ends: { readonly from?: PortEnd; readonly to?: PortEnd },
): Planned {
  const edge = document.edges.find(({ id }) => id === edgeId);
  if (edge === undefined) return refuse('EDGE_UNKNOWN');
  const { from = edge.from, to = edge.to } = ends;
  const others = { ...document, edges: document.edges.filter(({ id }) => id !== edgeId) };
  const refusal = whyNotConnect(others, types, from, to);
  if (refusal !== undefined) return { refusal };
  return {
    command: {
      name: 'edge.reconnect',
      change(draft) {
        const drawn = draft.edges.find(({ id }) => id === edgeId);
        if (drawn === undefined) return;
        drawn.from = { ...from };
        drawn.to = { ...to };
      },
    },
  };
}

/** Returns why the two ports cannot be connected; undefined if they can. */
export function whyNotConnect(document: FlowDocument, types: NodeTypes, from: PortEnd, to: PortEnd): Refusal | undefined {
  const code = reason(document, types, from, to);
  return code === undefined ? undefined : refuse(code, { node: to.node }).refusal;
}

function reason(document: FlowDocument, types: NodeTypes, from: PortEnd, to: PortEnd): RefusalCode | undefined {
  const source = document.nodes.find(({ id }) => id === from.node);
  const target = document.nodes.find(({ id }) => id === to.node);
  if (source === undefined || target === undefined) return 'NODE_UNKNOWN';
  if (from.node === to.node) return 'EDGE_SELF';
  const [outs, ins] = [types.outPorts(source), types.inPorts(target)];
  if (ins?.length === 0) return 'NO_INPUT';
  if (outs?.length === 0) return 'NO_OUTPUT';
  if (outs?.some(({ name }) => name === from.port) === false || ins?.some(({ name }) => name === to.port) === false) return 'PORT_UNKNOWN';
  if (document.edges.some((edge) => isSameEnd(edge.from, from) && isSameEnd(edge.to, to))) return 'EDGE_REPEATED';
  if (nodesBehind(document, to.node).has(from.node)) return 'EDGE_CYCLE';
  return document.edges.length >= MOST_EDGES ? 'TOO_LARGE' : undefined;
}

function isSameEnd(a: PortEnd, b: PortEnd): boolean {
  return a.node === b.node && a.port === b.port;
}
