import { createContext, use, type ReactNode } from 'react';
import { useStore } from 'zustand';
import type { EditorState, EditorStore } from './editor-store.ts';

const EditorContext = createContext<EditorStore | undefined>(undefined);

export function EditorProvider({ store, children }: { readonly store: EditorStore; readonly children: ReactNode }) {
  return <EditorContext value={store}>{children}</EditorContext>;
}

/** Returns one part of the open editor's state. The component renders again when that part changes. */
export function useEditor<T>(select: (state: EditorState) => T): T {
  return useStore(useEditorStore(), select);
}

/** Returns the store. It is for code that reads the state in event handlers and need not render again. */
export function useEditorStore(): EditorStore {
  const store = use(EditorContext);
  if (store === undefined) throw new Error('used outside of <EditorProvider>');
  return store;
}
