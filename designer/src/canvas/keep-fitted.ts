/** Shows the flow when it is opened, and keeps in sight what a person looks at when the canvas gets another size, as beside an open panel. */
import { useEffect } from 'react';
import { bringIntoView } from './commands/add-chosen.ts';
import { useCanvasTools, type CanvasTools } from './state/canvas-context.tsx';
import { fit } from './commands/fit.ts';

export function useKeepFitted(): void {
  const tools = useCanvasTools();
  useEffect(() => {
    let isShown = false;
    const show = () => {
      // First, since to show is a change too.
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

/** A selected card stays in sight; without one, a view that nobody has moved shows the flow again. */
function keep(tools: CanvasTools): void {
  const { editor, canvas } = tools;
  const [only, ...more] = editor.getState().selection.nodes;
  if (only !== undefined && more.length === 0) bringIntoView(tools, only);
  else if (!canvas.getState().isViewMoved) fit(tools);
}
