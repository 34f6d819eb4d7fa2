/** `/flows/:flowId`: the designer of one flow. */
import { Skeleton } from 'antd';
import { useMemo } from 'react';
import { useParams } from 'react-router';
import { useMay } from '../app/session.tsx';
import { ErrorBox } from '../parts/error-box.tsx';
import { EditorProvider } from './editor-context.tsx';
import { EditorFrame } from './editor-frame.tsx';
import { createEditorStore } from './editor-store.ts';
import styles from './editor-frame.module.css';
import { useEditorStart, type EditorBeginning } from './use-editor-start.ts';

export function FlowEditorPage() {
  const { flowId = '' } = useParams();
  return <OpenedFlow key={flowId} flowId={flowId} />;
}

function OpenedFlow({ flowId }: { readonly flowId: string }) {
  const { loaded, retry } = useEditorStart(flowId);
  if (loaded === undefined) return <Skeleton active className={styles.loading ?? ''} paragraph={{ rows: 8 }} />;
  if ('error' in loaded) return <ErrorBox error={loaded.error} onRetry={retry} isPage />;
  return <Editor beginning={loaded.beginning} />;
}

function Editor({ beginning }: { readonly beginning: EditorBeginning }) {
  const may = useMay();
  const isReadOnly = !may('flows.edit');
  const store = useMemo(() => createEditorStore({ ...beginning, isReadOnly }), [beginning, isReadOnly]);
  return (
    <EditorProvider store={store}>
      <EditorFrame beginning={beginning} />
    </EditorProvider>
  );
}
