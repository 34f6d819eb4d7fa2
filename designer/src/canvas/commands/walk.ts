/** Moves the selection by keyboard from card to wire and from wire to card, along the flow. */
import type { FlowDocument, FlowEdge } from '../../../../engine/contract/flow/flow-document.ts';
import { bringIntoView } from './add-chosen.ts';
import type { CanvasTools } from '../state/canvas-context.tsx';
import { select, selectionOf } from '../state/selection.ts';

type Way = 'on' | 'back' | 'next' | 'previous';

/** The direction of each arrow key. The keys move the selection if Alt is pressed too. */
export const DIRECTIONS: Readonly<Record<string, Way>> = { ArrowRight: 'on', ArrowLeft: 'back', ArrowDown: 'next', ArrowUp: 'previous' };

/** Moves the selection in a direction. Returns false if there is nothing in that direction. */
export function walk(tools: CanvasTools, way: Way): boolean {
  const { document } = tools.editor.getState().history;
  const { nodes, edges } = selectionOf(tools);
  const edge = nodes.length === 0 ? document.edges.find(({ id }) => id === edges[0]) : undefined;
  if (edge !== undefined) return walkFromWire(tools, document, edge, way);
  const [node] = nodes;
  if (node === undefined) return false;
  const wire = document.edges.find(({ from, to }) => (way === 'on' ? from.node : way === 'back' ? to.node : undefined) === node);
  if (wire === undefined) return false;
  goToWire(tools, wire.id);
  return true;
}

function walkFromWire(tools: CanvasTools, { edges }: FlowDocument, edge: FlowEdge, way: Way): boolean {
  if (way === 'on' || way === 'back') {
    goToNode(tools, way === 'on' ? edge.to.node : edge.from.node);
    return true;
  }
  const beside = edges.filter(({ from }) => from.node === edge.from.node);
  const index = beside.indexOf(edge) + (way === 'next' ? 1 : beside.length - 1);
  goToWire(tools, beside[index % beside.length]!.id);
  return true;
}

/** Moves to the next or previous element of the canvas in reading order. */
export function walkInOrder(tools: CanvasTools, by: 1 | -1): boolean {
  const { nodes } = tools.drawing.getState();
  const selection = selectionOf(tools);
  const chosen = new Set([...selection.nodes, ...selection.notes, ...selection.groups]);
  const at = nodes.findIndex(({ id }) => chosen.has(id));
  const next = nodes[at === -1 ? (by === 1 ? 0 : nodes.length - 1) : at + by];
  if (next === undefined) return false;
  if (next.type === 'card') goToNode(tools, next.id);
  else {
    select(tools, next.type === 'note' ? { notes: [next.id] } : { groups: [next.id] });
    focus(tools, `.react-flow__node[data-id="${CSS.escape(next.id)}"]`);
  }
  return true;
}

export function goToNode(tools: CanvasTools, id: string): void {
  select(tools, { nodes: [id] });
  bringIntoView(tools, id);
  focus(tools, `.react-flow__node[data-id="${CSS.escape(id)}"]`);
}

function goToWire(tools: CanvasTools, id: string): void {
  select(tools, { edges: [id] });
  focus(tools, `.react-flow__edge[data-id="${CSS.escape(id)}"]`);
}

function focus({ drawing }: CanvasTools, selector: string): void {
  drawing.getState().domNode?.querySelector<HTMLElement | SVGElement>(selector)?.focus({ preventScroll: true });
}
