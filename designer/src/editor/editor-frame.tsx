/** The page of one flow: header, palette, canvas, and the panel beside what it changes. */
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { useWatchedFlow } from '../app/live.ts';
import { CanvasScope } from '../canvas/canvas-scope.tsx';
import { FlowCanvas } from '../canvas/flow-canvas.tsx';
import { Palette } from '../canvas/palette.tsx';
import { MappingEditor } from '../mapping/mapping-editor.tsx';
import { DraftConflict } from './draft-conflict.tsx';
import { createDraftKeeper } from './draft-keeper.ts';
import { useEditor, useEditorStore } from './editor-context.tsx';
import styles from './editor-frame.module.css';
import { EditorHeader } from './editor-header.tsx';
import { SidePanel } from './side-panel.tsx';
import { useFlowLive } from './use-flow-live.ts';
import type { EditorBeginning } from './use-editor-start.ts';
import { useValidation } from './use-validation.ts';

export function EditorFrame({ beginning }: { readonly beginning: EditorBeginning }) {
  const store = useEditorStore();
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const openMappingOf = useEditor((editor) => editor.openMappingOf);
  const { flowId } = beginning.served;
  const keeper = useMemo(() => createDraftKeeper(store, beginning), [store, beginning]);
  const saving = useStore(keeper.state);
  useEffect(() => keeper.start(), [keeper]);
  useValidation();
  useWatchedFlow(flowId);
  useFlowLive(flowId);
  return (
    <div className={styles.frame}>
      <EditorHeader keeper={keeper} />
      <div className={styles.body}>
        <CanvasScope>
          {isReadOnly ? null : <Palette />}
          <div className={styles.canvas}>
            <FlowCanvas />
          </div>
        </CanvasScope>
        <SidePanel keeper={keeper} />
      </div>
      {openMappingOf === undefined ? null : (
        <MappingEditor nodeId={openMappingOf} onClose={() => store.getState().openMapping(undefined)} />
      )}
      {saving.conflict === undefined ? null : <DraftConflict keeper={keeper} conflict={saving.conflict} />}
    </div>
  );
}
