import { useListOf, useQueryOf } from '../api/queries.ts';
import { useMay } from '../session/session-context.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { AskToPublish } from './ask-to-publish.tsx';
import { FlowDifferenceView } from './flow-difference-view.tsx';
import { InService } from './in-service.tsx';
import { InterfacePanel } from './interface-panel.tsx';
import { PublishDraft } from './publish-draft.tsx';
import { RevisionsList } from './revisions-list.tsx';
import styles from './release.module.css';
import { VersionsList } from './versions-list.tsx';

const TEXTS = defineTexts({
  differs: ['将发布的修改', 'What will be published'],
  first: ['这条流程还没有发布过。', 'This flow has not been published yet.'],
  versions: ['历次版本', 'Versions'],
  revisions: ['修改记录', 'Edit history'],
});

/** Shows the differences, publication with its stages, and all earlier versions. */
export function ReleasePanel() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const flowId = useEditor(({ history }) => history.document.flowId);
  const document = useEditor(({ history }) => history.document);
  const { select } = useEditorStore().getState();
  const versions = useListOf('flows.versions', { flowId });
  const current = versions.data?.items.find(({ isCurrent }) => isCurrent)?.version;
  const published = useQueryOf('flows.version', { flowId, version: current ?? 1 }, { enabled: current !== undefined });
  return (
    <div className={styles.panel}>
      <section>
        <h3>{t('differs')}</h3>
        {versions.data !== undefined && current === undefined ? <p className={styles.hint}>{t('first')}</p> : null}
        {published.data === undefined ? null : (
          <FlowDifferenceView before={published.data.document} after={document} onShowNode={(id) => select({ nodes: [id] })} />
        )}
      </section>
      {published.data === undefined ? null : <InService document={published.data.document} />}
      {may('flows.publish') ? (
        <PublishDraft flowId={flowId} inService={published.data?.document} onPublished={() => void versions.refetch()} />
      ) : (
        <AskToPublish flowId={flowId} />
      )}
      {versions.data === undefined ? null : <InterfacePanel isPublished={current !== undefined} />}
      <section>
        <h3>{t('versions')}</h3>
        {versions.error === null ? (
          <VersionsList flowId={flowId} items={versions.data?.items ?? []} />
        ) : (
          <ErrorBox error={versions.error} onRetry={() => void versions.refetch()} />
        )}
      </section>
      <section>
        <h3>{t('revisions')}</h3>
        <RevisionsList flowId={flowId} />
      </section>
    </div>
  );
}
