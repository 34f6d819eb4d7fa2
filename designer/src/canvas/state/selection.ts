/**
 * The selection on the canvas. Selected nodes and wires are known to the whole editor, selected notes and frames only
 * to the canvas.
 */
import type { Selection } from '../../model/commands/remove.ts';
import type { CanvasTools } from './canvas-context.tsx';

export function selectionOf({ editor, canvas }: Pick<CanvasTools, 'editor' | 'canvas'>): Required<Selection> {
  const { nodes, edges } = editor.getState().selection;
  const { notes, groups } = canvas.getState();
  return { nodes, edges, notes, groups };
}

export function isNothing({ nodes, edges, notes, groups }: Required<Selection>): boolean {
  return nodes.length + edges.length + notes.length + groups.length === 0;
}

export function select(
  { editor, canvas }: Pick<CanvasTools, 'editor' | 'canvas'>,
  { nodes = [], edges = [], notes = [], groups = [] }: Selection,
): void {
  const now = canvas.getState();
  if (!isSame(now.notes, notes) || !isSame(now.groups, groups)) now.set({ notes, groups });
  editor.getState().select({ nodes, edges });
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
