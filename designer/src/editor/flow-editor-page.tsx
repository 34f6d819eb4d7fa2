/** The page `/flows/:flowId`: the designer of one flow. */
import { Skeleton } from 'antd';
import { useMemo } from 'react';
import { useParams } from 'react-router';
import { useMay } from '../session/session-context.ts';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { EditorProvider } from './state/editor-context.tsx';
import { EditorFrame } from './editor-frame.tsx';
import { createEditorStore } from './state/editor-store.ts';
import styles from './editor-frame.module.css';
import { useEditorStart, type EditorBeginning } from './draft/use-editor-start.ts';

export function FlowEditorPage() {
  const { flowId = '' } = useParams();
  return <OpenedFlow key={flowId} flowId={flowId} />;
}

function OpenedFlow({ flowId }: { readonly flowId: string }) {
  const start = useEditorStart(flowId);
  if (start.data !== undefined) return <Editor beginning={start.data} />;
  if (start.error !== null) return <ErrorBox error={start.error} onRetry={() => void start.refetch()} isPage />;
  return <Skeleton active className={styles.loading ?? ''} paragraph={{ rows: 8 }} />;
}

function Editor({ beginning }: { readonly beginning: EditorBeginning }) {
  const isReadOnly = !useMay()('flows.edit');
  const { types, recovered } = beginning;
  const store = useMemo(() => createEditorStore({ types, history: recovered.history, isReadOnly }), [types, recovered, isReadOnly]);
  return (
    <EditorProvider store={store}>
      <EditorFrame beginning={beginning} />
    </EditorProvider>
  );
}
