/** Holds the canvas together with what works on it from beside it, the palette for one. */
import { ReactFlowProvider } from '@xyflow/react';
import type { ReactNode } from 'react';
import { CanvasProvider } from './canvas-context.tsx';

export function CanvasScope({ children }: { readonly children: ReactNode }) {
  return (
    <ReactFlowProvider>
      <CanvasProvider>{children}</CanvasProvider>
    </ReactFlowProvider>
  );
}
