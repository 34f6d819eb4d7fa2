/** The page `/messages/:executionId`: a real message on the canvas of the version that ran. */
import { Skeleton } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useParams } from 'react-router';
import type { FlowDocument } from '../../../../../engine/contract/flow/flow-document.ts';
import type { ExecutionDetails } from '../../../api/operations.ts';
import { useQueryOf } from '../../../api/queries.ts';
import { usePreferences } from '../../../kit/theme/preferences.ts';
import { useMay } from '../../../session/session-context.ts';
import { CanvasScope } from '../../../canvas/state/canvas-scope.tsx';
import { FlowCanvas } from '../../../canvas/flow-canvas.tsx';
import { EditorProvider } from '../../../editor/state/editor-context.tsx';
import { createEditorStore } from '../../../editor/state/editor-store.ts';
import { defineTexts, useText, useTexts } from '../../../i18n/texts.ts';
import { begin } from '../../../model/history/flow-history.ts';
import { createNodeTypes, type NodeTypes } from '../../../model/flow/node-types.ts';
import { ErrorBox, NoRight } from '../../../kit/feedback/error-box.tsx';
import { PageHeader } from '../../../kit/page/page-header.tsx';
import { StatusTag } from '../../../kit/feedback/status-tag.tsx';
import { FoldHandle } from './fold-handle.tsx';
import { overlayOf } from './message-overlay.ts';
import styles from './message-page.module.css';
import { MessagePanel } from './message-panel.tsx';

const TEXTS = defineTexts({ messages: ['消息', 'Messages'] });
const REFRESH_MS = 3000;

export function MessagePage() {
  const { executionId = '' } = useParams();
  const may = useMay();
  if (!may('flows.read')) return <NoRight permission="flows.read" />;
  return <OpenedMessage key={executionId} executionId={executionId} />;
}

function OpenedMessage({ executionId }: { readonly executionId: string }) {
  const [isOpen, setOpen] = useState(true);
  const message = useQueryOf('executions.get', { executionId }, isOpen ? { refetchIntervalMs: REFRESH_MS } : {});
  const details = message.data;
  const { flowId = '', version = 0 } = details ?? {};
  const flow = useQueryOf('flows.version', { flowId, version }, { enabled: details !== undefined });
  const nodes = useQueryOf('nodes.list', {});
  const isEnded = details?.finishedAt !== undefined;
  useEffect(() => setOpen(!isEnded), [isEnded]);
  const types = useMemo(() => (nodes.data === undefined ? undefined : createNodeTypes(nodes.data.items)), [nodes.data]);
  const failed = [message, flow, nodes].find(({ error, data }) => error !== null && data === undefined);
  if (failed !== undefined) return <ErrorBox error={failed.error} onRetry={() => void failed.refetch()} isPage />;
  if (details === undefined || flow.data === undefined || types === undefined)
    return <Skeleton active className={styles.loading ?? ''} paragraph={{ rows: 8 }} />;
  return <MessageOnCanvas details={details} document={flow.data.document} types={types} />;
}

/**
 * Returns the initial state of the page. The node that matters is selected: the node where the message failed, is held,
 * or waits for its next attempt.
 */
function openAt(details: ExecutionDetails, { document, types }: Pick<Props, 'document' | 'types'>) {
  const store = createEditorStore({ history: begin(document), types, isReadOnly: true });
  const troubled = details.standstills.find(({ state, node }) => state !== 'waiting' && document.nodes.some(({ id }) => id === node));
  if (troubled !== undefined) store.getState().select({ nodes: [troubled.node] });
  return store;
}

interface Props {
  readonly details: ExecutionDetails;
  readonly document: FlowDocument;
  readonly types: NodeTypes;
}

function MessageOnCanvas({ details, document, types }: Props) {
  const t = useTexts(TEXTS);
  const text = useText();
  // The state for which the data on the screen was loaded. When the message continues, this text changes and the data
  // is loaded again.
  const state = `${details.status} ${details.attempt}`;
  const [wanted, setWanted] = useState<string>();
  // Keep the first result, because a published version never changes.
  const [start] = useState({ document, types });
  const [store] = useState(() => openAt(details, start));
  const { isCanvasFolded: isFolded, change } = usePreferences();
  useEffect(() => store.getState().setOverlay(overlayOf(details, start.document)), [store, details, start]);
  return (
    <EditorProvider store={store}>
      <div className={styles.frame}>
        <div className={styles.header}>
          <PageHeader
            title={text(document.name)}
            trail={[{ label: t('messages'), to: '/messages' }]}
            beside={<StatusTag status={details.status} />}
          />
        </div>
        <div className={styles.body}>
          {isFolded ? null : (
            <CanvasScope>
              <div className={styles.canvas}>
                <FlowCanvas />
              </div>
            </CanvasScope>
          )}
          <FoldHandle isFolded={isFolded} onChange={(isCanvasFolded) => change({ isCanvasFolded })} />
          <MessagePanel
            details={details}
            document={start.document}
            isWanted={wanted === state}
            onWant={() => setWanted(state)}
            isWide={isFolded}
          />
        </div>
      </div>
    </EditorProvider>
  );
}
