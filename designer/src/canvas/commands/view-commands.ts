/** Commands for the view and for the empty canvas. */
import { addNote } from '../../model/commands/notes.ts';
import { CARD_HEIGHT, CARD_WIDTH, placeOf, type Point } from '../../model/flow/card-geometry.ts';
import { layOutFlow } from '../../model/layout/layout.ts';
import { middleOfView } from './add-chosen.ts';
import type { CanvasTools } from '../state/canvas-context.tsx';
import type { InsertionPoint } from '../state/canvas-store.ts';
import { fit, QUICK_MS } from './fit.ts';
import { select, selectionOf } from '../state/selection.ts';

export function fitAll(tools: CanvasTools): void {
  tools.canvas.getState().set({ isViewMoved: false });
  fit(tools);
}

export function fitSelected(tools: CanvasTools): void {
  const { nodes, notes, groups } = selectionOf(tools);
  fit(tools, { ids: [...nodes, ...notes, ...groups] });
}

export function zoomIn({ flow }: CanvasTools): void {
  void flow.zoomIn({ duration: QUICK_MS });
}

export function zoomOut({ flow }: CanvasTools): void {
  void flow.zoomOut({ duration: QUICK_MS });
}

export function zoomToFullSize({ flow }: CanvasTools): void {
  void flow.zoomTo(1, { duration: QUICK_MS });
}

/**
 * Opens the quick-add box. If one node is selected, the box opens beside it and adds behind it. Otherwise the box opens
 * at `at`, at the pointer, or in the middle of the canvas.
 */
export function openQuickAdd(tools: CanvasTools, at?: Point): void {
  const { editor, canvas, flow, drawing, pointer } = tools;
  const { history, selection, types } = editor.getState();
  const [only, ...more] = selection.nodes;
  const node = more.length === 0 && at === undefined ? history.document.nodes.find(({ id }) => id === only) : undefined;
  if (node !== undefined && types.mainOutPort(node) !== undefined) {
    const { x, y } = placeOf(history.document, node.id);
    const screen = flow.flowToScreenPosition({ x: x + CARD_WIDTH, y });
    canvas.getState().set({ quickAdd: { wish: { kind: 'after', node: node.id }, at: { x: screen.x + 12, y: screen.y } } });
    return;
  }
  const box = drawing.getState().domNode?.getBoundingClientRect();
  const middle = { x: (box?.x ?? 0) + (box?.width ?? 0) / 2 - 150, y: (box?.y ?? 0) + (box?.height ?? 0) / 3 };
  const screen = at ?? pointer.current ?? middle;
  canvas.getState().set({ quickAdd: { wish: wishAt(tools, screen), at: screen } });
}

function wishAt({ flow }: CanvasTools, screen: Point): InsertionPoint {
  const { x, y } = flow.screenToFlowPosition(screen);
  return { kind: 'place', at: { x: x - CARD_WIDTH / 2, y: y - CARD_HEIGHT / 2 } };
}

export function openTypeChoice({ canvas, flow, editor }: CanvasTools, nodeId: string): void {
  const { x, y } = placeOf(editor.getState().history.document, nodeId);
  const at = flow.flowToScreenPosition({ x, y: y + CARD_HEIGHT + 8 });
  canvas.getState().set({ quickAdd: { wish: { kind: 'replace', node: nodeId }, at } });
}

export function addNoteHere(tools: CanvasTools, screen?: Point): void {
  const place = screen ?? tools.pointer.current;
  const at = place === undefined ? middleOfView(tools) : tools.flow.screenToFlowPosition(place);
  const made = tools.perform(addNote(tools.editor.getState().history.document, at));
  if (made === undefined) return;
  select(tools, { notes: [made.noteId] });
  tools.canvas.getState().set({ writing: made.noteId });
}

/**
 * Lays out the selected nodes, which then stay in the same area. If fewer than two nodes are selected, lays out the
 * whole flow.
 */
export function layOut(tools: CanvasTools): void {
  const { history, types, selection } = tools.editor.getState();
  const isPart = selection.nodes.length > 1;
  tools.perform({ command: layOutFlow(history.document, types, isPart ? selection.nodes : undefined) });
  if (!isPart) requestAnimationFrame(() => fitAll(tools));
}
