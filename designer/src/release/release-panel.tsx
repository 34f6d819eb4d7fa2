import { Alert, Button, Input } from 'antd';
import { Rocket } from 'lucide-react';
import { useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { ApiError, callWithProgress } from '../api/client.ts';
import type { Outputs } from '../api/outputs.ts';
import { useQueryOf } from '../api/queries.ts';
import { useMay } from '../app/session.tsx';
import { useDraftKeeper } from '../editor/draft-keeper-context.tsx';
import { useEditor, useEditorStore } from '../editor/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { ErrorBox } from '../parts/error-box.tsx';
import { FlowErrorBox } from './flow-error-box.tsx';
import { FlowDifferenceView } from './flow-difference-view.tsx';
import { useEnvironment } from '../app/environment.ts';
import { useConfirm } from '../parts/confirm-act.tsx';
import { AskOthersToPublish, AskToPublish } from './ask-to-publish.tsx';
import { WhoIsAffected } from './who-is-affected.tsx';
import { InService } from './in-service.tsx';
import { InterfacePanel } from './interface-panel.tsx';
import { RevisionsList } from './revisions-list.tsx';
import styles from './release.module.css';
import { VersionsList } from './versions-list.tsx';

const TEXTS = defineTexts({
  differs: ['将发布的修改', 'What will be published'],
  first: ['这条流程还没有发布过。', 'This flow has not been published yet.'],
  note: ['说明（可不填）：为什么改', 'Note (optional): why'],
  noteDemanded: ['说明（必填）：改了什么，为什么改', 'Note: what changes and why'],
  noteMissing: ['在生产环境发布须写说明。', 'Publishing in production takes a note.'],
  publishTitle: ['发布到生产环境', 'Publish in production'],
  publishEffect: [
    '新消息立即由新版本处理；已接收的消息仍按接收时的版本走完。可一键回滚到以前的版本。',
    'New messages go by the new version at once; those that were taken end by their own. You can roll back in one step.',
  ],
  publish: ['发布', 'Publish'],
  how: [
    '先校验、跑测试、准备，再切换；任何一步失败，线上版本照常服务。',
    'It is validated, tested and prepared before it takes over; on any failure the version in service stays.',
  ],
  errors: ['有 {{count}} 个错误，改正后才能发布。', '{{count}} {{count|error|errors}} must be corrected first.'],
  warnings: ['有 {{count}} 个警告，不阻止发布', '{{count}} {{count|warning|warnings}}; publishing is possible all the same'],
  showErrors: ['查看问题', 'Show the problems'],
  unsaved: ['草稿还没有保存到平台，请稍后再试。', 'The draft is not saved on the platform yet; try again in a moment.'],
  done: ['版本 {{version}} 已上线', 'Version {{version}} is in service'],
  unchanged: ['内容与线上版本 {{version}} 相同，没有变化', 'The content is that of version {{version}}: nothing changed'],
  versions: ['历次版本', 'Versions'],
  revisions: ['修改记录', 'Edit history'],
  validate: ['校验', 'Validate'],
  test: ['测试', 'Test'],
  prepare: ['准备', 'Prepare'],
  commit: ['提交', 'Commit'],
  apply: ['切换', 'Take over'],
});

const STAGES = ['validate', 'test', 'prepare', 'commit', 'apply'] as const;
type Stage = (typeof STAGES)[number];

/** What is different, publishing with its stages, and every version that was. */
export function ReleasePanel() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const flowId = useEditor(({ history }) => history.document.flowId);
  const document = useEditor(({ history }) => history.document);
  const { select } = useEditorStore().getState();
  const versions = useQueryOf('flows.versions', { flowId });
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
      {may('flows.publish') ? <Publish flowId={flowId} onPublished={() => void versions.refetch()} /> : <AskToPublish flowId={flowId} />}
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

function Publish({ flowId, onPublished }: { readonly flowId: string; readonly onPublished: () => void }) {
  const t = useTexts(TEXTS);
  const keeper = useDraftKeeper();
  const client = useQueryClient();
  const { openPanel } = useEditorStore().getState();
  const document = useEditor(({ history }) => history.document);
  const errors = useEditor(({ problems }) => problems.errors);
  const isOthersAlone = useEditor(({ problems }) =>
    problems.all.every(({ issue }) => issue.severity === 'warning' || issue.code === 'FLOW_REFERENCE_OUTSIDE'),
  );
  const { isProduction } = useEnvironment();
  const confirm = useConfirm();
  const warnings = useEditor(({ problems }) => problems.warnings);
  const [note, setNote] = useState('');
  const [isNoteMissing, setNoteMissing] = useState(false);
  const [stage, setStage] = useState<Stage>();
  const [report, setReport] = useState<Outputs['flows.publish']>();
  const [failure, setFailure] = useState<unknown>();
  const publish = async () => {
    setReport(undefined);
    setFailure(undefined);
    setStage('validate');
    try {
      const { status } = await keeper.flush();
      if (status !== 'saved') throw new UnsavedError();
      const input = note.trim() === '' ? { flowId } : { flowId, note: note.trim() };
      setReport(await callWithProgress('flows.publish', input, (event) => setStage(event['stage'] as Stage)));
      setNote('');
      onPublished();
      void client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('flows.') });
    } catch (error) {
      setFailure(error);
    }
    setStage(undefined);
  };
  /** In production a person reads once more what changes for whom. */
  const ask = () => {
    if (!isProduction) return void publish();
    if (note.trim() === '') return setNoteMissing(true);
    confirm({
      title: t('publishTitle'),
      effect: t('publishEffect'),
      verb: t('publish'),
      run: publish,
    });
  };
  return (
    <section>
      {errors > 0 ? (
        <div className={styles.list}>
          <Alert
            type="error"
            showIcon
            title={t('errors', { count: errors })}
            action={<Button onClick={() => openPanel('problems')}>{t('showErrors')}</Button>}
          />
          {isOthersAlone ? <AskOthersToPublish flowId={flowId} /> : null}
        </div>
      ) : (
        <div className={styles.list}>
          <WhoIsAffected flowId={flowId} />
          {warnings === 0 ? null : (
            <Alert
              type="warning"
              showIcon
              title={t('warnings', { count: warnings })}
              action={<Button onClick={() => openPanel('problems')}>{t('showErrors')}</Button>}
            />
          )}
          <Input.TextArea
            rows={2}
            maxLength={500}
            value={note}
            placeholder={t(isProduction ? 'noteDemanded' : 'note')}
            aria-label={t(isProduction ? 'noteDemanded' : 'note')}
            status={isNoteMissing ? 'error' : ''}
            onChange={(event) => {
              setNote(event.target.value);
              setNoteMissing(false);
            }}
          />
          <Button type="primary" icon={<Rocket size={16} />} loading={stage !== undefined} onClick={ask}>
            {t('publish')}
          </Button>
          {isNoteMissing ? (
            <p role="alert" className={styles.bad}>
              {t('noteMissing')}
            </p>
          ) : null}
          <p className={styles.hint}>{t('how')}</p>
        </div>
      )}
      <div aria-live="polite" className={styles.list}>
        {stage === undefined ? null : <Stages at={stage} />}
        {report === undefined ? null : (
          <Alert
            type="success"
            showIcon
            title={report.changed ? t('done', { version: report.version }) : t('unchanged', { version: report.version })}
          />
        )}
        {failure === undefined ? null : failure instanceof UnsavedError ? (
          <Alert type="warning" showIcon title={t('unsaved')} />
        ) : (
          <FlowErrorBox error={failure} document={document} />
        )}
        {failure instanceof ApiError && failure.code === 'FLOW_OUTSIDE_DOMAINS' ? <AskOthersToPublish flowId={flowId} /> : null}
      </div>
    </section>
  );
}

/** Publishing takes what the platform has; what it does not have yet would be left behind. */
class UnsavedError extends Error {}

function Stages({ at }: { readonly at: Stage }) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.stages}>
      {STAGES.map((stage, index) => (
        <span key={stage} className={index <= STAGES.indexOf(at) ? `${styles.stage} ${styles.stageDone}` : styles.stage}>
          {index < STAGES.indexOf(at) ? '✓ ' : ''}
          {t(stage)}
        </span>
      ))}
    </div>
  );
}
