/** What every part of the canvas works with: the editor's store, the canvas's own, the drawing, and a voice. */
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

export interface CanvasTools {
  readonly editor: EditorStore;
  readonly canvas: CanvasStore;
  readonly flow: ReactFlowInstance<CanvasNode, CanvasEdge>;
  readonly drawing: ReturnType<typeof useStoreApi<CanvasNode, CanvasEdge>>;
  /** Where the pointer is on the screen while it is over the canvas. No part of a store: hundreds of cards would be asked at every move. */
  readonly pointer: { current: Point | undefined };
  readonly language: Language;
  /** Says a sentence for a moment. */
  say(text: string, kind?: 'info' | 'success' | 'warning'): void;
  refuse(refusal: Refusal): void;
  /** Does what was planned, as an undo step of its own, or says why not. */
  perform<Made extends object>(planned: Planned<Made>): Made | undefined;
}

const CanvasContext = createContext<CanvasTools | undefined>(undefined);

/** Inside of <ReactFlowProvider> and <EditorProvider>. */
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
    const perform: CanvasTools['perform'] = (planned) => {
      if ('refusal' in planned) {
        refuse(planned.refusal);
        return undefined;
      }
      const { run, seal } = editor.getState();
      seal();
      run(planned.command);
      seal();
      return planned;
    };
    return { editor, canvas, flow, drawing, pointer: { current: undefined }, language, say, refuse, perform };
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

/** A canvas without anything beside it brings its own scope. */
export function useIsInCanvasScope(): boolean {
  return use(CanvasContext) !== undefined;
}

/** As `useTexts`, for what stands on the canvas hundreds of times: it listens to nothing by itself, the canvas draws all anew in another language. */
export function useCanvasTexts<T extends Texts>(texts: T): Translate<T> {
  return translateWith(texts, useCanvasTools().language);
}
