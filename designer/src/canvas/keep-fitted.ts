/** Keeps in sight what a person looks at when the canvas gets another width, as it does when the panel beside it opens. */
import { useEffect } from 'react';
import { bringIntoView } from './add-chosen.ts';
import { useCanvasTools, type CanvasTools } from './canvas-context.tsx';

/** Below it the words of a card cannot be read: rather a part of the flow than all of it too small. */
const READABLE_ZOOM = 0.5;
const PADDING_PX = 40;
const QUICK_MS = 160;

export function useKeepFitted(): void {
  const tools = useCanvasTools();
  useEffect(
    () =>
      tools.drawing.subscribe(({ width, height }, before) => {
        // Nothing was drawn before the first size is known: the drawing fits itself then.
        if ((width !== before.width || height !== before.height) && before.width > 0) keep(tools);
      }),
    [tools],
  );
}

/** A selected card stays in sight; without one, a view that nobody has moved shows the flow again. */
function keep(tools: CanvasTools): void {
  const { editor, canvas } = tools;
  const [only, ...more] = editor.getState().selection.nodes;
  if (only !== undefined && more.length === 0) bringIntoView(tools, only);
  else if (!canvas.getState().isViewMoved) fitReadable(tools);
}

/** All of it where that can be read, else where it begins. */
function fitReadable({ flow, drawing }: CanvasTools): void {
  const { width, height } = drawing.getState();
  const nodes = flow.getNodes();
  if (nodes.length === 0 || width === 0) return;
  const bounds = flow.getNodesBounds(nodes);
  const whole = Math.min((width - 2 * PADDING_PX) / bounds.width, (height - 2 * PADDING_PX) / bounds.height, 1);
  const zoom = Math.max(whole, READABLE_ZOOM);
  const place = (start: number, length: number, room: number) =>
    (length * zoom + 2 * PADDING_PX > room ? PADDING_PX : (room - length * zoom) / 2) - start * zoom;
  const view = { x: place(bounds.x, bounds.width, width), y: place(bounds.y, bounds.height, height), zoom };
  void flow.setViewport(view, { duration: QUICK_MS });
}
