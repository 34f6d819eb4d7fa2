import { Button, Drawer } from 'antd';
import { CircleCheck, GitCompareArrows, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { call } from '../api/client.ts';
import type { Output } from '../api/operation-types.ts';
import { useListOf, useQueryOf } from '../api/queries.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { replaceDocument } from '../model/commands/flow-settings.ts';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { Tag } from '../kit/feedback/status-tag.tsx';
import { TimeText } from '../kit/time/time-text.tsx';
import { FlowDifferenceView } from './flow-difference-view.tsx';
import styles from './release.module.css';

const TEXTS = defineTexts({
  about: [
    '每次保存都留一份：最近 100 次全部保留，更早的每人每段连续编辑保留最后一次。',
    'Saves are kept: all of the latest hundred, and of earlier ones the last save of each editing session.',
  ],
  current: ['当前草稿', 'The draft'],
  setAside: ['冲突时未采用', 'Not chosen in a conflict'],
  version: ['即版本 {{version}}', 'Is version {{version}}'],
  compare: ['与当前草稿比较', 'Compare with the draft'],
  compareTitle: ['第 {{revision}} 次保存 → 当前草稿', 'Save {{revision}} → the draft'],
  restore: ['恢复到这一次', 'Restore it'],
  revision: ['第 {{revision}} 次保存', 'Save {{revision}}'],
  from: ['第 {{revision}} 次保存之后的修改', 'Changes after save {{revision}}'],
  more: ['更早的 {{count}} 次', '{{count}} earlier ones'],
});

type Revision = Output<'flows.revisions'>['items'][number];

const PAGE = 20;

/**
 * Lists saved revisions of the draft, newest first. To restore a revision is an edit like any other: it can be undone,
 * and no later revision is lost.
 */
export function RevisionsList({ flowId }: { readonly flowId: string }) {
  const t = useTexts(TEXTS);
  const store = useEditorStore();
  const { data, error, refetch } = useListOf('flows.revisions', { flowId }, { refetchIntervalMs: 15_000 });
  const [shown, setShown] = useState(PAGE);
  const [compared, setCompared] = useState<Revision>();
  const [failure, setFailure] = useState<unknown>();
  if (error !== null) return <ErrorBox error={error} onRetry={() => void refetch()} />;
  const items = data?.items ?? [];
  const restore = async ({ id }: Revision) => {
    setFailure(undefined);
    try {
      store.getState().run(replaceDocument(await call('flows.revision', { flowId, revisionId: id })));
    } catch (thrown) {
      setFailure(thrown);
    }
  };
  return (
    <>
      <p className={styles.hint}>{t('about')}</p>
      {failure === undefined ? null : <ErrorBox error={failure} />}
      <ul className={styles.list}>
        {items.slice(0, shown).map((item) => (
          <li key={item.id} className={styles.version}>
            <RevisionText revision={item} />
            {item.isCurrent === true ? null : (
              <RevisionActs revision={item} onCompare={() => setCompared(item)} onRestore={() => void restore(item)} />
            )}
          </li>
        ))}
      </ul>
      {items.length > shown ? (
        <Button type="link" onClick={() => setShown(shown + PAGE)}>
          {t('more', { count: items.length - shown })}
        </Button>
      ) : null}
      <Drawer
        open={compared !== undefined}
        size={640}
        title={t('compareTitle', { revision: compared?.revision ?? 0 })}
        onClose={() => setCompared(undefined)}
      >
        {compared === undefined ? null : <ComparedRevision flowId={flowId} revisionId={compared.id} />}
      </Drawer>
    </>
  );
}

function RevisionText({ revision: item }: { readonly revision: Revision }) {
  const t = useTexts(TEXTS);
  const isSetAside = item.isSetAside === true;
  return (
    <div className={styles.versionText}>
      <div className={styles.changeTitle}>
        {t(isSetAside ? 'from' : 'revision', { revision: item.revision })}
        {item.isCurrent === true ? (
          <Tag tone="green" icon={CircleCheck}>
            {t('current')}
          </Tag>
        ) : null}
        {isSetAside ? <Tag tone="amber">{t('setAside')}</Tag> : null}
        {item.versions.map((version) => (
          <Tag key={version} tone="blue">
            {t('version', { version })}
          </Tag>
        ))}
      </div>
      <span className={styles.hint}>
        {item.savedBy} · <TimeText at={item.savedAt} />
      </span>
    </div>
  );
}

interface RevisionActsProps {
  readonly revision: Revision;
  readonly onCompare: () => void;
  readonly onRestore: () => void;
}

function RevisionActs({ revision: { id }, onCompare, onRestore }: RevisionActsProps) {
  const t = useTexts(TEXTS);
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  return (
    <>
      <Button
        type="text"
        icon={<GitCompareArrows size={16} />}
        title={t('compare')}
        aria-label={`${t('compare')}: ${id}`}
        onClick={onCompare}
      />
      {isReadOnly ? null : (
        <Button type="text" icon={<RotateCcw size={16} />} title={t('restore')} aria-label={`${t('restore')}: ${id}`} onClick={onRestore} />
      )}
    </>
  );
}

function ComparedRevision({ flowId, revisionId }: { readonly flowId: string; readonly revisionId: string }) {
  const draft = useEditor(({ history }) => history.document);
  const { data, error, refetch } = useQueryOf('flows.revision', { flowId, revisionId });
  if (error !== null) return <ErrorBox error={error} onRetry={() => void refetch()} />;
  return data === undefined ? null : <FlowDifferenceView before={data} after={draft} />;
}
