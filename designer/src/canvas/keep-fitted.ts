/**
 * Shows the whole flow when it opens. When the size of the canvas changes, for example because a panel opens, keeps in
 * view what the user is looking at.
 */
import { useEffect } from 'react';
import { bringIntoView } from './commands/add-chosen.ts';
import { useCanvasTools, type CanvasTools } from './state/canvas-context.tsx';
import { fit } from './commands/fit.ts';

export function useKeepFitted(): void {
  const tools = useCanvasTools();
  useEffect(() => {
    let isShown = false;
    const show = () => {
      // Set this before the call of `fit`: `fit` changes the drawing, and this calls the listener again.
      isShown = true;
      isShown = fit(tools, { duration: 0 });
    };
    show();
    return tools.drawing.subscribe(({ width, height }, before) => {
      if (!isShown) show();
      else if (width !== before.width || height !== before.height) keep(tools);
    });
  }, [tools]);
}

/**
 * If exactly one node is selected, keeps it visible. Otherwise shows the whole flow again, unless the user has moved
 * the view.
 */
function keep(tools: CanvasTools): void {
  const { editor, canvas } = tools;
  const [only, ...more] = editor.getState().selection.nodes;
  if (only !== undefined && more.length === 0) bringIntoView(tools, only);
  else if (!canvas.getState().isViewMoved) fit(tools);
}
