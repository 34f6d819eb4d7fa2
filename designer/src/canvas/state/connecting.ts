/** Handles wires drawn by hand: possible targets, the resulting command, and reasons for refusing. */
import type { Connection, FinalConnectionState, Handle } from '@xyflow/react';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { connect, reconnect, whyNotConnect, type PortEnd } from '../../model/commands/connect.ts';
import type { NodeTypes } from '../../model/flow/node-types.ts';
import { nodesBefore, nodesBehind } from '../../model/flow/graph-walk.ts';
import type { CanvasTools } from './canvas-context.tsx';
import type { CanvasEdge } from './flow-elements.ts';

export interface Ends {
  readonly from: PortEnd;
  readonly to: PortEnd;
}

type Side = Pick<Handle, 'id' | 'type'>;

/**
 * Returns the start and end of a wire in the direction of the flow. The user may draw a wire in either direction.
 * Returns undefined for two inputs or two outputs.
 */
export function endsOf(fromNode: string, fromHandle: Side, toNode: string, toHandle: Side): Ends | undefined {
  const first = { node: fromNode, port: fromHandle.id ?? '' };
  const second = { node: toNode, port: toHandle.id ?? '' };
  if (fromHandle.type === toHandle.type) return undefined;
  return fromHandle.type === 'source' ? { from: first, to: second } : { from: second, to: first };
}

export function connectionEnds({ source, sourceHandle, target, targetHandle }: Connection | CanvasEdge): Ends {
  return { from: { node: source, port: sourceHandle ?? '' }, to: { node: target, port: targetHandle ?? '' } };
}

/** Returns the ids of the nodes to which a new wire from this port can be drawn. */
export function reachableNodes(document: FlowDocument, types: NodeTypes, end: PortEnd, side: 'source' | 'target'): ReadonlySet<string> {
  const circle = side === 'source' ? nodesBefore(document, end.node) : nodesBehind(document, end.node);
  const far = document.nodes.filter((node) => {
    if (circle.has(node.id)) return false;
    const ports = side === 'source' ? types.inPorts(node) : types.outPorts(node);
    return ports === undefined || ports.length > 0;
  });
  return new Set(far.map(({ id }) => id));
}

export function startConnecting({ editor, canvas }: CanvasTools, node: string, port: string, side: 'source' | 'target'): void {
  const { history, types } = editor.getState();
  const from = { node, port };
  canvas.getState().set({ connecting: { from, side, targets: reachableNodes(history.document, types, from, side) }, quickAdd: undefined });
}

/**
 * Handles a wire that was released where xyflow has not connected it: on a card, on a port that refuses it, or in
 * empty space.
 */
export function endConnecting(tools: CanvasTools, event: MouseEvent | TouchEvent, state: FinalConnectionState): void {
  tools.canvas.getState().set({ connecting: undefined });
  if (state.isValid === true || state.fromNode === null || state.fromHandle === null) return;
  const { editor } = tools;
  const { history, types } = editor.getState();
  const start = { node: state.fromNode.id, port: state.fromHandle.id ?? '' };
  if (state.toNode !== null && state.toHandle !== null) {
    const ends = endsOf(start.node, state.fromHandle, state.toNode.id, state.toHandle);
    if (ends !== undefined) connectEnds(tools, ends);
    return;
  }
  const point = 'changedTouches' in event ? event.changedTouches[0]! : event;
  const card = document.elementFromPoint(point.clientX, point.clientY)?.closest<HTMLElement>('.react-flow__node-card')?.dataset['id'];
  const isForward = state.fromHandle.type === 'source';
  if (card === start.node) return;
  if (card !== undefined) {
    const node = history.document.nodes.find(({ id }) => id === card)!;
    const port = (isForward ? types.mainInPort(node) : types.mainOutPort(node)) ?? '';
    const other = { node: card, port };
    connectEnds(tools, isForward ? { from: start, to: other } : { from: other, to: start });
    return;
  }
  openAtWireEnd(tools, start, isForward, { x: point.clientX, y: point.clientY });
}

/** Opens the box that asks for the node at the end of a wire dropped into empty space. */
function openAtWireEnd(
  { canvas, flow }: CanvasTools,
  start: PortEnd,
  isForward: boolean,
  screen: { readonly x: number; readonly y: number },
): void {
  const at = flow.screenToFlowPosition(screen);
  const wish = isForward
    ? ({ kind: 'after', ...start, at: { x: at.x, y: at.y - 32 } } as const)
    : ({ kind: 'before', end: start, at: { x: at.x - 220, y: at.y - 32 } } as const);
  canvas.getState().set({ quickAdd: { wish, at: screen } });
}

export function connectEnds(tools: CanvasTools, { from, to }: Ends): void {
  const { history, types } = tools.editor.getState();
  tools.perform(connect(history.document, types, from, to));
}

export function reconnectEnds(tools: CanvasTools, edgeId: string, ends: Ends): void {
  const { history, types } = tools.editor.getState();
  tools.perform(reconnect(history.document, types, edgeId, ends));
}

export function canConnect({ editor }: CanvasTools, connection: Connection | CanvasEdge): boolean {
  const { history, types } = editor.getState();
  const { from, to } = connectionEnds(connection);
  return whyNotConnect(history.document, types, from, to) === undefined;
}
