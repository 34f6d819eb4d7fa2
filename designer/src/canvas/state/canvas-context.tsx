/**
 * The context that all parts of the canvas share: the editor's store, the canvas's store, the drawing, and messages
 * to the user.
 */
import { useReactFlow, useStoreApi, type ReactFlowInstance } from '@xyflow/react';
import { App } from 'antd';
import { createContext, use, useMemo, useState, type ReactNode } from 'react';
import { useStore } from 'zustand';
import { useEditorStore } from '../../editor/state/editor-context.tsx';
import type { EditorStore } from '../../editor/state/editor-store.ts';
import { sentences } from '../../i18n/sentences.ts';
import { translateWith, useLanguage, type Language, type Texts, type Translate } from '../../i18n/texts.ts';
import type { Point } from '../../model/flow/card-geometry.ts';
import type { Planned, Refusal } from '../../model/commands/refusal.ts';
import { createCanvasStore, type CanvasState, type CanvasStore } from './canvas-store.ts';
import type { CanvasEdge, CanvasNode } from './flow-elements.ts';
import { perform } from './perform.ts';

export interface CanvasTools {
  readonly editor: EditorStore;
  readonly canvas: CanvasStore;
  readonly flow: ReactFlowInstance<CanvasNode, CanvasEdge>;
  readonly drawing: ReturnType<typeof useStoreApi<CanvasNode, CanvasEdge>>;
  /**
   * The pointer's screen position while it is over the canvas. It is not in a store, because every move would notify
   * hundreds of cards.
   */
  readonly pointer: { current: Point | undefined };
  readonly language: Language;
  /** Shows a short message for a moment. */
  say(text: string, kind?: 'info' | 'success' | 'warning'): void;
  refuse(refusal: Refusal): void;
  /** Runs the planned command as a separate undo step, or shows why it was refused. */
  perform<Made extends object>(planned: Planned<Made>): Made | undefined;
}

const CanvasContext = createContext<CanvasTools | undefined>(undefined);

/** Provides the context. It must be inside <ReactFlowProvider> and <EditorProvider>. */
export function CanvasProvider({ children }: { readonly children: ReactNode }) {
  const editor = useEditorStore();
  const flow = useReactFlow<CanvasNode, CanvasEdge>();
  const drawing = useStoreApi<CanvasNode, CanvasEdge>();
  const { message } = App.useApp();
  const language = useLanguage();
  const [canvas] = useState(createCanvasStore);
  const tools = useMemo((): CanvasTools => {
    const say: CanvasTools['say'] = (content, kind = 'info') => void message.open({ key: 'canvas', type: kind, content, duration: 4 });
    const refuse = ({ text, fix }: Refusal) => say(sentences(text[language], fix[language]), 'warning');
    const performOrRefuse: CanvasTools['perform'] = (planned) => perform(editor, planned, refuse);
    return { editor, canvas, flow, drawing, pointer: { current: undefined }, language, say, refuse, perform: performOrRefuse };
  }, [editor, canvas, flow, drawing, language, message]);
  return <CanvasContext value={tools}>{children}</CanvasContext>;
}

export function useCanvasTools(): CanvasTools {
  const tools = use(CanvasContext);
  if (tools === undefined) throw new Error('used outside of <CanvasProvider>');
  return tools;
}

export function useCanvas<T>(select: (state: CanvasState) => T): T {
  return useStore(useCanvasTools().canvas, select);
}

/**
 * Returns whether this component is inside a canvas scope. A canvas that is used alone, without a palette or panel
 * beside it, must create the scope.
 */
export function useIsInCanvasScope(): boolean {
  return use(CanvasContext) !== undefined;
}

/**
 * Returns a function that translates, like `useTexts`. It is for elements that exist hundreds of times on the canvas,
 * because it adds no subscription for each of them. When the language changes, the canvas renders everything again.
 */
export function useCanvasTexts<T extends Texts>(texts: T): Translate<T> {
  return translateWith(texts, useCanvasTools().language);
}
