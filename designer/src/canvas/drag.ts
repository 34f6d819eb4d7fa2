/**
 * Handles dragged cards. A whole drag becomes one step of the history. A card without wires that is dropped on a wire
 * is inserted into the wire.
 */
import { insertExistingOnEdge } from '../model/commands/add-node.ts';
import { move } from '../model/commands/move.ts';
import type { CanvasTools } from './state/canvas-context.tsx';
import { edgeAt } from './palette/dropping.ts';
import type { CanvasNode } from './state/flow-elements.ts';

type PointerPlace = Pick<MouseEvent, 'clientX' | 'clientY'> | TouchEvent;

/** Highlights the wire into which the dragged card would be inserted. */
export function followDrag(tools: CanvasTools, event: PointerPlace, nodes: readonly CanvasNode[]): void {
  const { canvas } = tools;
  const dropEdge = looseCard(tools, nodes) === undefined || !('clientX' in event) ? undefined : edgeAt(event.clientX, event.clientY);
  if (canvas.getState().dropEdge !== dropEdge) canvas.getState().set({ dropEdge });
}

export function commitDrag(tools: CanvasTools, nodes: readonly CanvasNode[]): void {
  const { editor, canvas } = tools;
  const places = new Map(
    nodes.flatMap(({ id, type, position }) => (type === 'group' || type === 'frame' ? [] : [[id, position] as const])),
  );
  const { run, seal, history, types } = editor.getState();
  const { dropEdge } = canvas.getState();
  const card = looseCard(tools, nodes);
  if (dropEdge !== undefined) canvas.getState().set({ dropEdge: undefined });
  const moved = move(places);
  const inserted = dropEdge === undefined || card === undefined ? undefined : insertExistingOnEdge(history.document, types, dropEdge, card);
  seal();
  if (inserted !== undefined && 'command' in inserted) {
    const { command } = inserted;
    run({ ...command, change: (draft) => (moved.change(draft), command.change(draft)) });
  } else {
    run(moved);
    if (inserted !== undefined) tools.refuse(inserted.refusal);
  }
  seal();
}

/** Returns the id of the dragged card if only one card is dragged and it has no wires. */
function looseCard({ editor }: CanvasTools, nodes: readonly CanvasNode[]): string | undefined {
  const [only, ...more] = nodes;
  if (only?.type !== 'card' || more.length > 0) return undefined;
  const { edges } = editor.getState().history.document;
  return edges.some(({ from, to }) => from.node === only.id || to.node === only.id) ? undefined : only.id;
}
