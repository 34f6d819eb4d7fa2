/** The page of one flow: header, palette, canvas, and the side panel. */
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { useLiveState } from '../api/live.ts';
import { CanvasScope } from '../canvas/state/canvas-scope.tsx';
import { FlowCanvas } from '../canvas/flow-canvas.tsx';
import { Palette } from '../canvas/palette/palette.tsx';
import { GuideCard } from '../guide/guide-card.tsx';
import { useGuide } from '../guide/guide-store.ts';
import { MappingEditor } from '../mapping/mapping-editor.tsx';
import { DraftConflict } from './draft-conflict.tsx';
import { DraftKeeperProvider } from './draft/draft-keeper-context.tsx';
import { createDraftKeeper } from './draft/draft-keeper.ts';
import { useEditor, useEditorStore } from './state/editor-context.tsx';
import styles from './editor-frame.module.css';
import { EditorHeader } from './editor-header.tsx';
import { useRememberFoldedPanel } from './remember-folded-panel.ts';
import { SidePanel } from './side-panel.tsx';
import { usePanelOfAddress } from './use-panel-of-address.ts';
import { useConfiguredPorts } from './use-configured-ports.ts';
import { useFlowLive } from './use-flow-live.ts';
import type { EditorBeginning } from './draft/use-editor-start.ts';
import { useValidation } from './use-validation.ts';

export function EditorFrame({ beginning }: { readonly beginning: EditorBeginning }) {
  const store = useEditorStore();
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  // An empty canvas already shows how to start a flow, so do not show the guide there.
  const isEmpty = useEditor(({ history }) => history.document.nodes.length === 0);
  const openMappingOf = useEditor((editor) => editor.openMappingOf);
  const { flowId } = beginning;
  const keeper = useMemo(() => createDraftKeeper(store, beginning), [store, beginning]);
  const conflict = useStore(keeper.state, (saving) => saving.conflict);
  useEffect(() => keeper.start(), [keeper]);
  const live = useLiveState();
  useEffect(() => {
    // When the connection or the session is available again, save at once instead of waiting for the next attempt.
    if (live === 'open' && keeper.state.getState().status === 'offline') keeper.retryNow();
  }, [live, keeper]);
  usePanelOfAddress();
  useRememberFoldedPanel();
  useEffect(() => useGuide.getState().finish('look'), []);
  return (
    <div className={styles.frame}>
      <Watchers flowId={flowId} />
      <EditorHeader keeper={keeper} />
      {isEmpty ? null : <GuideCard isBar />}
      <div className={styles.body}>
        <CanvasScope>
          {isReadOnly ? null : <Palette />}
          <div className={styles.canvas}>
            <FlowCanvas />
          </div>
        </CanvasScope>
        <DraftKeeperProvider keeper={keeper}>
          <SidePanel />
        </DraftKeeperProvider>
      </div>
      {openMappingOf === undefined ? null : (
        <MappingEditor key={openMappingOf} nodeId={openMappingOf} onClose={() => store.getState().openMapping(undefined)} />
      )}
      {conflict === undefined ? null : <DraftConflict keeper={keeper} conflict={conflict} />}
    </div>
  );
}

/**
 * Calls hooks that read the whole document. They are in a separate component: otherwise each keystroke would render
 * header, palette, canvas and panel again.
 */
function Watchers({ flowId }: { readonly flowId: string }) {
  useConfiguredPorts();
  useValidation();
  useFlowLive(flowId);
  return null;
}
