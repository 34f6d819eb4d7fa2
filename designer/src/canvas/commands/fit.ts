/**
 * Shows the flow, or a part of it. Uses the largest zoom at which everything fits, but never a zoom at which text is
 * too small to read.
 */
import { fittedView } from '../../model/layout/fitted-view.ts';
import type { CanvasTools } from '../state/canvas-context.tsx';

export const QUICK_MS = 160;

interface FitOptions {
  /** Ids of the elements to show; all if absent. */
  readonly ids?: readonly string[];
  readonly duration?: number;
}

/** Shows the elements. Returns false, and shows nothing, if the canvas has no size or no content yet. */
export function fit({ flow, drawing, editor }: CanvasTools, { ids, duration = QUICK_MS }: FitOptions = {}): boolean {
  const { width, height, panZoom } = drawing.getState();
  const shown = ids === undefined ? flow.getNodes() : flow.getNodes().filter(({ id }) => ids.includes(id));
  const [first] = shown;
  if (first === undefined || width === 0 || panZoom === null) return false;
  const { types, selection, history } = editor.getState();
  const [selected] = selection.nodes;
  const anchorId = selected ?? history.document.nodes.find((node) => types.isTrigger(node))?.id;
  const anchor = shown.find(({ id }) => id === anchorId) ?? first;
  const view = fittedView({ bounds: flow.getNodesBounds(shown), room: { width, height }, anchor: flow.getNodesBounds([anchor]) });
  void flow.setViewport(view, { duration });
  return true;
}
