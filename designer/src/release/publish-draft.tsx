import { Alert, Button, Input } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { Rocket } from 'lucide-react';
import { useState } from 'react';
import { createStore } from 'zustand/vanilla';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { ApiError, call, callWithProgress } from '../api/client.ts';
import type { Output } from '../api/operation-types.ts';
import { useEnvironment } from '../session/environment.ts';
import { useDraftKeeper } from '../editor/draft/draft-keeper-context.tsx';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { useConfirm } from '../kit/feedback/confirm-act.tsx';
import { ToldInPlace } from '../kit/feedback/error-box.tsx';
import { AskOthersToPublish } from './ask-to-publish.tsx';
import { FlowErrorBox } from './flow-error-box.tsx';
import { PublishPreview, type ShownDraft } from './publish-preview.tsx';
import styles from './release.module.css';
import { WhoIsAffected } from './who-is-affected.tsx';

const TEXTS = defineTexts({
  note: ['说明（可不填）：为什么改', 'Note (optional): why'],
  noteDemanded: ['说明（必填）：改了什么，为什么改', 'Note: what changes and why'],
  noteMissing: ['在生产环境发布须写说明。', 'Publishing in production takes a note.'],
  productionTitle: ['发布到生产环境', 'Publish in production'],
  changedTitle: ['草稿刚刚被修改，请再次确认', 'The draft has just been changed: confirm again'],
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
  validate: ['校验', 'Validate'],
  test: ['测试', 'Test'],
  prepare: ['准备', 'Prepare'],
  commit: ['提交', 'Commit'],
  apply: ['切换', 'Take over'],
});

const STAGES = ['validate', 'test', 'prepare', 'commit', 'apply'] as const;
type Stage = (typeof STAGES)[number];

interface PublishDraftProps {
  readonly flowId: string;
  readonly inService: FlowDocument | undefined;
  readonly onPublished: () => void;
}

/**
 * Publishes exactly the draft that the user sees. If another user saves meanwhile, the changes are shown before
 * publication.
 */
export function PublishDraft({ flowId, inService, onPublished }: PublishDraftProps) {
  const t = useTexts(TEXTS);
  const keeper = useDraftKeeper();
  const client = useQueryClient();
  const { openPanel } = useEditorStore().getState();
  const document = useEditor(({ history }) => history.document);
  const types = useEditor((editor) => editor.types);
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
  const [report, setReport] = useState<Output<'flows.publish'>>();
  const [failure, setFailure] = useState<unknown>();

  /** Saves pending edits and returns the platform's draft. */
  const savedDraft = async () => {
    const { status, base } = await keeper.flush();
    if (status !== 'saved') throw new UnsavedError();
    return base;
  };
  const publish = async ({ revision }: FlowDocument) => {
    setReport(undefined);
    setFailure(undefined);
    setStage('validate');
    const input = { flowId, revision, ...(note.trim() === '' ? {} : { note: note.trim() }) };
    try {
      setReport(await callWithProgress('flows.publish', input, (event) => setStage(event['stage'] as Stage)));
    } finally {
      setStage(undefined);
    }
    setNote('');
    onPublished();
    void client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('flows.') });
  };
  /** Returns the draft with the changes saved since `before`, which the user is asked about next. */
  const changedSince = async (before: FlowDocument, revision: number): Promise<ShownDraft> => {
    await keeper.follow(revision);
    const draft = await savedDraft();
    const { items } = await call('flows.revisions', { flowId });
    return { draft, since: { before, save: items.find(({ id }) => id === String(revision)) } };
  };
  /** Shows the user what would be published, and shows it again if it changes meanwhile. */
  const confirmAndPublish = (first: ShownDraft) => {
    const shown = createStore<ShownDraft>(() => first);
    confirm({
      title: t(isProduction ? 'productionTitle' : 'changedTitle'),
      effect: <PublishPreview shown={shown} inService={inService} types={types} note={note.trim()} />,
      verb: t('publish'),
      isWide: true,
      async run() {
        const { draft } = shown.getState();
        try {
          await publish(draft);
        } catch (error) {
          if (!isDraftChanged(error)) throw error;
          shown.setState(await changedSince(draft, Number(error.values['stored'])), true);
          throw new ToldInPlace();
        }
      },
    });
  };
  const publishOrAsk = async (draft: FlowDocument) => {
    try {
      await publish(draft);
    } catch (error) {
      if (!isDraftChanged(error)) throw error;
      confirmAndPublish(await changedSince(draft, Number(error.values['stored'])));
    }
  };
  const begin = async () => {
    if (isProduction && note.trim() === '') return setNoteMissing(true);
    setReport(undefined);
    setFailure(undefined);
    try {
      const merged = keeper.merged.getState().last;
      const draft = await savedDraft();
      const { last = merged } = keeper.merged.getState();
      // This last save merged another user's changes, which this user has not seen.
      if (last !== undefined && last !== merged) confirmAndPublish(await changedSince(last.base, last.theirs.revision));
      else if (isProduction) confirmAndPublish({ draft });
      else await publishOrAsk(draft);
    } catch (error) {
      setFailure(error);
    }
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
          <Button type="primary" icon={<Rocket size={16} />} loading={stage !== undefined} onClick={() => void begin()}>
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

/** Publishing uses the platform's draft, so unsaved edits would be left out. */
class UnsavedError extends Error {}

function isDraftChanged(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 'FLOW_DRAFT_CHANGED';
}

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
