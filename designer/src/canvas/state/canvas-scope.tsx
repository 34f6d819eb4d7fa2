/** Shares one canvas context between the canvas and parts outside it, such as the palette. */
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
