/**
 * Handles dragging over the canvas and dropping on it: node types from the palette, and unconnected cards onto a
 * wire.
 */
import type { DragEvent } from 'react';
import { CARD_HEIGHT, CARD_WIDTH } from '../../model/flow/card-geometry.ts';
import { addChosen } from '../commands/add-chosen.ts';
import type { CanvasTools } from '../state/canvas-context.tsx';

/** Media type that carries the name of a node type in a drag. */
export const DRAGGED_TYPE = 'application/x-kangqiao-node-type';

/** Returns the id of the wire at this screen position. */
export function edgeAt(x: number, y: number): string | undefined {
  for (const element of document.elementsFromPoint(x, y)) {
    const id = element.closest<SVGGElement>('.react-flow__edge')?.dataset['id'];
    if (id !== undefined) return id;
  }
  return undefined;
}

export function dragOver({ canvas, editor }: CanvasTools, event: DragEvent): void {
  if (!event.dataTransfer.types.includes(DRAGGED_TYPE) || editor.getState().isReadOnly) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'copy';
  const dropEdge = edgeAt(event.clientX, event.clientY);
  if (canvas.getState().dropEdge !== dropEdge) canvas.getState().set({ dropEdge });
}

export function drop(tools: CanvasTools, event: DragEvent): void {
  const type = event.dataTransfer.getData(DRAGGED_TYPE);
  tools.canvas.getState().set({ dropEdge: undefined });
  if (type === '' || tools.editor.getState().isReadOnly) return;
  event.preventDefault();
  const edgeId = edgeAt(event.clientX, event.clientY);
  const takesInput = tools.editor.getState().types.get(type)?.ports.in.length !== 0;
  if (edgeId !== undefined && takesInput) {
    addChosen(tools, type, { kind: 'edge', edgeId });
    return;
  }
  const { x, y } = tools.flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
  addChosen(tools, type, { kind: 'place', at: { x: x - CARD_WIDTH / 2, y: y - CARD_HEIGHT / 2 } });
}
