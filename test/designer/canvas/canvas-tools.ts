/**
 * The canvas without a drawing: real stores, a view of 1000 × 600 at its origin, and the messages for the user (a
 * refusal as its code).
 */
import type { CanvasTools } from '../../../designer/src/canvas/state/canvas-context.tsx';
import { createCanvasStore } from '../../../designer/src/canvas/state/canvas-store.ts';
import { perform } from '../../../designer/src/canvas/state/perform.ts';
import { createEditorStore } from '../../../designer/src/editor/state/editor-store.ts';
import { begin } from '../../../designer/src/model/history/flow-history.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { exampleFlow, types } from '../model/sample-types.ts';

export function canvasOf(document: FlowDocument = exampleFlow('appointment')) {
  const editor = createEditorStore({ history: begin(document), types, isReadOnly: false });
  const told: string[] = [];
  const views: object[] = [];
  const flow = {
    screenToFlowPosition: ({ x, y }: { x: number; y: number }) => ({ x: x - 50, y: y - 20 }),
    setViewport: (view: object) => Promise.resolve(views.push(view) > 0),
  };
  const box = { x: 50, y: 20, width: 1000, height: 600 };
  const drawing = { getState: () => ({ domNode: { getBoundingClientRect: () => box }, width: 1000, height: 600, transform: [0, 0, 1] }) };
  const refuse: CanvasTools['refuse'] = ({ code }) => void told.push(code);
  const tools: CanvasTools = {
    editor,
    canvas: createCanvasStore(),
    flow: flow as CanvasTools['flow'],
    drawing: drawing as CanvasTools['drawing'],
    pointer: { current: undefined },
    language: 'en',
    say: (text) => void told.push(text),
    refuse,
    perform: (planned) => perform(editor, planned, refuse),
  };
  return { tools, told, views, flowNow: () => editor.getState().history.document, undo: () => editor.getState().undo() };
}
