import { Alert, Button, Input } from 'antd';
import { Rocket } from 'lucide-react';
import { useState } from 'react';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { ApiError } from '../api/client.ts';
import type { PublishStage } from '../api/progress.ts';
import { useEnvironment } from '../session/environment.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { AskOthersToPublish } from './ask-to-publish.tsx';
import { FlowErrorBox } from './flow-error-box.tsx';
import styles from './release.module.css';
import { type PublicationState, UnsavedError, usePublication } from './use-publication.tsx';
import { WhoIsAffected } from './who-is-affected.tsx';

const TEXTS = defineTexts({
  note: ['说明（可不填）：为什么改', 'Note (optional): why'],
  noteDemanded: ['说明（必填）：改了什么，为什么改', 'Note: what changes and why'],
  noteMissing: ['在生产环境发布须写说明。', 'Publishing in production requires a note.'],
  publish: ['发布', 'Publish'],
  how: [
    '先校验、跑测试、准备，再切换；任何一步失败，线上版本照常服务。',
    'It is validated, tested and prepared before it takes over; if any of this fails, the version in service stays.',
  ],
  errors: ['有 {{count}} 个错误，改正后才能发布。', '{{count}} {{count|error|errors}} must be corrected first.'],
  warnings: ['有 {{count}} 个警告，不阻止发布', '{{count}} {{count|warning|warnings}}; you can still publish'],
  showErrors: ['查看问题', 'Show the problems'],
  unsaved: ['草稿还没有保存到平台，请稍后再试。', 'The draft is not saved on the platform yet; try again in a moment.'],
  done: ['版本 {{version}} 已上线', 'Version {{version}} is in service'],
  unchanged: ['内容与线上版本 {{version}} 相同，没有变化', 'The content is the same as in version {{version}}'],
  validate: ['校验', 'Validate'],
  test: ['测试', 'Test'],
  prepare: ['准备', 'Prepare'],
  commit: ['提交', 'Commit'],
  apply: ['切换', 'Take over'],
});

const STAGES: readonly PublishStage[] = ['validate', 'test', 'prepare', 'commit', 'apply'];

interface PublishDraftProps {
  readonly flowId: string;
  readonly inService: FlowDocument | undefined;
  readonly onPublished: () => void;
}

/** Publishes the draft with a note. A draft with errors cannot be published. */
export function PublishDraft({ flowId, inService, onPublished }: PublishDraftProps) {
  const [note, setNote] = useState('');
  const errors = useEditor(({ problems }) => problems.errors);
  const { state, begin } = usePublication({
    flowId,
    inService,
    onPublished() {
      setNote('');
      onPublished();
    },
  });
  return (
    <section>
      <div className={styles.list}>
        {errors > 0 ? (
          <Errors flowId={flowId} count={errors} />
        ) : (
          <>
            <WhoIsAffected flowId={flowId} />
            <Warnings />
            <NoteAndPublish note={note} onNote={setNote} isBusy={state.stage !== undefined} onPublish={() => void begin(note.trim())} />
          </>
        )}
      </div>
      <div aria-live="polite" className={styles.list}>
        <Outcome state={state} flowId={flowId} />
      </div>
    </section>
  );
}

/**
 * Shows that the draft has errors. If the only errors are references to objects that this user may not use, another
 * user may be able to publish it.
 */
function Errors({ flowId, count }: { readonly flowId: string; readonly count: number }) {
  const t = useTexts(TEXTS);
  const isOthersAlone = useEditor(({ problems }) =>
    problems.all.every(({ issue }) => issue.severity === 'warning' || issue.code === 'FLOW_REFERENCE_OUTSIDE'),
  );
  return (
    <>
      <Alert type="error" showIcon title={t('errors', { count })} action={<ShowProblems />} />
      {isOthersAlone ? <AskOthersToPublish flowId={flowId} /> : null}
    </>
  );
}

function Warnings() {
  const t = useTexts(TEXTS);
  const count = useEditor(({ problems }) => problems.warnings);
  return count === 0 ? null : <Alert type="warning" showIcon title={t('warnings', { count })} action={<ShowProblems />} />;
}

function ShowProblems() {
  const t = useTexts(TEXTS);
  const { openPanel } = useEditorStore().getState();
  return <Button onClick={() => openPanel('problems')}>{t('showErrors')}</Button>;
}

interface NoteAndPublishProps {
  readonly note: string;
  readonly onNote: (note: string) => void;
  readonly isBusy: boolean;
  readonly onPublish: () => void;
}

/** Asks for the note and publishes. In production a note is required. */
function NoteAndPublish({ note, onNote, isBusy, onPublish }: NoteAndPublishProps) {
  const t = useTexts(TEXTS);
  const { isProduction } = useEnvironment();
  const [isNoteMissing, setNoteMissing] = useState(false);
  const noteWord = t(isProduction ? 'noteDemanded' : 'note');
  return (
    <>
      <Input.TextArea
        rows={2}
        maxLength={500}
        value={note}
        placeholder={noteWord}
        aria-label={noteWord}
        status={isNoteMissing ? 'error' : ''}
        onChange={(event) => {
          onNote(event.target.value);
          setNoteMissing(false);
        }}
      />
      <Button
        type="primary"
        icon={<Rocket size={16} />}
        loading={isBusy}
        onClick={() => (isProduction && note.trim() === '' ? setNoteMissing(true) : onPublish())}
      >
        {t('publish')}
      </Button>
      {isNoteMissing ? (
        <p role="alert" className={styles.bad}>
          {t('noteMissing')}
        </p>
      ) : null}
      <p className={styles.hint}>{t('how')}</p>
    </>
  );
}

function Outcome({ state: { stage, report, failure }, flowId }: { readonly state: PublicationState; readonly flowId: string }) {
  const t = useTexts(TEXTS);
  const document = useEditor(({ history }) => history.document);
  if (stage !== undefined) return <Stages at={stage} />;
  if (report !== undefined)
    return <Alert type="success" showIcon title={t(report.changed ? 'done' : 'unchanged', { version: report.version })} />;
  if (failure === undefined) return null;
  if (failure instanceof UnsavedError) return <Alert type="warning" showIcon title={t('unsaved')} />;
  return (
    <>
      <FlowErrorBox error={failure} document={document} />
      {failure instanceof ApiError && failure.code === 'FLOW_OUTSIDE_DOMAINS' ? <AskOthersToPublish flowId={flowId} /> : null}
    </>
  );
}

function Stages({ at }: { readonly at: PublishStage }) {
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
